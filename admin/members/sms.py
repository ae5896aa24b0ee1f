"""Short messages: that they were sent, when, what they cost and what became of them. Never what they said."""

from flask import Blueprint, render_template, request
from sqlalchemy import func, select

from admin.access import allowed
from admin.days import day_bounds
from admin.members import words
from admin.office import reading, runtime
from admin.paging import page
from bot.sms.models import SmsMessage, SmsState
from bot.users.roles import Permission

pages = Blueprint("sms", __name__, url_prefix="/sms")


@pages.get("/")
@allowed(Permission.MEMBERS_SEE)
def listing() -> str:
    """List the messages of the visitor's scope, the newest first, and what they came to."""
    wanted = select(SmsMessage)
    since, until = day_bounds(request.args.get("since", ""), request.args.get("until", ""))
    sums = select(func.count(SmsMessage.id), func.sum(SmsMessage.parts), func.sum(SmsMessage.cost_mills))
    conditions = []
    if (state := request.args.get("state", "")) in set(SmsState):
        conditions.append(SmsMessage.state == state)
    if since:
        conditions.append(SmsMessage.created_at >= since)
    if until:
        conditions.append(SmsMessage.created_at < until)
    with reading() as session:
        found = page(session, wanted.where(*conditions), by=SmsMessage.id)
        count, parts, mills = session.execute(sums.where(*conditions)).one()
    return render_template(
        "admin/sms/list.html",
        page=found,
        count=count,
        parts=parts or 0,
        cost=(mills or 0) / 1000,
        words=words,
        gateway=runtime.config.sms.first,
    )
