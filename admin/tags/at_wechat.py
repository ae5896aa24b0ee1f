"""What WeChat knows of our tags, and what it would not take, each with what helps."""

from collections.abc import Sequence
from typing import Any

from flask import redirect, render_template, url_for
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from sqlalchemy import func, select
from werkzeug.wrappers import Response as AnyResponse

from admin import cookies
from admin.access import allowed
from admin.choices import account
from admin.head_office import head_office_only
from admin.office import changing, reading, record
from admin.tags.blueprint import pages
from admin.tags.defining import why
from bot.audit import Subject
from bot.db import utc_now
from bot.db.scoped import ScopedSession
from bot.fans.models import Fan
from bot.outbox.promises import promise
from bot.tags import known, needs, planning
from bot.tags.models import FanTag, Tag, TagNeed, TagWish, WeChatFanTag, WeChatTag
from bot.users.roles import Permission

SHOWN = 50
TAGS = 100
REMEDIES = (
    (
        "45056",
        _l("The account has 100 tags. Delete some in the console, or have fewer needed; then try again."),
    ),
    ("45157", _l("The name is taken or not allowed at WeChat. Rename our tag, or the one in the console.")),
    ("45057", _l("Over 100,000 fans have it; it is taken off them first and deleted afterwards.")),
    ("45059", _l("The fan has 20 tags, some of them from the console. Take one off there, then try again.")),
    ("40003", _l("The fan does not follow any more, and WeChat had not told us. Nothing to do.")),
    ("49003", _l("The fan does not follow any more, and WeChat had not told us. Nothing to do.")),
    ("45159", _l("Somebody deleted the tag in the console. It is made again by itself.")),
)
OTHERWISE = _l("Try again; if it stays, ask your operator with these words.")


@pages.get("/wechat")
@allowed(Permission.FANS_SEE)
@head_office_only
def wechat() -> str:
    """Show how the account's tags stand at WeChat."""
    served = account()
    account_id = served.id if served else 0
    with reading() as session:
        tags = session.execute(
            select(WeChatTag, Tag)
            .join(Tag, Tag.id == WeChatTag.tag_id)
            .where(WeChatTag.account_id == account_id)
        ).all()
        needed = needs.needed(session, account_id)
        whys: dict[int, list[str]] = {}
        for row in session.execute(select(TagNeed.tag_id, TagNeed.why).filter_by(account_id=account_id)):
            whys.setdefault(row.tag_id, []).append(why(row.why))
        of_account = (Fan.id == WeChatFanTag.fan_id) & (Fan.account_id == account_id)
        refused = select(WeChatFanTag, Fan.openid, Tag.name).join(Fan, of_account)
        refused = refused.join(Tag, Tag.id == WeChatFanTag.tag_id)
        rows = session.execute(refused.where(WeChatFanTag.trouble.is_not(None)).limit(SHOWN + 1)).all()
        waiting = session.scalar(select(func.count()).select_from(TagWish).filter_by(account_id=account_id))
        over = _over(session, account_id, needed)
        missing = sorted(needed - {tag.id for _row, tag in tags})
        unmade = session.scalars(select(Tag).where(Tag.id.in_(missing))).all()
    return render_template(
        "admin/tags/wechat.html",
        account=served,
        tags=tags,
        unmade=unmade,
        whys=whys,
        needed=needed,
        refused=rows[:SHOWN],
        is_more=len(rows) > SHOWN,
        over=over,
        waiting=waiting or 0,
        most=TAGS,
        per_fan=planning.TAGS_PER_FAN,
        remedy=remedy,
    )


def _over(session: ScopedSession, account_id: int, needed: set[int]) -> Sequence[Any]:
    """Return the fans who bear more needed tags than WeChat takes, and how many."""
    if len(needed) <= planning.TAGS_PER_FAN:
        return []
    many = select(FanTag.fan_id, func.count()).join(Fan, Fan.id == FanTag.fan_id)
    many = many.where(Fan.account_id == account_id, FanTag.tag_id.in_(sorted(needed)))
    crowded = many.group_by(FanTag.fan_id).having(func.count() > planning.TAGS_PER_FAN)
    return session.execute(crowded.limit(SHOWN)).all()


@pages.post("/wechat/again")
@allowed(Permission.FANS_TAG)
@head_office_only
def try_again() -> AnyResponse:
    """Have WeChat asked again for everything it would not take."""
    served = account()
    if served is not None:
        now = utc_now()
        with changing() as session:
            count = known.forgive(session, served.id)
            promise(session, needs.make_wish(served.name, now=now), now=now)
            needs.tell(session, served.id, now=now)
            record(
                session, "tag.tried_again", Subject("tag", ""), after={"account": served.name, "tags": count}
            )
        cookies.say(_("WeChat is asked again; look here in a minute."))
    return redirect(url_for("admin.tags.wechat"), 303)


def remedy(trouble: str) -> str:
    """Return what helps against what WeChat said."""
    return str(next((words for code, words in REMEDIES if code in trouble), OTHERWISE))
