"""For staff who are agents: my duty, my travellers, my shop's waiting line, from my own phone."""

from datetime import datetime
from typing import Any

from flask import Blueprint, redirect, render_template, request, url_for

from bot import audit
from bot.audit import Actor
from bot.db import utc_now
from bot.desk import by_hand, mine
from bot.desk.models import Duty
from bot.desk.routing import duty_at
from bot.organisation.models import Staff
from h5.access import staff_only
from h5.days import HERE
from h5.visit import account, guest, runtime

pages = Blueprint("desk", __name__, url_prefix="/staff/desk")
DUTIES = {
    Duty.ON.value: "在岗",
    Duty.BREAK.value: "小休",
    Duty.AWAY.value: "离开",
    Duty.FINISHING.value: "不再接新",
}
WHYS = {
    "request": "想找人工",
    "unanswered": "问题没有自动回复",
    "no": "自动回复没帮上忙",
    "scan": "刚扫了门店码",
    "first_message": "扫码后的第一句话",
    "message": "之前的留言",
    "notice": "自动回复已答，请留意",
    "by_hand": "由客服接入",
}


@pages.get("")
@staff_only
def show() -> str:
    """Show the visitor's own desk; who is no agent reads whom to ask."""
    assert guest.staff_id is not None
    now = utc_now()
    with runtime.db.reading() as session:
        agent = mine.agent_of(session, account.id, guest.staff_id)
        seen = mine.look(session, agent) if agent is not None else None
    return render_template(
        "h5/desk.html",
        mine=seen,
        duty=duty_at(seen.agent.duty, seen.agent.duty_until, now) if seen else "",
        duties=DUTIES,
        whys=WHYS,
        breaks=by_hand.BREAKS,
        ago=_ago,
        clock=lambda at: f"{at.astimezone(HERE):%H:%M}",
    )


@pages.post("/duty")
@staff_only
def duty() -> Any:
    """Take a break, end it, take no new travellers. Only one's own: the form names nobody."""
    assert guest.staff_id is not None
    wanted = request.form.get("duty", "")
    typed = request.form.get("minutes", "")
    minutes = int(typed) if typed in {str(one) for one in by_hand.BREAKS} else None
    is_right = wanted in DUTIES and (wanted != Duty.BREAK or minutes is not None)
    now = utc_now()
    with runtime.db.transaction() as session:
        agent = mine.agent_of(session, account.id, guest.staff_id)
        if agent is not None and is_right:
            before = agent.duty
            until = minutes if wanted == Duty.BREAK else None
            by_hand.set_duty(session, agent.id, Duty(wanted), minutes=until, now=now)
            session.refresh(agent)
            who = Actor(session.get_one(Staff, guest.staff_id).name, None, request.remote_addr or "")
            told = {"duty": agent.duty, "minutes": until}
            audit.record(session, who, "agent.duty", agent, now=now, before={"duty": before}, after=told)
    return redirect(url_for("h5.desk.show"), 303)


def _ago(at: datetime) -> str:
    """Say since when: 14:05, or 3 分钟 while it is fresh."""
    seconds = int((utc_now() - at).total_seconds())
    if seconds < 60:
        return "刚刚"
    return f"{seconds // 60} 分钟" if seconds < 3600 else f"{at.astimezone(HERE):%H:%M} 起"
