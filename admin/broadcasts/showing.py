"""One broadcast: what it says, whom it is for, what it would come to, and what it has come to."""

from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from typing import Any

from flask import render_template
from sqlalchemy import select

from admin.access import allowed
from admin.broadcasts import reach_words, trying, words
from admin.broadcasts.blueprint import pages
from admin.broadcasts.progress import STEPS, facts_of
from admin.choices import accounts
from admin.office import find, reading, runtime, visitor
from admin.replies import words as reply_words
from admin.segments import words as segment_words
from admin.segments.names import names_in
from bot.broadcasts import audience, deciding, estimating
from bot.broadcasts.estimating import Estimate
from bot.broadcasts.models import Broadcast, Way
from bot.coupons.models import CouponTemplate
from bot.db import utc_now
from bot.db.scoped import ScopedSession
from bot.errors import YizhanError
from bot.links import keeping
from bot.materials.models import Material
from bot.reach.models import RouteName
from bot.segments.models import Segment
from bot.users.roles import Permission

MASS_QUOTAS = {
    Way.MASS_OPENIDS.value: "/cgi-bin/message/mass/send",
    Way.MASS_TAG.value: "/cgi-bin/message/mass/sendall",
}
ROUTE_QUOTAS = {
    RouteName.CUSTOM.value: "/cgi-bin/message/custom/send",
    RouteName.SUBSCRIPTION.value: "/cgi-bin/message/subscribe/bizsend",
    RouteName.TEMPLATE.value: "/cgi-bin/message/template/send",
}


@dataclass(frozen=True, slots=True)
class Quota:
    """How many calls of a kind it takes, and how many of them WeChat, or our own limit, still has today."""

    route: str
    calls: int
    left: int

    @property
    def is_short(self) -> bool:
        """Whether some of it has to wait for the quota to open again."""
        return self.calls > self.left


@pages.get("/<int:key>")
@allowed(Permission.BROADCASTS_SEE)
def show(key: int) -> str:
    """Show one broadcast with what can be done to it now."""
    with reading() as session:
        row = find(session, Broadcast, key)
        return render_template("admin/broadcasts/show.html", **_facts(session, row))


@pages.get("/<int:key>/estimate")
@allowed(Permission.BROADCASTS_SEE)
def estimate(key: int) -> str:
    """Reckon what it would come to if it began now: who is reached by what, and who is left out and why."""
    with reading() as session:
        row = find(session, Broadcast, key)
    now = utc_now()
    with runtime.db.reading() as session:
        scope = audience.scope_of(session, row)
        said = audience.conditions(session, row)
    rate = runtime.config.reach.calls_per_second
    reckoned = partial(estimating.estimate, broadcast=row, said=said, now=now, rate=rate)
    found = runtime.surveys.take(scope, reckoned)
    return render_template(
        "admin/broadcasts/estimate.html",
        found=found,
        row=row,
        quotas=list(_quotas(row, found)),
        reach_words=reach_words,
    )


def _quotas(row: Broadcast, found: Estimate) -> Iterator[Quota]:
    """Yield what the estimate takes of each of today's quotas; what WeChat does not tell is missing."""
    asked = {route: (path, found.routes[route]) for route, path in ROUTE_QUOTAS.items()}
    if row.way in MASS_QUOTAS:
        asked = {"": (MASS_QUOTAS[row.way], found.calls)}
    with suppress(YizhanError, KeyError):
        line = runtime.wechat.of(runtime.account_by_id(row.account_id).name)
        for route, (path, calls) in asked.items():
            if calls:
                left = line.quota(path)["remain"]
                ours = found.templates_left if route == RouteName.TEMPLATE else None
                yield Quota(route, calls, left if ours is None else min(left, ours))


def _facts(session: ScopedSession, row: Broadcast) -> dict[str, Any]:
    names = names_in(session)
    segment = session.get(Segment, row.segment_id) if row.segment_id else None
    titles = {
        one.id: one.title for one in session.scalars(select(Material).order_by(Material.id.desc()).limit(500))
    }
    found = keeping.addresses(session, row.content.get("links", ()))
    is_open = row.state in {one.value for one in deciding.OPEN}
    return {
        "row": row,
        "words": words,
        "said": reply_words.said(row.content.get("answer"), titles),
        "coupon": _coupon_name(session, row.content.get("coupon")),
        "links": [found[one] for one in row.content.get("links", ()) if one in found],
        "place": words.place(row, names.of),
        "segment": segment,
        "tag": names.of["tag"].get(row.tag_id or 0),
        "sentence": segment_words.sentence(audience.conditions(session, row), names),
        "account_name": {one.id: one.name for one in accounts()}.get(row.account_id, f"#{row.account_id}"),
        "steps": STEPS,
        "is_open": is_open,
        "is_mine_to_approve": deciding.may_approve(row, visitor.user_id),
        "colleagues": trying.colleagues(session, row.account_id) if is_open else [],
        **facts_of(session, row),
    }


def _coupon_name(session: ScopedSession, key: int | None) -> str:
    row = session.get(CouponTemplate, key) if key is not None else None
    return row.name if row is not None else ""
