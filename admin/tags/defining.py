"""The tags themselves: added, renamed, merged, retired. Only the head office changes them."""

from typing import Any

from flask import redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from sqlalchemy import func, select
from werkzeug.exceptions import Forbidden
from werkzeug.wrappers import Response as AnyResponse

from admin import cookies
from admin.access import allowed
from admin.forms import Form
from admin.office import changing, find, reading, record, runtime, visitor
from admin.tags.blueprint import pages
from admin.tags.on_fans import choices
from bot.channels.models import Channel
from bot.db import utc_now
from bot.db.scoped import ScopedSession
from bot.levels import versions
from bot.levels.ladder import BASE
from bot.organisation.models import Branch, Shop
from bot.outbox.promises import Wish, promise
from bot.tags import keeping
from bot.tags.models import FanTag, RuleKind, Tag, TagKind, TagNeed, WeChatTag
from bot.users.roles import Permission

KINDS = {
    TagKind.SYSTEM.value: (_l("By the server"), "info"),
    TagKind.MANUAL.value: (_l("By hand"), ""),
    TagKind.AUTOMATIC.value: (_l("By a rule"), "good"),
}
MOST_CHANNELS = 2_000  # in the form; more are tagged by the channel's own page


@pages.get("/")
@allowed(Permission.FANS_SEE)
def listing() -> str:
    """List all tags, with how many fans of the visitor's scope have each."""
    with reading() as session:
        retired = request.args.get("retired") == "yes"
        tags = session.scalars(
            select(Tag).where(Tag.retired_at.is_not(None) if retired else Tag.retired_at.is_(None))
        ).all()
        counted = session.execute(select(FanTag.tag_id, func.count()).group_by(FanTag.tag_id))
        counts = {row[0]: row[1] for row in counted}
        needed = {row.tag_id: row.why for row in session.execute(select(TagNeed.tag_id, TagNeed.why))}
        names = {row.id: row.name for row in session.execute(select(Tag.id, Tag.name))}
    tags = sorted(tags, key=lambda one: (one.kind != TagKind.SYSTEM, -counts.get(one.id, 0), one.name))
    return render_template(
        "admin/tags/list.html",
        tags=tags,
        counts=counts,
        needed=needed,
        names=names,
        kinds=KINDS,
        retired=retired,
    )


@pages.get("/new")
@allowed(Permission.FANS_TAG)
def new() -> str:
    """Show the form for a new tag."""
    _head_office()
    with reading() as session:
        return _form(session, Form({"name": request.args.get("name", "")}), None)


@pages.post("/new")
@allowed(Permission.FANS_TAG)
def add() -> AnyResponse | tuple[str, int]:
    """Add a tag."""
    _head_office()
    form = Form.sent()
    with changing() as session:
        tag = Tag(kind=TagKind.MANUAL.value, created_at=utc_now())
        rules = _read(session, form, tag)
        if not form.is_right:
            return _form(session, form, None), 422
        session.add(tag)
        session.flush()
        keeping.put_rules(session, tag, rules)
        _wear(session, rules[RuleKind.LEVEL])
        record(session, "tag.added", tag, after=_facts(session, tag))
    cookies.say(_("Saved."))
    return redirect(url_for("admin.tags.listing"), 303)


@pages.get("/<int:key>")
@allowed(Permission.FANS_SEE)
def show(key: int) -> str:
    """Show one tag: its form, what needs it, where it is at WeChat, and merging it."""
    with reading() as session:
        tag = find(session, Tag, key)
        rules = keeping.rules_of(session, key)
        values: dict[str, Any] = {"name": tag.name, "note": tag.note}
        values |= {_field(kind): found for kind, found in rules.items()}
        return _form(session, Form(values), tag)


@pages.post("/<int:key>")
@allowed(Permission.FANS_TAG)
def change(key: int) -> AnyResponse | tuple[str, int]:
    """Rename a tag, here and at WeChat, or change what puts it on."""
    _head_office()
    form = Form.sent()
    with changing() as session:
        tag = find(session, Tag, key)
        before = _facts(session, tag)
        if tag.kind == TagKind.SYSTEM:
            form.wrong("name", _("The server puts this tag on by its name."))
        rules = _read(session, form, tag)
        if not form.is_right:
            session.expire(tag)
            return _form(session, form, tag), 422
        levels = keeping.rules_of(session, key)[RuleKind.LEVEL]
        keeping.put_rules(session, tag, rules)
        if set(levels) != set(rules[RuleKind.LEVEL]):
            _wear(session, [*levels, *rules[RuleKind.LEVEL]])
        keeping.changed(session, tag, accounts=_accounts(), now=utc_now())
        record(session, "tag.changed", tag, before=before, after=_facts(session, tag))
    cookies.say(_("Saved."))
    return redirect(url_for("admin.tags.show", key=key), 303)


@pages.post("/<int:key>/retire")
@allowed(Permission.FANS_TAG)
def retire(key: int) -> AnyResponse:
    """Retire a tag, or take it into use again. One that WeChat has to know stays."""
    _head_office()
    with changing() as session:
        tag = find(session, Tag, key)
        if tag.retired_at is not None:
            tag.retired_at = tag.merged_into_id = None
            keeping.changed(session, tag, accounts=_accounts(), now=utc_now())
            record(session, "tag.revived", tag)
        elif said := _why_not(session, tag):
            cookies.say(said, "danger")
            return redirect(url_for("admin.tags.show", key=key), 303)
        else:
            tag.retired_at = utc_now()
            keeping.changed(session, tag, accounts=_accounts(), now=utc_now())
            record(session, "tag.retired", tag)
    cookies.say(_("Saved."))
    return redirect(url_for("admin.tags.show", key=key), 303)


@pages.post("/<int:key>/merge")
@allowed(Permission.FANS_TAG)
def merge(key: int) -> AnyResponse:
    """Merge a tag into another: its fans and rules become the other's, and it is retired."""
    _head_office()
    form = Form.sent()
    with changing() as session:
        tag = find(session, Tag, key)
        others = select(Tag.id).where(
            Tag.retired_at.is_(None), Tag.id != key, Tag.kind != TagKind.SYSTEM.value
        )
        chosen = form.ids("into", among=session.scalars(others).all())
        said = _why_not(session, tag) or ("" if chosen else str(_("Choose the tag to merge into.")))
        if said or tag.retired_at is not None:
            cookies.say(said or _("It is retired already."), "danger")
            return redirect(url_for("admin.tags.show", key=key), 303)
        into = find(session, Tag, chosen[0])
        count = session.scalar(select(func.count()).select_from(FanTag).where(FanTag.tag_id == key)) or 0
        keeping.merge(session, tag, into, now=utc_now())
        record(session, "tag.merged", tag, after={"into": into.name, "fans": count})
    cookies.say(_("%(n)s fans move to %(name)s within a minute.", n=count, name=into.name))
    return redirect(url_for("admin.tags.show", key=into.id), 303)


def _why_not(session: ScopedSession, tag: Tag) -> str:
    if tag.kind == TagKind.SYSTEM:
        return str(_("The server puts this tag on; it cannot be retired."))
    if needed := keeping.needed_by(session, tag.id):
        said = "、".join(map(why, needed))
        return str(_("WeChat has to know this tag because of: %(why)s. Take it out there first.", why=said))
    return ""


def _read(session: ScopedSession, form: Form, tag: Tag) -> dict[RuleKind, list[str]]:
    name = form.text("name", longest=64)
    note = form.text("note", longest=200, required=False)
    if session.scalar(select(Tag.id).where(Tag.name == name, Tag.id != (tag.id or 0))):
        form.wrong("name", _("There is a tag of this name, perhaps a retired one."))
    rules = {RuleKind.SHOP: list(map(str, form.ids("shops", among=session.scalars(select(Shop.id)).all())))}
    rules[RuleKind.CHANNEL] = list(
        map(str, form.ids("channels", among=session.scalars(select(Channel.id)).all()))
    )
    found = form.values.get("cities", [])
    rules[RuleKind.CITY] = [str(one) for one in (found if isinstance(found, list) else [found]) if one]
    if not set(rules[RuleKind.CITY]) <= set(session.scalars(select(Branch.city))):
        form.wrong("cities", _("Please choose one of these."))
    found = form.values.get("levels", [])
    rules[RuleKind.LEVEL] = [str(one) for one in (found if isinstance(found, list) else [found]) if one]
    if not set(rules[RuleKind.LEVEL]) <= set(_levels(session)):
        form.wrong("levels", _("Please choose one of these."))
    if form.is_right:
        tag.name, tag.note = name, note
        if tag.kind != TagKind.SYSTEM:
            tag.kind = (TagKind.AUTOMATIC if any(rules.values()) else TagKind.MANUAL).value
    return rules


def _form(session: ScopedSession, form: Form, tag: Tag | None) -> str:
    by_name = select(Channel.id, Channel.name).order_by(Channel.id.desc()).limit(MOST_CHANNELS)
    key = tag.id if tag else 0
    return render_template(
        "admin/tags/tag.html",
        form=form,
        tag=tag,
        kinds=KINDS,
        may_change=visitor.may(Permission.FANS_TAG) and visitor.scope.everything,
        shops=[(row.id, row.name) for row in session.execute(select(Shop.id, Shop.name).order_by(Shop.id))],
        cities=[(one, one) for one in session.scalars(select(Branch.city).distinct().order_by(Branch.city))],
        channels=[(row.id, row.name) for row in session.execute(by_name)],
        levels=list(_levels(session).items()),
        before=_channels_of(session, tag) if tag and not tag.retired_at else [],
        others=[one for one in choices(session) if one[0] != key],
        needed=[why(one) for one in keeping.needed_by(session, key)] if tag else [],
        at_wechat=session.scalars(select(WeChatTag).filter_by(tag_id=key)).all() if tag else [],
        account_names={one.id: one.name for one in runtime.accounts.values()},
        count=session.scalar(select(func.count()).select_from(FanTag).where(FanTag.tag_id == key)),
    )


def _channels_of(session: ScopedSession, tag: Tag) -> list[tuple[int, str]]:
    """Return the channels by which the tag is put on, for those who came through them before the rule."""
    keys = [int(one) for one in keeping.rules_of(session, tag.id).get(RuleKind.CHANNEL, [])]
    wanted = select(Channel.id, Channel.name).where(Channel.id.in_(keys)).order_by(Channel.name)
    return [(row.id, row.name) for row in session.execute(wanted)]


def why(code: str) -> str:
    """Return what needs a tag at WeChat, in words."""
    what, _sign, number = code.partition(":")
    if what == "menu":
        return str(_("the menu"))
    return str(_("mass send %(number)s", number=number)) if what == "broadcast" else code


def _field(kind: RuleKind) -> str:
    return {
        RuleKind.SHOP: "shops",
        RuleKind.CITY: "cities",
        RuleKind.CHANNEL: "channels",
        RuleKind.LEVEL: "levels",
    }[kind]


def _levels(session: ScopedSession) -> dict[str, str]:
    """Return the levels a tag may go by: everybody is on the lowest, which is the tag 会员."""
    return {key: name for key, name in versions.names(session).items() if key != BASE}


def _wear(session: ScopedSession, levels: list[str]) -> None:
    """Have the members on these levels get the tag, or lose it."""
    if levels:
        promise(session, Wish("levels.wear_all", {}, utc_now(), "levels.wear_all:0"), now=utc_now())


def _facts(session: ScopedSession, tag: Tag) -> dict[str, Any]:
    rules = {_field(kind): found for kind, found in keeping.rules_of(session, tag.id).items() if found}
    return {"name": tag.name, "note": tag.note, **rules}


def _accounts() -> dict[int, str]:
    return {one.id: one.name for one in runtime.accounts.values()}


def _head_office() -> None:
    """Tags are everybody's: who sees only some shops may put them on, and not change them."""
    if not visitor.scope.everything:
        raise Forbidden
