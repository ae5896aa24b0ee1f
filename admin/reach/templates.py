"""Templates and subscription notices of the account, and which of them says what."""

from typing import Any

from flask import redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from sqlalchemy import select
from werkzeug.exceptions import NotFound
from werkzeug.wrappers import Response as AnyResponse

from admin.access import allowed
from admin.choices import account
from admin.cookies import say
from admin.forms import Form
from admin.office import changing, reading, record, runtime, visitor
from admin.reach import words
from admin.reach.blueprint import pages
from bot.db import utc_now
from bot.db.scope import EVERYTHING
from bot.db.scoped import ScopedSession
from bot.outbox.promises import Wish, promise
from bot.reach import fields, intents
from bot.reach import words as filling
from bot.reach.judging import KIND_OF
from bot.reach.models import ReachIndustry, ReachMapping, ReachTemplate, TemplateKind
from bot.users.roles import Permission

LONGEST = 100
KINDS = {TemplateKind.TEMPLATE: _l("Template message"), TemplateKind.SUBSCRIPTION: _l("Subscription notice")}
ROUTE_OF = {kind: route for route, kind in KIND_OF.items()}
# What a preview shows for the names that words may hold; a notice brings its own.
SAMPLE = {
    "name": "小爱",
    "what": "行程有变",
    "when": "2026年11月26日 10:00",
    "where": "上海人民广场店",
    "number": "A1001",
    "item": "保温杯",
    "points": "300",
    "shop": "上海人民广场店",
    "day": "12月10日 18:00",
    "carrier": "顺丰速运",
    "tracking": "SF1234567890",
}
WRONG = {
    "missing": _l("This field must say something: WeChat refuses a message without it."),
    "unknown": _l("The template has no such field."),
    "thing": _l("At most 20 characters."),
    "const": _l("At most 20 characters."),
    "number": _l("Digits only, with a point at most."),
    "letter": _l("Letters only."),
    "symbol": _l("At most 5 characters."),
    "character_string": _l("Letters, digits and signs, no Chinese, at most 32."),
    "time": _l("A time like 2026年11月26日 10:00."),
    "date": _l("A date like 2026年11月26日."),
    "amount": _l("An amount like 12.50元."),
    "phone_number": _l("A number, at most 17 characters."),
    "car_number": _l("At most 8 characters."),
    "name": _l("A name: 10 Chinese characters or 20 letters at most."),
    "phrase": _l("Chinese only, at most 5 characters."),
    "length": _l("At most 200 characters."),
}


@pages.get("/templates")
@allowed(Permission.REACH_SEE)
def template_list() -> str:
    """List the account's templates and which intent each says."""
    account_id = _account_id()
    with reading() as session:
        rows = _templates(session, account_id)
        mappings = {(row.intent, row.kind): row for row in _mappings(session, account_id)}
        industry = session.get(ReachIndustry, account_id)
    return render_template(
        "admin/reach/templates.html",
        rows=rows,
        by_id={row.template_id: row for row in rows},
        mappings=mappings,
        industry=industry,
        kinds=KINDS,
        wanted=_mappable(),
        words=words,
        may_change=_may_change(),
    )


@pages.post("/templates/sync")
@allowed(Permission.REACH_CHANGE)
def sync_templates() -> AnyResponse:
    """Have WeChat asked for the templates now."""
    served = account()
    if served is None:
        raise NotFound
    with runtime.db.scoped(EVERYTHING) as session:
        key = f"reach.sync_templates:{served.name}"
        wish = Wish("reach.sync_templates", {"account": served.name}, utc_now(), key)
        promise(session, wish, now=utc_now())
    say(_("WeChat is being asked; look again in a moment."))
    return redirect(url_for("admin.reach.template_list"), 303)


@pages.get("/templates/<intent>/<kind>")
@allowed(Permission.REACH_SEE)
def show_mapping(intent: str, kind: str) -> str:
    """Show which template says an intent, and what stands in its fields."""
    _known(intent, kind)
    with reading() as session:
        row = _mapping(session, intent, kind)
        chosen = request.args.get("template", "") or (row.template_id if row else "")
        template = _template(session, kind, chosen)
        given = row.fields if row and template and row.template_id == template.template_id else {}
        return _page(session, intent, kind, template, Form(_form_values(given)), row=row)


@pages.post("/templates/<intent>/<kind>")
@allowed(Permission.REACH_CHANGE)
def save_mapping(intent: str, kind: str) -> AnyResponse | tuple[str, int]:
    """Set the template of an intent, checked field by field, or take it away."""
    _known(intent, kind)
    if not _may_change():
        raise NotFound
    form = Form.sent()
    with changing() as session:
        row = _mapping(session, intent, kind)
        before = {"template": row.template_id, "fields": row.fields} if row else {}
        if form.ticked("remove"):
            if row is not None:
                record(session, "reach_mapping.removed", row, before=before, after={})
                session.delete(row)
            say(_("Taken away; it goes the other ways."))
            return redirect(url_for("admin.reach.template_list"), 303)
        template = _template(session, kind, str(form.values.get("template", "")))
        if template is None:
            form.wrong("template", _("Please choose one of these."))
            return _page(session, intent, kind, None, form, row=row), 422
        given = {
            name: form.text(f"field-{name}", longest=LONGEST, required=False)
            for name in fields.of(template.content)
        }
        for name, problem in fields.problems(template.content, given, SAMPLE).items():
            form.wrong(f"field-{name}", WRONG[problem])
        if not form.is_right:
            return _page(session, intent, kind, template, form, row=row), 422
        row = row or ReachMapping(account_id=_account_id(), intent=intent, kind=kind)
        row.template_id, row.fields, row.changed_at = template.template_id, given, utc_now()
        session.add(row)
        session.flush()
        after = {"template": row.template_id, "fields": given}
        record(session, "reach_mapping.changed", row, before=before, after=after)
    say(_("Saved; what is sent from now on goes by it."))
    return redirect(url_for("admin.reach.template_list"), 303)


def _page(
    session: ScopedSession,
    intent: str,
    kind: str,
    template: ReachTemplate | None,
    form: Form,
    *,
    row: ReachMapping | None,
) -> str:
    names = fields.of(template.content) if template else []
    said = {name: str(form.values.get(f"field-{name}", "")) for name in names}
    filled = {name: fields.fitted(name, filling.fill(value, SAMPLE)) for name, value in said.items()}
    return render_template(
        "admin/reach/mapping.html",
        intent=intent,
        kind=kind,
        kinds=KINDS,
        words=words,
        form=form,
        template=template,
        templates=[one for one in _templates(session, _account_id()) if one.kind == kind and not one.gone_at],
        names=names,
        called=fields.labels(template.content) if template else {},
        preview=_preview(template, filled) if template else "",
        row=row,
        sample=SAMPLE,
        longest=LONGEST,
        may_change=_may_change(),
    )


def _preview(template: ReachTemplate, filled: dict[str, str]) -> str:
    return fields.FIELD.sub(lambda found: filled.get(found[1]) or "……", template.content)


def _form_values(given: dict[str, str]) -> dict[str, Any]:
    return {f"field-{name}": said for name, said in given.items()}


def _mappable() -> list[tuple[str, TemplateKind]]:
    return [
        (intent.name, kind)
        for intent in intents.INTENTS.values()
        for kind in (TemplateKind.SUBSCRIPTION, TemplateKind.TEMPLATE)
        if ROUTE_OF[kind] in intent.routes and not intent.says_as
    ]


def _known(intent: str, kind: str) -> None:
    if (intent, kind) not in [(name, one.value) for name, one in _mappable()]:
        raise NotFound


def _may_change() -> bool:
    return visitor.may(Permission.REACH_CHANGE) and visitor.scope.everything


def _account_id() -> int:
    served = account()
    if served is None:
        raise NotFound
    return served.id


def _templates(session: ScopedSession, account_id: int) -> list[ReachTemplate]:
    wanted = select(ReachTemplate).where(ReachTemplate.account_id == account_id)
    return list(session.scalars(wanted.order_by(ReachTemplate.kind, ReachTemplate.title, ReachTemplate.id)))


def _template(session: ScopedSession, kind: str, template_id: str) -> ReachTemplate | None:
    known = {"account_id": _account_id(), "kind": kind, "template_id": template_id, "gone_at": None}
    return session.scalar(select(ReachTemplate).filter_by(**known))


def _mappings(session: ScopedSession, account_id: int) -> list[ReachMapping]:
    return list(session.scalars(select(ReachMapping).where(ReachMapping.account_id == account_id)))


def _mapping(session: ScopedSession, intent: str, kind: str) -> ReachMapping | None:
    known = {"account_id": _account_id(), "intent": intent, "kind": kind}
    return session.scalar(select(ReachMapping).filter_by(**known))
