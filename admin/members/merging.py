"""Two members who may be one: side by side, merged for a reason, and taken apart again."""

from typing import Any

from flask import redirect, render_template, request, url_for
from flask_babel import gettext as _
from sqlalchemy import func, select
from werkzeug.wrappers import Response as AnyResponse

from admin import cookies
from admin.access import allowed
from admin.forms import Form
from admin.members import people as shown
from admin.members import words
from admin.members.people import pages
from admin.office import changing, find, reading, record, vault, visitor
from bot.db import utc_now
from bot.db.scoped import ScopedSession
from bot.fans.models import Fan
from bot.members import identities, office, people
from bot.members.models import Member, MemberMerge
from bot.organisation.models import Shop
from bot.users.roles import Permission


@pages.get("/merge")
@allowed(Permission.MEMBERS_MERGE)
def compare() -> str:
    """Show two members beside each other; without a second, ask for one."""
    form = Form({"kept": request.args.get("kept", ""), "merged": request.args.get("merged", "")})
    with reading() as session:
        return _page(session, form)


@pages.post("/merge")
@allowed(Permission.MEMBERS_MERGE)
def merge() -> AnyResponse | tuple[str, int]:
    """Make two members one; which number stays was chosen, and why stands in the audit."""
    form = Form.sent()
    why = form.text("why", longest=200)
    with changing() as session:
        kept, merged = (_named(session, form, field) for field in ("kept", "merged"))
        if kept is not None and merged is not None and kept.id == merged.id:
            form.wrong("merged", _("This is the same member."))
        if not form.is_right or kept is None or merged is None:
            return _page(session, form), 422
        done = office.merge(session, kept, merged, why=why, by=visitor.name, now=utc_now())
        if done is None:
            form.wrong("merged", _("Only two active members can be merged."))
            return _page(session, form), 422
        facts = {"kept": kept.number, "merged": merged.number, "fans": len(done.fan_ids)}
        record(session, "member.merged", shown.subject(kept), after=facts, reason=why)
        key = kept.id
    cookies.say(_("They are one member now. It can be undone below."))
    return redirect(url_for("admin.members.show", key=key), 303)


@pages.post("/merges/<int:key>/undo")
@allowed(Permission.MEMBERS_MERGE)
def undo(key: int) -> AnyResponse:
    """Make them two again, each with what was theirs."""
    with changing() as session:
        row = find(session, MemberMerge, key)
        kept_id = row.kept_id
        done = office.unmerge(session, row, by=visitor.name, now=utc_now())
        if done:
            kept = session.get_one(Member, kept_id)
            record(session, "member.unmerged", shown.subject(kept), before={"merged": row.merged_id})
    if done:
        cookies.say(_("They are two members again."))
    else:
        refusal = _("This cannot be undone any more: it was, or one of them was merged on or erased.")
        cookies.say(refusal, "warning")
    return redirect(url_for("admin.members.show", key=kept_id), 303)


def _page(session: ScopedSession, form: Form) -> str:
    sides = []
    for field in ("kept", "merged"):
        member = _named(session, form, field, complain=False)
        sides.append(_side(session, member) if member is not None else None)
    return render_template("admin/members/merge.html", form=form, sides=sides, words=words)


def _side(session: ScopedSession, member: Member) -> dict[str, Any]:
    keys = vault()
    family = identities.family(session, member.id)
    shop = session.get(Shop, member.home_shop_id) if member.home_shop_id else None
    return {
        "member": member,
        "state": words.state_of(member.state, is_verified=member.verified_at is not None),
        "name": people.name_of(keys, member) if keys and member.data_key else "",
        "phone": people.mask_of(session, keys, member.id) if keys and member.data_key else "",
        "birthday": people.birthday_of(keys, member) if keys and member.data_key else None,
        "shop": shop.name if shop else "",
        "fans": session.scalar(select(func.count(Fan.id)).where(Fan.member_id == member.id)),
        "known": len(identities.held(session, family)),
    }


def _named(session: ScopedSession, form: Form, field: str, *, complain: bool = True) -> Member | None:
    """Return the member with the number that was typed."""
    typed = str(form.values.get(field, "")).strip().upper()[:16]
    found = session.scalar(select(Member).where(Member.number == typed)) if typed else None
    if found is None and complain:
        form.wrong(field, _("No member has this number. It begins with M and stands on the member's page."))
    return found
