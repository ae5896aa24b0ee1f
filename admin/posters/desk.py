"""What all pages of posters work with: designs by their keys, pictures of them, and who may change them."""

from collections.abc import Mapping
from functools import partial
from typing import Any

from flask import Response, g
from werkzeug.exceptions import NotFound

import posters
from admin import languages
from admin.office import visitor
from bot.audit import Subject
from bot.db.scoped import ScopedSession
from bot.posters import designs, documents, versions
from bot.posters.designs import Design, NoSuchDesign
from bot.posters.kept import Kept, small
from bot.posters.models import PosterDesignVersion
from bot.posters.versions import Drawn
from bot.users.roles import Permission

Document = Mapping[str, Any]
WIDTHS = (1080, 750)
KEPT = "private, max-age=31536000, immutable"  # under an address that names what was drawn
kept = Kept()


def design(session: ScopedSession, key: str) -> Design:
    """Return the design, whatever its state; 404 without one."""
    try:
        return designs.find(session, key)
    except NoSuchDesign:
        raise NotFound from None


def version(session: ScopedSession, one: Design, number: int) -> PosterDesignVersion:
    """Return one version of the design; 404 for a number it has not."""
    found = versions.of(session, one.row_id, number) if one.row_id is not None else None
    if found is None:
        raise NotFound
    return found


def drawn(session: ScopedSession, one: Design, number: int | None) -> Drawn:
    """Return what the design is drawn with: a version of it, or as it stands; 404 where there is nothing."""
    if number is not None:
        return versions.read(session, version(session, one, number))
    try:
        return versions.drawn(session, one)
    except NoSuchDesign:
        newest = last(session, one)
        if newest is None:
            raise NotFound from None
        return versions.read(session, newest)


def document(session: ScopedSession, one: Design, number: int | None) -> tuple[Document, Mapping[str, int]]:
    """Return what a version says, and its pictures' files; 0 is the built-in as it comes, None the newest."""
    found = last(session, one) if number is None else version(session, one, number) if number else None
    if found is not None:
        return found.document, found.assets
    template = posters.builtin().get(one.key)
    if template is None:
        raise NotFound
    return documents.to_edit(template), {}


def last(session: ScopedSession, one: Design) -> PosterDesignVersion | None:
    """Return the newest version of the design, published or not."""
    return versions.newest(session, one.row_id) if one.row_id is not None else None


def title(one: Design) -> str:
    """Return what the design is called in the visitor's language."""
    return one.title if languages.chosen() == "zh" else one.title_en


def subject(one: Design) -> Subject:
    """Return the design for the audit."""
    return Subject("poster_design", str(one.row_id or one.key), one.title)


def may_change() -> bool:
    """Tell whether the visitor changes designs: they belong to the whole group."""
    return visitor.may(Permission.POSTERS_CHANGE) and visitor.scope.everything


def picture(found: Drawn, facts: posters.Facts, *, width: int, is_small: bool, name: str) -> Response:
    """Return the poster as a picture, drawn or kept. No transaction may be open."""
    draw = partial(posters.draw, found.template, facts)
    whole = partial(small, draw, large=width) if is_small else partial(draw, width=width)
    try:
        content = kept.drawn(f"{name}:{width}:{is_small}", whole)
    except posters.PosterError:
        raise NotFound from None  # its page says what is wrong with it
    g.kept_by_browser = KEPT
    return Response(content, mimetype="image/jpeg")
