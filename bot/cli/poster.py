"""`poster`: posters of one or many from the command line, with progress, and to be gone on with."""

import argparse
import getpass
import os
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from sqlalchemy import select
from sqlalchemy.orm import Session

import posters
from bot.audit import Actor, Subject, record
from bot.channels import jobs as channels
from bot.channels.quota import NoCodesLeft
from bot.cli.command import add, settings
from bot.db import utc_now
from bot.errors import WeChatError, YizhanError
from bot.organisation.models import Shop, ShopState, Staff
from bot.posters import codes, designs, making
from bot.posters.designs import NoSuchDesign
from bot.posters.making import CodeRetired, NoCodeYet, NotAtWork

if TYPE_CHECKING:
    from bot.router import Served
    from bot.runtime import Runtime

PROBLEMS = (CodeRetired, NoCodesLeft, NoCodeYet, NoSuchDesign, NotAtWork, WeChatError, posters.PosterError)
ENDINGS: dict[str, making.Form] = {".jpg": "jpeg", ".jpeg": "jpeg", ".png": "png", ".pdf": "pdf"}


class WrongCall(YizhanError):
    """The caller's move: an option names something that is not there, or not once."""


def register(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Declare the command."""
    parser = add(commands, "poster", draw, "posters of the staff, each with its own code")
    what = parser.add_mutually_exclusive_group(required=True)
    what.add_argument("--staff", action="append", metavar="NAME", help="name or number; may be repeated")
    what.add_argument("--shop", metavar="NAME", help="everybody who works in that shop")
    what.add_argument("--everybody", action="store_true", help="everybody who works in an open shop")
    what.add_argument("--designs", action="store_true", help="instead: list the designs there are")
    parser.add_argument(
        "--design", metavar="KEY", help="design (default: chosen last, else the first offered)"
    )
    parser.add_argument(
        "--out",
        type=Path,
        help="file (.jpg, .png, .pdf) for one person, folder for several; a poster that is there is left",
    )
    parser.add_argument("--form", choices=sorted(set(ENDINGS.values())), help="default: by --out, else jpeg")
    parser.add_argument("--width", type=int, metavar="PIXELS", help="default: the design's own")
    parser.add_argument("--again", action="store_true", help="draw also what is there already")
    parser.add_argument("--account", help="account of the settings (default: the first)")


def draw(options: argparse.Namespace) -> int:
    """Draw the posters here and now; 1 if any has a problem. Run again, it draws those that are missing."""
    if not options.designs and options.out is None:
        raise WrongCall("--out: say where the posters go")
    from bot.runtime import open_runtime  # counts, and so waits (bot.metrics)

    runtime = open_runtime(settings(options))
    try:
        if options.designs:
            _list(runtime)
            return 0
        account = _account(runtime, options.account)
        with runtime.db.reading() as session:
            people = _people(session, options)
            if options.design:
                designs.find(session, options.design)
        return _draw_all(runtime, account, people, options)
    finally:
        runtime.close()


def _list(runtime: "Runtime") -> None:
    with runtime.db.reading() as session:
        for one in designs.every(session):
            print(f"{one.key}\t{one.state}\t{one.title}\t{one.title_en}")


def _draw_all(
    runtime: "Runtime", account: "Served", people: Sequence[tuple[int, str]], options: argparse.Namespace
) -> int:
    ending = options.out.suffix.lower()
    is_file = ending in ENDINGS and len(people) == 1
    form = options.form or ENDINGS.get(ending if is_file else "", "jpeg")
    (options.out.parent if is_file else options.out).mkdir(parents=True, exist_ok=True)
    problems = left = 0
    for number, (staff_id, name) in enumerate(people, start=1):
        file = options.out if is_file else options.out / _file_name(staff_id, name, options.design, form)
        if file.exists() and not options.again:
            left += 1
            continue
        try:
            _write(file, _poster(runtime, account, staff_id, options, form))
        except PROBLEMS as error:
            problems += 1
            print(f"{name} ({staff_id}): {error}")
        print(f"{number}/{len(people)}", flush=True)
    print(f"{len(people) - problems - left} posters drawn, {left} were there, {problems} problems")
    return 1 if problems else 0


def _poster(
    runtime: "Runtime", account: "Served", staff_id: int, options: argparse.Namespace, form: making.Form
) -> bytes:
    now = utc_now()
    with runtime.db.transaction() as session:
        staff = session.get_one(Staff, staff_id)
        known = codes.find(session, account_id=account.id, staff=staff)
        code = known or codes.ensure(session, account_id=account.id, staff=staff, now=now)
        if known is None:
            what = Subject("channel", str(code.channel_id), f"{staff.name}·海报")
            record(session, Actor(f"cli:{getpass.getuser()}"), "channel.added", what, now=now)
    if not code.url and not code.is_retired:
        channels.make_code(runtime, code.channel_id)
    with runtime.db.reading() as session:
        one = making.of(session, account_id=account.id, staff_id=staff_id, key=options.design, now=now)
    if options.design and one.design.key != options.design:
        raise NoSuchDesign(f"design {options.design} is not offered to {one.subject.shop} today")
    return making.draw(one, form=form, width=options.width)


def _people(session: Session, options: argparse.Namespace) -> list[tuple[int, str]]:
    is_open = Shop.state == ShopState.OPEN.value
    working = select(Staff).join(Shop, Shop.id == Staff.shop_id).where(Staff.active.is_(True), is_open)
    if options.shop:
        shop_id = session.scalar(select(Shop.id).filter_by(name=options.shop))
        if shop_id is None:
            raise WrongCall(f"no shop is called {options.shop}")
        working = working.where(Staff.shop_id == shop_id)
    found = session.scalars(working.order_by(Staff.id)).all()
    if options.staff:
        found = [_named(found, said) for said in dict.fromkeys(options.staff)]
    if not found:
        raise WrongCall("nobody works there")
    return [(one.id, one.name) for one in found]


def _named(people: Sequence[Staff], said: str) -> Staff:
    fitting = [one for one in people if one.name == said or (said.isdecimal() and one.id == int(said))]
    if len(fitting) != 1:
        numbers = (
            f" ({', '.join(str(one.id) for one in fitting)}); say which by its number" if fitting else ""
        )
        raise WrongCall(f"{len(fitting)} of the staff are called {said}{numbers}")
    return fitting[0]


def _account(runtime: "Runtime", name: str | None) -> "Served":
    account = runtime.accounts.get(name) if name else next(iter(runtime.accounts.values()), None)
    if account is None:
        raise WrongCall(f"no account is called {name}; [[accounts]] in the settings names them")
    return account


def _file_name(staff_id: int, name: str, design: str | None, form: making.Form) -> str:
    """Return a name that every system takes, and that is one person's."""
    shown = "".join(letter if letter.isalnum() else "_" for letter in name)[:40]
    ending = "jpg" if form == "jpeg" else form
    return f"{staff_id:05}-{shown}{f'-{design}' if design else ''}.{ending}"


def _write(file: Path, content: bytes) -> None:
    """Write the file whole or not at all: what is there counts as drawn."""
    beside = file.with_name(f"{file.name}.{os.getpid()}.part")
    beside.write_bytes(content)
    beside.replace(file)
