"""Choosing a material in another section's form: what its picker shows."""

from collections.abc import Collection

from flask import Response, jsonify, request, url_for
from sqlalchemy.orm import Session

from admin.access import allowed
from admin.choices import accounts
from admin.materials import words
from admin.materials.blueprint import pages
from admin.office import reading
from bot.db import utc_now
from bot.materials import jobs
from bot.materials.choices import Choice, choices
from bot.materials.models import Kind
from bot.users.roles import Permission

OFFERED = 24


@pages.get("/choose")
@allowed(Permission.MATERIALS_SEE)
def choose() -> Response:
    """Return the materials of the kinds asked for, newest first, as a picker's dialog shows them."""
    kinds = [Kind(one) for one in request.args.getlist("kind") if one in set(Kind)]
    with reading() as session:
        found = choices(session, kinds, text=request.args.get("q", "").strip()[:64])
    return jsonify(
        rows=[
            {
                "id": one.id,
                "kind": str(words.KINDS[one.kind]),
                "title": one.title,
                "picture": url_for("admin.materials.preview", key=one.id) if one.has_preview else None,
                "length": words.length(one.milliseconds) if one.milliseconds is not None else None,
                "published": bool(one.accounts) if one.kind == Kind.ARTICLE else None,
            }
            for one in found
        ]
    )


def shelves(session: Session, chosen: Collection[int] = ()) -> dict[str, list[Choice]]:
    """Return, by kind, what the pickers of a form offer at once; their dialogs find the rest."""
    return {one.value: choices(session, [one], chosen=chosen, most=OFFERED) for one in Kind}


def bring(session: Session, account_id: int | None) -> None:
    """Have what was just chosen brought to the account, or to all of them, once `session` commits."""
    for one in accounts():
        if account_id in {None, one.id}:
            jobs.want(session, one.name, now=utc_now())
