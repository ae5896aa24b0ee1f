"""The ladder in force with how many members stand where, and the versions there were."""

from flask import render_template
from sqlalchemy import func, select

from admin.access import allowed
from admin.levels import drafts, words
from admin.levels.blueprint import pages
from admin.office import find, reading, survey
from bot.db.scoped import ScopedSession
from bot.levels import ladder, versions
from bot.levels.ladder import BASE
from bot.levels.models import LevelVersion, MemberLevel
from bot.members.models import Member, MemberState
from bot.users.roles import Permission


@pages.get("/")
@allowed(Permission.LEVELS_SEE)
def listing() -> str:
    """Show the levels with their members in the visitor's scope, and all versions."""
    with reading() as session:
        draft = drafts.of(session)
        rows = versions.listed(session)
    counts = survey(counted) if draft.current else {}
    return render_template(
        "admin/levels/overview.html",
        current=draft.current,
        draft=draft,
        counts=counts,
        total=sum(counts.values()),
        versions=rows,
        words=words,
    )


@pages.get("/versions/<int:key>")
@allowed(Permission.LEVELS_SEE)
def show(key: int) -> str:
    """Show one published version as it will stay."""
    with reading() as session:
        version = find(session, LevelVersion, key)
    return render_template(
        "admin/levels/version.html", version=version, ladder=ladder.read(version.definition), words=words
    )


def counted(session: ScopedSession) -> dict[str, int]:
    """Return how many active members in sight stand on each level; who has no row is on the lowest."""
    is_active = Member.state == MemberState.ACTIVE.value
    rows = session.execute(
        select(MemberLevel.level, func.count(MemberLevel.member_id))
        .join(Member, Member.id == MemberLevel.member_id)
        .where(is_active, MemberLevel.level != BASE)
        .group_by(MemberLevel.level)
    )
    found = {row[0]: row[1] for row in rows}
    everybody = session.scalar(select(func.count(Member.id)).where(is_active)) or 0
    return {BASE: everybody - sum(found.values()), **found}
