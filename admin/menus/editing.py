"""The editor: one button at a time on the phone, and two people at the same one."""

from flask import Response, jsonify, redirect, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response as AnyResponse

from admin.access import allowed
from admin.forms import Form
from admin.menus import desk, words
from admin.menus.blueprint import pages
from bot.menus import books, checks, editing
from bot.menus.books import Book, Place
from bot.users.roles import Permission

Shown = str | tuple[str, int]


@pages.get("/")
@allowed(Permission.MENUS_SEE)
def edit() -> str:
    """Show the draft on a phone, and the form of the button that was chosen."""
    return desk.editor(menu=request.args.get("menu"), at=request.args.get("at"))


@pages.post("/button")
@allowed(Permission.MENUS_CHANGE)
def button() -> AnyResponse | Shown:
    """Save one button, unless something is wrong with it, or somebody else has changed the draft."""
    form = Form.sent()
    menu, button_id = str(form.values.get("menu", "")), str(form.values.get("id", ""))
    facts = desk.read_button(form)
    wrong: list[str] = []

    def put(book: Book, _session: object) -> Book:
        place = books.find(book, button_id)
        if place is None:
            raise editing.Gone(button_id)
        made = editing.put(book, button_id, facts)
        found = books.find(made, button_id)
        assert found is not None
        wrong.extend(_complain(form, found))
        return book if wrong else made

    changed = desk.change(put) if _is_sound(form, facts, menu, button_id) else None
    if changed is None or (changed.is_done and wrong):
        return desk.editor(menu=menu, at=button_id, form=form), 422
    if not changed.is_done:
        return _conflict(changed, form, menu, button_id, facts)
    return redirect(url_for("admin.menus.edit", menu=menu, at=button_id, saved=1), 303)


@pages.get("/check")
@allowed(Permission.MENUS_SEE)
def check() -> Response:
    """Say what is wrong with a button while it is typed, by the rules that saving goes by."""
    form = Form(request.args.to_dict())
    is_sub, is_group = bool(form.values.get("is_sub")), bool(form.values.get("is_group"))
    facts = desk.read_button(form)
    if is_group:
        facts = {"name": facts["name"], "sub_button": [{}]}
    found = checks.check_button(Place("", (0,), facts, {} if is_sub else None))
    return jsonify(
        problems=[
            {"field": one.field, "says": words.problem(one), "warning": one.is_warning} for one in found
        ]
    )


def _is_sound(form: Form, facts: dict[str, str], menu: str, button_id: str) -> bool:
    """Complain before the draft is looked at where the fields alone say that it is wrong."""
    is_sub = form.values.get("is_sub") == "1"
    if form.values.get("is_group"):
        facts = {"name": facts["name"], "sub_button": [{}]}  # type: ignore[dict-item]
    place = Place(menu, (0,), {**facts, "id": button_id}, {} if is_sub else None)
    return not _complain(form, place)


def _complain(form: Form, place: Place) -> list[str]:
    found = checks.errors(checks.check_button(place))
    for problem in found:
        form.wrong(problem.field, words.problem(problem))
    return [problem.field for problem in found]


def _conflict(changed: desk.Changed, form: Form, menu: str, button_id: str, facts: dict[str, str]) -> Shown:
    """Show the draft as it is now, and as it would be with what was typed, which the form still holds."""
    place = books.find(changed.book, button_id)
    theirs = dict(place.button) if place is not None else {}
    mine = editing.put(changed.book, button_id, facts) if place is not None else changed.book
    differing = [
        (words.FIELDS.get(name, name), _said(name, theirs), _said(name, facts))
        for name in dict.fromkeys([*facts, *theirs])
        if name not in {"id", "sub_button"} and str(theirs.get(name, "")) != str(facts.get(name, ""))
    ]
    is_there = books.buttons_of(changed.book, menu) is not None
    page = desk.editor(
        book=mine,
        menu=menu,
        at=button_id,
        form=form,
        is_conflict=True,
        is_gone=place is None,
        theirs=books.buttons_of(changed.book, menu) or [],
        mine=books.buttons_of(mine, menu) or [],
        differing=differing,
        typed=facts if place is None and is_there else None,
    )
    return page, 409


def _said(name: str, facts: dict[str, str]) -> str:
    if name == "type":
        return words.kind(facts)
    return str(facts.get(name, "")) or str(_("(empty)"))
