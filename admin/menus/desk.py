"""What all menu pages work with: the account, its draft, the tags' names; saving a change with its audit."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from flask import render_template, request
from sqlalchemy import select
from werkzeug.exceptions import BadRequest, NotFound

from admin.choices import account
from admin.forms import Form
from admin.menus import words
from admin.office import changing, reading, record, runtime, visitor
from bot.audit import Subject
from bot.db import utc_now
from bot.db.scoped import ScopedSession
from bot.desk import desks
from bot.keys import key_in
from bot.menus import books, checks, choices, diff, drafts, versions
from bot.menus.books import Book
from bot.menus.drafts import Draft, Stale
from bot.menus.editing import Gone, NoRoom
from bot.menus.models import Menu
from bot.replies import rules
from bot.router import Served
from bot.tags.models import Tag

DRAWER = 12


def served() -> Served:
    """Return the account whose menus the visitor looks at; 404 where the settings name none."""
    found = account()
    if found is None:
        raise NotFound
    return found


def names_of_tags(session: ScopedSession) -> dict[int, str]:
    """Return the tags' names by id."""
    return {row.id: row.name for row in session.scalars(select(Tag).order_by(Tag.name))}


def sent_version() -> int:
    """Return the version of the draft that the form was made from."""
    version = key_in(request.form.get("version"))
    if version is None:
        raise BadRequest
    return version


@dataclass(frozen=True, slots=True)
class Changed:
    """What became of a change: the book saved, or the draft as somebody else left it meanwhile."""

    book: Book
    version: int
    is_stale: bool = False
    is_gone: bool = False
    no_room: bool = False

    @property
    def is_done(self) -> bool:
        """Whether the change was saved."""
        return not (self.is_stale or self.is_gone or self.no_room)


def change(deed: Callable[[Book, ScopedSession], Book]) -> Changed:
    """Run `deed` on the draft and save what it returns, unless the draft is newer than the form."""
    one = served()
    try:
        with changing() as session:
            draft = drafts.load(session, one.id)
            if draft.version != sent_version():
                return Changed(draft.book, draft.version, is_stale=True)
            book = deed(draft.book, session)
            version = save(session, one, draft, book)
            return Changed(book, version)
    except Stale:
        draft = _now(one)
        return Changed(draft.book, draft.version, is_stale=True)
    except Gone:
        draft = _now(one)
        return Changed(draft.book, draft.version, is_gone=True)
    except NoRoom:
        draft = _now(one)
        return Changed(draft.book, draft.version, no_room=True)


def save(session: ScopedSession, one: Served, draft: Draft, book: Book, action: str = "menu.changed") -> int:
    """Save the draft and write down what changed."""
    version = drafts.save(session, one.id, book, version=draft.version, author=visitor.name, now=utc_now())
    tags = names_of_tags(session)
    before, after = words.outline(draft.book, tags), words.outline(book, tags)
    differing = {name for name in {*before, *after} if before.get(name) != after.get(name)}
    record(
        session,
        action,
        Subject("menu_draft", one.name),
        before={name: value for name, value in before.items() if name in differing},
        after={name: value for name, value in after.items() if name in differing},
    )
    return version


def _now(one: Served) -> Draft:
    with reading() as session:
        return drafts.load(session, one.id)


def editor(
    *,
    book: Book | None = None,
    menu: str | None = None,
    at: str | None = None,
    form: Form | None = None,
    **more: Any,
) -> str:
    """Return the editor's page: of the draft, or of a book that is not saved."""
    one = served()
    with reading() as session:
        draft = drafts.load(session, one.id)
        shown = draft.book if book is None else book
        menu = menu if menu and books.buttons_of(shown, menu) is not None else books.DEFAULT
        place = books.find(shown, at) if at else None
        place = place if place is not None and place.menu == menu else _first(shown, menu)
        in_force = versions.in_force(session, one.id)
        tags = names_of_tags(session)
        rows = session.scalars(
            select(Menu).filter_by(account_id=one.id).order_by(Menu.id.desc()).limit(DRAWER)
        ).all()
        problems = checks.check(shown, tags=tags)
        facts = {
            "served": one,
            "draft": draft,
            "book": shown,
            "menu": menu,
            "conditional": books.conditional(shown, menu),
            "buttons": books.buttons_of(shown, menu),
            "place": place,
            "form": form or filled(place),
            "tags": tags,
            "problems": problems,
            "troubled": {problem.button for problem in problems},
            "in_force": in_force,
            "rows": rows,
            "waiting": versions.waiting(session, one.id),
            "is_published": in_force is not None and books.same(shown, in_force.document),
            "changes": diff.changes(in_force.document, shown) if in_force else [],
            "silent": silent_keys(session, one, books.keys(shown)),
            "pages": choices.page_addresses(runtime.config.server.public_url, one.name),
            "materials": {
                name: choices.materials(session, one.id, name) for name in ("media_id", "article_id")
            },
            "words": words,
            "books": books,
            "checks": checks,
        }
        return render_template("admin/menus/editor.html", **{**facts, **more})


def filled(place: books.Place | None) -> Form:
    """Return the form of a button."""
    return Form(dict(place.button) if place is not None else {})


def silent_keys(session: ScopedSession, one: Served, keys: set[str]) -> set[str]:
    """Return those of `keys` that neither a rule of the account nor its desk answers."""
    book, kept = rules.book_of(rules.load(session), one.id), desks.load(session)
    calls = kept.of(one.id, None).ask_keys if one.id in kept.staffed else ()
    return {key for key in keys if key not in calls and book.by_event_key(key) is None}


def read_button(form: Form) -> dict[str, Any]:
    """Return what was typed for a button: its name, its kind and what that kind needs."""
    kind = str(form.values.get("type", ""))
    facts: Mapping[str, str] = {
        name: str(form.values.get(name, "")).strip() for name in books.FIELDS.get(kind, ())
    }
    if kind not in books.FIELDS:
        kind = "click" if not kind else kind[:32]
    return {"name": str(form.values.get("name", "")).strip(), "type": kind, **facts}


def _first(book: Book, menu: str) -> books.Place | None:
    return next(books.places_in(menu, books.buttons_of(book, menu) or []), None)
