"""The editor's live picture: what is on the canvas now, drawn by the engine that draws for the staff."""

import base64
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from flask import Response, jsonify, request
from werkzeug.exceptions import BadRequest

import posters
from admin.access import allowed
from admin.head_office import head_office_only
from admin.office import reading
from admin.posters import desk, samples, words
from admin.posters.blueprint import pages
from bot.db.scoped import ScopedSession
from bot.posters import advice, assets
from bot.posters.assets import NotAnAsset
from bot.users.roles import Permission


@dataclass(frozen=True, slots=True)
class Sent:
    """What the editor sends: the document, the number of the version it began with, for whom and how wide."""

    document: Mapping[str, Any]
    begun: int | None
    whom: str
    width: int
    note: str


@pages.post("/<name>/preview")
@allowed(Permission.POSTERS_CHANGE)
@head_office_only
def preview(name: str) -> Response:
    """Draw what was sent, or say what is wrong with it and where. Nothing is kept."""
    sent = read_sent()
    try:
        template = posters.read(sent.document)
    except posters.TemplateError as error:
        return jsonify(problems=[words.problem(one) for one in error.problems], advice=[], picture=None)
    hints = [
        {"box": one.box, "field": "", "says": str(words.ADVICE[one.advice])} for one in advice.of(template)
    ]
    try:
        with reading() as session:
            pictures = assets.contents(session, files(session, name, sent))
            facts = samples.of(session, sent.whom).facts(pictures)
        content = posters.draw(template, facts, width=sent.width)
    except (posters.PosterError, NotAnAsset) as error:
        return jsonify(problems=[_trouble(template, error)], advice=hints, picture=None)
    return jsonify(problems=[], advice=hints, picture=base64.b64encode(content).decode())


def read_sent() -> Sent:
    """Return what the editor sent; 400 for anything else."""
    said = request.get_json(silent=True)
    if not isinstance(said, dict) or not isinstance(said.get("document"), dict):
        raise BadRequest
    begun, width = said.get("begun"), said.get("width", desk.WIDTHS[1])
    if not (begun is None or (isinstance(begun, int) and 0 <= begun < 10**9)) or width not in desk.WIDTHS:
        raise BadRequest
    return Sent(
        said["document"],
        begun,
        str(said.get("whom", samples.USUAL)),
        width,
        str(said.get("note", "")).strip()[:200],
    )


def files(session: ScopedSession, name: str, sent: Sent) -> dict[str, int]:
    """Return the files of the pictures the document names; raise `NotAnAsset`."""
    known: Mapping[str, int] = {}
    if sent.begun:
        _document, known = desk.document(session, desk.design(session, name), sent.begun)
    return assets.files(session, sent.document, known)


def _trouble(template: posters.Template, error: Exception) -> dict[str, Any]:
    """Return what went wrong in drawing, beside the box it is about."""
    if isinstance(error, posters.Unreadable):
        number = next(at for at, box in enumerate(template.boxes) if box is template.code)
        return {"box": number, "field": "width", "says": words.unreadable(error.code, error.facts)}
    if isinstance(error, posters.BadPicture):
        return {"box": "background", "field": "picture", "says": str(words.BAD_PICTURE.get(error.code, ""))}
    return {"box": "background", "field": "picture", "says": str(words.PROBLEMS["asset"])}
