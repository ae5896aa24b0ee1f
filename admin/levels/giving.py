"""Giving a member a level by hand until a day, and ending that."""

from flask import redirect, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response as AnyResponse

from admin.access import allowed
from admin.cookies import say
from admin.forms import Form
from admin.levels import words
from admin.levels.blueprint import pages
from admin.levels.members import member_page
from admin.members.people import subject
from admin.office import changing, find, record, visitor
from bot.db import utc_now
from bot.levels import giving
from bot.levels.giving import NotGiven
from bot.members.models import Member
from bot.users.roles import Permission

Answer = AnyResponse | tuple[str, int]


@pages.post("/members/<int:key>/give")
@allowed(Permission.LEVELS_GIVE)
def give(key: int) -> Answer:
    """Give a level above the earned one until a day, for a reason."""
    form = Form.sent()
    level = form.text("level", longest=32)
    until = form.day("until")
    reason = form.text("reason", longest=200)
    if until is None:
        form.wrong("until", _("Please fill this in."))
    with changing() as session:
        member = find(session, Member, key)
        if form.is_right and until is not None:
            try:
                with session.begin_nested():
                    giving.give(
                        session, member.id, level, until=until, reason=reason, by=visitor.name, now=utc_now()
                    )
            except NotGiven as error:
                form.wrong(*words.not_given(error))
        if not form.is_right:
            return member_page(session, member, form), 422
        record(session, "level.given", subject(member), after={"level": level, "until": until}, reason=reason)
    say(_("Given. The member is told, if they can be reached."))
    return redirect(url_for("admin.levels.member", key=key), 303)


@pages.post("/members/<int:key>/take-back")
@allowed(Permission.LEVELS_GIVE)
def take_back(key: int) -> Answer:
    """End what was given; the member is on what they have earned."""
    form = Form.sent()
    why = form.text("why", longest=200)
    with changing() as session:
        member = find(session, Member, key)
        if form.is_right:
            try:
                with session.begin_nested():
                    giving.take_back(session, member.id, reason=why, by=visitor.name, now=utc_now())
            except NotGiven as error:
                form.wrong(*words.not_given(error))
        if not form.is_right:
            return member_page(session, member, form), 422
        record(session, "level.taken_back", subject(member), reason=why)
    say(_("Ended. The member is on the level they have earned."))
    return redirect(url_for("admin.levels.member", key=key), 303)
