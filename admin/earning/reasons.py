"""Why a member's day came to what it did: the trace of one judgement, for a clerk to read out."""

from flask import render_template
from sqlalchemy import select

from admin.access import allowed
from admin.earning import sentences
from admin.earning.blueprint import pages
from admin.earning.books import shop_names
from admin.office import find, reading
from bot.earning import traces
from bot.earning.models import EarningDay, EarningJudgement, EarningOccasion, EarningVersion
from bot.earning.rules.book import Trigger
from bot.earning.rules.words import read_out
from bot.levels import versions
from bot.members.models import Member
from bot.users.roles import Permission


@pages.get("/why/<int:key>")
@allowed(Permission.POINTS_SEE)
def why(key: int) -> str:
    """Show a judgement of a member's day: what happened, what counted, and why not."""
    with reading() as session:
        judgement = find(session, EarningJudgement, key)
        day = find(session, EarningDay, judgement.day_id)
        member = find(session, Member, day.member_id)
        version = find(session, EarningVersion, day.version_id)
        happened = session.scalars(
            select(EarningOccasion)
            .where(
                EarningOccasion.member_id == day.member_id,
                EarningOccasion.day == day.day,
                EarningOccasion.version_id == day.version_id,
            )
            .order_by(EarningOccasion.occurred_at, EarningOccasion.id)
        ).all()
        names, levels = shop_names(session), versions.names(session)
    said: dict[str, list[str]] = {}
    for line in traces.read(judgement.trace):
        said.setdefault(line.occasion, []).append(read_out(line, names, levels))
    return render_template(
        "admin/earning/why.html",
        judgement=judgement,
        day=day,
        member=member,
        version=version,
        happened=[(sentences.TRIGGERS[Trigger(one.trigger)], one, said.get(one.key, [])) for one in happened],
        shops=names,
    )
