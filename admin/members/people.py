"""Members, their numbers masked; one is shown whole for a reason, which is written down."""

import csv
import io
from dataclasses import dataclass
from typing import Any

from flask import Blueprint, Response, redirect, render_template, request, url_for
from flask_babel import gettext as _
from sqlalchemy import Select, or_, select
from werkzeug.wrappers import Response as AnyResponse

from admin import cookies
from admin.access import allowed
from admin.exports import safe
from admin.forms import Form
from admin.members import words
from admin.office import actor, changing, find, reading, record, vault
from admin.paging import page
from bot.audit import Subject
from bot.consents import consents
from bot.consents.models import Consent
from bot.db import utc_now
from bot.db.scoped import ScopedSession
from bot.fans.models import Fan
from bot.keys import key_in
from bot.members import identities, office, people
from bot.members.models import (
    IdentityKind,
    Member,
    MemberClaim,
    MemberIdentity,
    MemberMerge,
    Referral,
)
from bot.organisation.models import Shop, Staff
from bot.privacy import NotANumber, NotOurs, Vault, masked, parse, spoken
from bot.users.roles import Permission

pages = Blueprint("members", __name__, url_prefix="/members")
MOST_EXPORTED = 10_000


@dataclass(frozen=True, slots=True)
class Line:
    """One member as the list shows them."""

    id: int
    number: str
    name: str
    phone: str
    shop_id: int | None
    state: str
    since: Any


@pages.get("/")
@allowed(Permission.MEMBERS_SEE)
def listing() -> str:
    """List the members of the visitor's scope, the newest first."""
    with reading() as session:
        return _list_page(session, Form())


@pages.get("/<int:key>")
@allowed(Permission.MEMBERS_SEE)
def show(key: int) -> str:
    """Show one member with all they are known by, agreed to, and brought."""
    with reading() as session:
        return member_page(session, find(session, Member, key), Form())


@pages.post("/<int:key>/phone")
@allowed(Permission.MEMBERS_UNMASK)
def unmask(key: int) -> str | tuple[str, int]:
    """Show the number, once, to someone who says what for."""
    form = Form.sent()
    reason = form.text("reason", longest=200)
    keys = vault()
    with changing() as session:
        member = find(session, Member, key)
        number = None
        try:
            number = people.phone_of(session, keys, member.id) if keys and form.is_right else None
        except NotOurs:
            form.wrong("reason", _("This number was sealed with a key that is not in the settings any more."))
        if number:
            record(session, "member.phone_shown", subject(member), reason=reason)
        found = member_page(session, member, form, number=spoken(number) if number else "")
    return found if number else (found, 422)


@pages.post("/<int:key>/silence")
@allowed(Permission.MEMBERS_CHANGE)
def silence(key: int) -> AnyResponse:
    """Withdraw the member's agreement to offers, because they asked for it."""
    with changing() as session:
        member = find(session, Member, key)
        if consents.withdraw_marketing(session, member_id=member.id, now=utc_now(), how="office"):
            record(session, "member.marketing_withdrawn", subject(member))
            cookies.say(_("No offers go to this member any more."))
    return redirect(url_for("admin.members.show", key=key), 303)


@pages.post("/<int:key>/unbind/<int:fan_key>")
@allowed(Permission.MEMBERS_CHANGE)
def unbind(key: int, fan_key: int) -> AnyResponse:
    """Make a mere fan of one of the member's WeChats, because they asked for it. Again: it is one already."""
    keys = vault()
    with changing() as session:
        member, fan = find(session, Member, key), find(session, Fan, fan_key)
        is_theirs = fan.member_id == member.id
        if is_theirs and keys is not None and office.unbind(session, keys, fan, now=utc_now()):
            record(session, "member.unbound", subject(member), after={"fan": fan.id})
            cookies.say(_("This WeChat is a mere fan again."))
    return redirect(url_for("admin.members.show", key=key), 303)


@pages.post("/<int:key>/erase")
@allowed(Permission.MEMBERS_CHANGE)
def erase(key: int) -> AnyResponse | tuple[str, int]:
    """Erase the member, who asked for it; the number typed has to be theirs."""
    form = Form.sent()
    reason = form.text("why", longest=200)
    typed = form.text("number", longest=16).upper()
    with changing() as session:
        member = find(session, Member, key)
        if form.is_right and typed != member.number:
            form.wrong("number", _("This is not the number of this member."))
        if not form.is_right:
            return member_page(session, member, form), 422
        number = member.number
        done = office.erase(session, member, by=actor(), now=utc_now())
        if done:
            record(session, "member.erase_asked", Subject("member", str(key), number), reason=reason)
    cookies.say(_("The member is erased. What they earned stays under %(number)s.", number=number))
    return redirect(url_for("admin.members.show", key=key), 303)


@pages.post("/export")
@allowed(Permission.MEMBERS_EXPORT)
def export() -> Response | tuple[str, int]:
    """Hand the filtered members over as CSV, their numbers masked, and write down that this was done."""
    form = Form.sent()
    reason = form.text("reason", longest=200)
    with changing() as session:
        if not form.is_right:
            return _list_page(session, form), 422
        wanted = _wanted(form.values).order_by(Member.id.desc()).limit(MOST_EXPORTED)
        rows = session.scalars(wanted).all()
        content = _csv(_lines(session, rows), dict(_shops(session)))
        record(session, "member.exported", Subject("member"), after={"rows": len(rows)}, reason=reason)
    response = Response("\ufeff" + content, content_type="text/csv; charset=utf-8")
    response.headers["Content-Disposition"] = "attachment; filename=members.csv"
    return response


def subject(member: Member) -> Subject:
    """Return the member for the audit: by number, never by name."""
    return Subject("member", str(member.id), member.number)


def member_page(session: ScopedSession, member: Member, form: Form, *, number: str = "") -> str:
    """Return the page of one member."""
    keys = vault()
    family = identities.family(session, member.id)
    known = session.scalars(
        select(MemberIdentity).where(MemberIdentity.member_id.in_(family)).order_by(MemberIdentity.id)
    ).all()
    merges = select(MemberMerge).where(
        or_(MemberMerge.kept_id == member.id, MemberMerge.merged_id == member.id)
    )
    staff_ids = select(Staff.id, Staff.name)
    return render_template(
        "admin/members/member.html",
        member=member,
        form=form,
        number=number,
        line=_lines(session, [member])[0],
        birthday=people.birthday_of(keys, member) if keys and member.data_key else None,
        known=[(row, _shown(session, keys, row)) for row in known],
        fans=session.scalars(select(Fan).where(Fan.member_id == member.id).order_by(Fan.id)).all(),
        agreed=session.scalars(
            select(Consent).where(Consent.member_id.in_(family)).order_by(Consent.id.desc())
        ).all(),
        merges=session.scalars(merges.order_by(MemberMerge.id.desc())).all(),
        claims=session.scalars(
            select(MemberClaim)
            .where(MemberClaim.member_id.in_(family))
            .order_by(MemberClaim.id.desc())
            .limit(10)
        ).all(),
        came=session.scalar(select(Referral).where(Referral.member_id.in_(family)).limit(1)),
        brought=session.scalars(
            select(Referral)
            .where(Referral.referrer_member_id.in_(family))
            .order_by(Referral.id.desc())
            .limit(20)
        ).all(),
        staff={row[0]: row[1] for row in session.execute(staff_ids)},
        shops=dict(_shops(session)),
        words=words,
        has_keys=keys is not None,
    )


def _list_page(session: ScopedSession, form: Form) -> str:
    found = page(session, _wanted(request.args), by=Member.id)
    lines = {line.id: line for line in _lines(session, found.rows)}
    return render_template(
        "admin/members/list.html", page=found, lines=lines, shops=_shops(session), form=form, words=words
    )


def _lines(session: ScopedSession, rows: Any) -> list[Line]:
    keys = vault()
    lines = []
    for one in rows:
        name = phone = ""
        if keys is not None and one.data_key:
            phone = people.mask_of(session, keys, one.id)
            try:
                name = people.name_of(keys, one)
            except NotOurs:
                name = ""
        state = words.state_of(one.state, is_verified=one.verified_at is not None)
        since = one.verified_at or one.created_at
        lines.append(Line(one.id, one.number, name, phone, one.home_shop_id, state, since))
    return lines


def _shown(session: ScopedSession, keys: Vault | None, row: MemberIdentity) -> str:
    try:
        value = identities.value_of(session, keys, row) if keys and row.value else None
    except NotOurs:
        value = None
    if value is None:
        return "****"
    return masked(value) if row.kind == IdentityKind.PHONE else value


def _shops(session: ScopedSession) -> list[tuple[int, str]]:
    return [(row.id, row.name) for row in session.scalars(select(Shop).order_by(Shop.branch_id, Shop.id))]


def _wanted(asked: Any) -> Select[Member]:
    """Return those whom the filters leave; a whole telephone, member or customer number finds its owner."""
    wanted = select(Member)
    if (shop_id := key_in(asked.get("shop"))) is not None:
        wanted = wanted.where(Member.home_shop_id == shop_id)
    state = asked.get("state", "")
    if state in {"active", "known"}:
        verified = Member.verified_at.is_not(None) if state == "active" else Member.verified_at.is_(None)
        wanted = wanted.where(Member.state == "active", verified)
    elif state in {"merged", "erased"}:
        wanted = wanted.where(Member.state == state)
    if text := str(asked.get("q", "")).strip()[:64]:
        found = [Member.number == text.upper()]
        if (keys := vault()) is not None:
            found.append(Member.id.in_(known_by(keys, text)))
        wanted = wanted.where(or_(*found))
    return wanted


def known_by(keys: Vault, text: str) -> Select[Any]:
    """Return who has the number now, typed whole."""
    try:
        lookup = identities.lookup_of(keys, IdentityKind.PHONE, parse(text))
    except NotANumber:
        return select(MemberIdentity.member_id).where(MemberIdentity.id < 0)
    return select(MemberIdentity.member_id).where(MemberIdentity.lookup == lookup)


def _csv(lines: list[Line], shops: dict[int, str]) -> str:
    made = io.StringIO()
    writer = csv.writer(made)
    head = (_("Number"), _("Full name"), _("Phone"), _("Shop"), _("State"), _("Since"))
    writer.writerow([str(one) for one in head])
    for line in lines:
        cells = (
            line.number,
            line.name,
            line.phone,
            shops.get(line.shop_id or 0, ""),
            str(words.STATES[line.state][0]),
            line.since.strftime("%Y-%m-%d"),
        )
        writer.writerow([safe(cell) for cell in cells])
    return made.getvalue()
