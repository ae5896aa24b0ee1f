"""Writing the draft: rules and groups in forms of their own, or the whole definition as text."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import orjson
from flask import redirect, render_template, url_for
from flask_babel import gettext as _
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session
from sqlalchemy.orm.exc import StaleDataError
from werkzeug.exceptions import NotFound
from werkzeug.wrappers import Response as AnyResponse

from admin.access import allowed
from admin.cookies import say
from admin.earning import books, rule_forms, sentences
from admin.earning.blueprint import pages
from admin.earning.books import Draft
from admin.earning.sentences import Names
from admin.forms import Form
from admin.head_office import head_office_only
from admin.office import changing, reading, record, visitor
from admin.segments.circles import circles_in
from bot.audit import Subject
from bot.db import utc_now
from bot.earning import versions
from bot.earning.rules.fields import Fields
from bot.earning.rules.reading import read_rule
from bot.users.roles import Permission

LONGEST = 200_000
Answer = AnyResponse | tuple[str, int] | str
SUBJECT = Subject("earning_draft", "1")


@pages.get("/draft")
@allowed(Permission.EARNING_SEE)
def draft() -> str:
    """Show the draft: its rules, the tree, and what is wrong."""
    with reading() as session:
        found, names = books.draft_of(session), books.names(session)
    tree = books.tree(found.book, names) if found.book else None
    return render_template(
        "admin/earning/draft.html", draft=found, tree=tree, triggers=sentences.TRIGGERS, modes=sentences.MODES
    )


@pages.route("/draft/rules/<code>", methods=["GET", "POST"])
@pages.route("/draft/rules", methods=["GET", "POST"], defaults={"code": ""})
@allowed(Permission.EARNING_CHANGE)
@head_office_only
def rule(code: str) -> Answer:
    """Show a rule's form, or save it. Without a code it is a new one."""
    with reading() as session:
        found, names = books.draft_of(session), books.names(session)
        known = next((one for one in found.rules if one.get("code") == code), None)
        names = replace(names, circles=circles_in(session, rule_forms.circle_in(known or {})))
    if code and known is None:
        raise NotFound
    if known:
        gone = {key: key for key in rule_forms.levels_in(known) if key not in names.levels}
        names = replace(names, levels={**names.levels, **gone})
    form = Form.sent()
    if not form.values:
        form = Form(rule_forms.rule_values(known) if known else {"kind": "fixed", "per": "1", "days": "365"})
        return _rule_form(form, found, code, names)
    made = rule_forms.rule_of(form, names, known=known)
    problems: list[Any] = []
    if form.is_right:
        read_rule(Fields(f"rules.{made['code']}", made, problems))
        if made["code"] != code and any(one.get("code") == made["code"] for one in found.rules):
            form.wrong("code", _("Another rule has this code."))
    if problems or not form.is_right:
        said = [sentences.problem(one) for one in problems]
        return _rule_form(form, found, code, names, said), 422
    rules = [made if one is known else one for one in found.rules]
    definition = {**found.definition, "rules": rules if known else [*rules, made]}
    if known and made["code"] != code:
        definition["groups"] = [_renamed(one, code, made["code"]) for one in found.groups]
    return _saved(form, definition, made["name"]) or (_rule_form(form, found, code, names), 409)


@pages.route("/draft/groups/<code>", methods=["GET", "POST"])
@pages.route("/draft/groups", methods=["GET", "POST"], defaults={"code": ""})
@allowed(Permission.EARNING_CHANGE)
@head_office_only
def group(code: str) -> Answer:
    """Show a group's form, or save it. Groups inside others are kept, and changed in the definition."""
    with reading() as session:
        found = books.draft_of(session)
    known = next((one for one in found.groups if one.get("code") == code), None)
    if code and known is None:
        raise NotFound
    elsewhere = {held for one in found.groups if one is not known for held in _held(one)}
    options = [(one["code"], one["name"]) for one in found.rules if one["code"] not in elsewhere]
    form = Form.sent()
    if not form.values:
        form = Form(rule_forms.group_values(known) if known else {"mode": "largest", "span": "day"})
        return _group_form(form, found, code, options)
    made = rule_forms.group_of(form, rules=[value for value, _name in options], known=known)
    groups = [made if one is known else one for one in found.groups]
    definition = {**found.definition, "groups": groups if known else [*groups, made]}
    problems = [] if not form.is_right else books.opened(definition)[1]
    if problems or not form.is_right:
        return _group_form(form, found, code, options, problems), 422
    return _saved(form, definition, made["name"]) or (_group_form(form, found, code, options), 409)


@pages.post("/draft/rules/<code>/delete")
@allowed(Permission.EARNING_CHANGE)
@head_office_only
def delete_rule(code: str) -> AnyResponse:
    """Take a rule out of the draft, and out of its group."""
    form = Form.sent()
    with reading() as session:
        found = books.draft_of(session)
    groups = [left for one in found.groups if (left := _without(one, code)) is not None]
    rules = [one for one in found.rules if one.get("code") != code]
    _saved(form, {**found.definition, "rules": rules, "groups": groups}, code)
    return redirect(url_for("admin.earning_rules.draft"), 303)


@pages.post("/draft/groups/<code>/delete")
@allowed(Permission.EARNING_CHANGE)
@head_office_only
def delete_group(code: str) -> AnyResponse:
    """Take a group out of the draft; its rules stand alone then."""
    form = Form.sent()
    with reading() as session:
        found = books.draft_of(session)
    groups = [one for one in found.groups if one.get("code") != code]
    _saved(form, {**found.definition, "groups": groups}, code)
    return redirect(url_for("admin.earning_rules.draft"), 303)


@pages.post("/draft/discard")
@allowed(Permission.EARNING_CHANGE)
@head_office_only
def discard() -> AnyResponse:
    """Throw the draft away; the next begins from what is in force."""
    with changing() as session:
        row = versions.draft(session)
        if row is not None:
            session.delete(row)
            record(session, "earning_draft.discarded", SUBJECT, before=_summary(row.definition))
    say(_("The draft is thrown away."))
    return redirect(url_for("admin.earning_rules.listing"), 303)


@pages.route("/draft/definition", methods=["GET", "POST"])
@allowed(Permission.EARNING_CHANGE)
@head_office_only
def definition() -> Answer:
    """Show the whole definition as text, or save it: to nest groups, or to bring it from elsewhere."""
    with reading() as session:
        found = books.draft_of(session)
    form = Form.sent()
    if not form.values:
        text = orjson.dumps(found.definition, option=orjson.OPT_INDENT_2).decode()
        return _definition_form(Form({"text": text, "version": found.version}))
    typed = form.text("text", longest=LONGEST)
    try:
        made = orjson.loads(typed)
    except orjson.JSONDecodeError as error:
        form.wrong("text", _("This is not JSON: %(words)s", words=str(error)[:100]))
        made = None
    if form.is_right and not isinstance(made, dict):
        form.wrong("text", _("This is not JSON: %(words)s", words=typed[:20]))
    problems = books.opened(made)[1] if form.is_right else []
    if problems or not form.is_right:
        return _definition_form(form, problems), 422
    return _saved(form, made, _("the definition")) or (_definition_form(form), 409)


def _saved(form: Form, definition: Mapping[str, Any], name: str) -> AnyResponse | None:
    """Save the draft and go back to it; None, and said in the form, if somebody else has meanwhile."""
    try:
        with changing() as session:
            _put(session, form, definition)
    except (StaleDataError, IntegrityError):  # the latter of two who begin a draft at once
        said = _("Somebody else changed the draft meanwhile. Look at it, and enter this again.")
        form.wrong("name" if "name" in form.values else "text", said)
        say(said, "warning")
        return None
    say(_("%(name)s is saved in the draft.", name=name))
    return redirect(url_for("admin.earning_rules.draft"), 303)


def _put(session: Session, form: Form, definition: Mapping[str, Any]) -> None:
    now = books.draft_of(session)
    if str(form.values.get("version")) != str(now.version):
        raise StaleDataError  # as the flush would say it
    before = _summary(now.definition)
    versions.put_draft(session, definition, by=visitor.name, now=utc_now())
    record(session, "earning_draft.changed", SUBJECT, before=before, after=_summary(definition))  # type: ignore[arg-type]


def _summary(definition: Mapping[str, Any]) -> dict[str, Any]:
    return {"rules": definition.get("rules", []), "groups": definition.get("groups", [])}


def _rule_form(form: Form, found: Draft, code: str, names: Names, problems: list[str] | None = None) -> str:
    form.values["version"] = found.version
    return render_template(
        "admin/earning/rule.html",
        form=form,
        code=code,
        problems=problems or [],
        shops=list(names.shops.items()),
        levels=list(names.levels.items()),
        campaigns=list(names.campaigns.items()),
        circles=[(one.id, one.name) for one in names.circles.values()],
        coupons=books.coupon_names(),
        words=sentences,
    )


def _group_form(
    form: Form, found: Draft, code: str, options: list[tuple[str, str]], problems: list[str] | None = None
) -> str:
    form.values["version"] = found.version
    return render_template(
        "admin/earning/group.html",
        form=form,
        code=code,
        options=options,
        problems=problems or [],
        words=sentences,
    )


def _definition_form(form: Form, problems: list[str] | None = None) -> str:
    return render_template("admin/earning/definition.html", form=form, problems=problems or [])


def _held(group: Mapping[str, Any]) -> set[str]:
    found: set[str] = set()
    for one in group.get("members", []):
        found |= {one} if isinstance(one, str) else _held(one)
    return found


def _renamed(group: Mapping[str, Any], old: str, new: str) -> dict[str, Any]:
    members = [
        (new if one == old else one) if isinstance(one, str) else _renamed(one, old, new)
        for one in group.get("members", [])
    ]
    return {**group, "members": members}


def _without(group: Mapping[str, Any], code: str) -> dict[str, Any] | None:
    """Return the group without the rule; None if nothing is left in it."""
    members: list[Any] = []
    for one in group.get("members", []):
        if isinstance(one, str):
            members += [one] if one != code else []
        elif (left := _without(one, code)) is not None:
            members.append(left)
    return {**group, "members": members} if members else None
