"""Files and documents that people of the office and their partners give us, and words of strangers in addresses."""

import contextlib
import io
import random
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

from PIL import Image

from api.bodies import Body
from api.problems import Problem
from bot.demo.levels import LADDER
from bot.earning.rules import reading as rule_books
from bot.earning.rules import writing as rule_writing
from bot.levels import ladder
from bot.links import tokens
from bot.materials import pictures, recordings
from bot.materials.refusing import NotTaken
from bot.members import cards
from bot.privacy import vault_of
from bot.replies import rules
from bot.segments import conditions
from bot.sheets import reading as sheets
from bot.sheets import writing
from bot.sheets.columns import Column
from bot.sheets.limits import NotASheet
from posters import designs
from posters import reading as poster_templates
from posters.errors import TemplateError
from posters.scenes import SCENES
from tests.earning import books
from tests.fuzz.grafting import graft
from tests.fuzz.target import Target, holds
from tests.support.members import PRIVACY

NOON = datetime(2026, 6, 1, 4, tzinfo=UTC)
COLUMNS = (
    Column("phone", "手机", "Phone", is_needed=True),
    Column("name", "姓名", "Name", others=("名字",)),
    Column("shop", "门店", "Shop", choices=("上海人民广场店", "济南泉城路店")),
)
RECEIPT = {
    "number": "A1",
    "member": {"phone": "13800001111"},
    "amount": 12_000,
    "payment": "cash",
    "occurred_at": "2026-06-01T12:00:00+08:00",
    "items": [{"sku": "s", "name": "茶", "category": "tea", "quantity": 2, "amount": 6_000}],
}
SEGMENT = {
    "all": [
        {"field": "standing", "ask": "any", "value": ["following"]},
        {"none": [{"field": "tags", "ask": "any", "value": [1, 2]}]},
    ]
}
VAULT = vault_of(PRIVACY)
KEYS = [b"k" * 32]


def _document(read: Callable[[Any], object], refusal: type[Exception], good: Any) -> Callable[[bytes], None]:
    """A document that came as JSON is read, or refused with everything that is wrong in it."""

    def attempt(data: bytes) -> None:
        document = graft(good, data)
        if not isinstance(document, dict):
            return  # whoever reads the body sees to that
        try:
            read(document)
        except refusal as error:
            holds(bool(str(error)), "refused without a word")

    return attempt


def _documents(name: str, read: Callable[[Any], object], refusal: type[Exception], good: Any) -> Target:
    chance = random.Random(name)
    seeds = [chance.randbytes(4 * changes) for changes in (1, 1, 1, 2, 3, 5)]
    return Target(name, _document(read, refusal, good), seeds, thoughts=2500)


def _receipt(document: Any) -> None:
    body = Body(document)
    found = body.receipt()
    body.member()
    holds(found.amount > 0 and found.occurred_at.tzinfo is not None, "a receipt of nothing")


def _sheet(data: bytes) -> None:
    try:
        lines = list(sheets.read(data, COLUMNS).lines())
    except NotASheet:
        return
    holds(all(set(line.cells) <= {column.key for column in COLUMNS} for line in lines), "cells of no column")


def _picture(data: bytes) -> None:
    for check in (pictures.check, pictures.check_thumb):
        try:
            found = check(data)
        except NotTaken:
            continue
        with Image.open(io.BytesIO(found.content)) as again:
            holds(again.size == (found.width, found.height), "another size than it says")
            holds(not again.getexif(), "the picture still says where it was taken")


def _recording(data: bytes) -> None:
    for check in (recordings.check_voice, recordings.check_video):
        try:
            found = check(data)
        except NotTaken:
            continue
        holds(found.milliseconds >= 0, "it plays for less than nothing")


def _words(data: bytes) -> None:
    """What is scanned, typed, tapped or searched for: ours, or nothing."""
    text = data.decode("utf-8", "surrogateescape")
    holds(cards.number_in(VAULT, text, now=NOON) in {None, "M1"}, "a card of nobody")
    holds(cards.member_in(VAULT, text, now=NOON) in {None, 7}, "digits of nobody")
    holds(tokens.read(KEYS, text) in {None, tokens.Addressee(3, 4)}, "a link of nobody")
    with contextlib.suppress(ValueError):
        rules.check_pattern(text)


def _png(size: tuple[int, int], kind: str) -> bytes:
    sent = io.BytesIO()
    Image.linear_gradient("L").resize(size).convert("RGB").save(sent, kind)
    return sent.getvalue()


def _excel() -> bytes:
    sent = io.BytesIO()
    writing.excel(sent, COLUMNS, [{"phone": "13800001111", "name": "林晓"}], title="会员", explained=False)
    return sent.getvalue()


def _template(document: Any) -> None:
    poster_templates.read(document, frozenset(SCENES))


TARGETS = [
    _documents("receipt", _receipt, Problem, RECEIPT),
    _documents("rules", rule_books.read, rule_books.BadBook, rule_writing.write(books.BRIEF)),
    _documents("ladder", ladder.read, ladder.BadLadder, ladder.write(LADDER)),
    _documents("segment", conditions.read, conditions.BadConditions, SEGMENT),
    _documents("template", _template, TemplateError, next(iter(designs.documents().values()))),
    Target(
        "sheet",
        _sheet,
        [_excel(), "手机,姓名\n13800001111,林晓\n".encode(), "手机\t姓名\n1\t2\n".encode("utf-16")],
        [b"PK\x03\x04", b"PK\x01\x02"],
        thoughts=250,
    ),
    Target(
        "picture",
        _picture,
        [_png((60, 40), kind) for kind in ("PNG", "JPEG", "GIF", "WEBP", "BMP")],
        [b"IHDR", b"IDAT", b"\xff\xda", b"Exif"],
        thoughts=120,
    ),
    Target(
        "recording",
        _recording,
        [
            b"#!AMR\n" + b"\x3c" + bytes(31),
            b"\xff\xfb\x90\x00" + bytes(413),
            b"\x00\x00\x00\x14ftypisom" + bytes(8),
        ],
        [b"ftyp", b"moov", b"mdat", b"ID3"],
        thoughts=300,
    ),
    Target(
        "words",
        _words,
        [
            cards.code(VAULT, "M1", now=NOON).encode(),
            cards.digits(VAULT, 7, now=NOON).encode(),
            tokens.make(KEYS, 3, 4).encode(),
            b"(a|b)+c{2,5}",
        ],
        thoughts=1500,
    ),
]
