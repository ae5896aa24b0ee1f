"""The two lists that grow to millions, as sheets: their columns, and what stands in a row."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from flask_babel import LazyString
from flask_babel import lazy_gettext as _l
from sqlalchemy import Select, select
from sqlalchemy.orm import InstrumentedAttribute

from admin import fans, message_words, messages
from admin.broadcasts import sheet as recipients
from admin.formats import exact
from admin.scanning import Bounds
from bot.broadcasts.models import MassRecipient
from bot.db.scoped import ScopedSession
from bot.fans.models import Fan
from bot.messages.models import Message
from bot.organisation.models import Shop
from bot.reach.models import ReachNotice
from bot.sheets import Column
from bot.sheets.writing import Row
from bot.tags import finding

FANS = (
    Column("openid", "OpenID", "OpenID", width=32),
    Column("account", "公众号", "Account"),
    Column("standing", "关注状态", "Standing"),
    Column("shop", "门店", "Shop", width=24),
    Column("scene", "来源场景", "Scene", width=20),
    Column("followed", "关注时间", "Followed", width=20),
    Column("seen", "最近互动", "Last seen", width=20),
    Column("messages", "消息数", "Messages", is_text=False, width=10),
)
MESSAGES = (
    Column("at", "时间", "When", width=20),
    Column("openid", "OpenID", "OpenID", width=32),
    Column("account", "公众号", "Account"),
    Column("kind", "类型", "Kind"),
    Column("said", "内容", "What they said", width=48),
    Column("reply", "回复", "Answer", width=48),
    Column("answered", "由谁回复", "Answered by"),
)


@dataclass(frozen=True, slots=True)
class List:
    """One list: what the filters leave, by which key it goes, where it begins, and its rows as cells."""

    name: str
    title: LazyString
    columns: tuple[Column, ...]
    filters: tuple[str, ...]
    by: InstrumentedAttribute[int]
    wanted: Callable[[ScopedSession, Mapping[str, str]], Select[Any]]
    bounds: Callable[[ScopedSession, Mapping[str, str]], Bounds | None]
    rows: Callable[[ScopedSession, Sequence[Any]], list[Row]]


def _fan_rows(session: ScopedSession, found: Sequence[Fan]) -> list[Row]:
    shop_ids = {one.last_shop_id for one in found if one.last_shop_id}
    shops = {one.id: one.name for one in session.scalars(select(Shop).where(Shop.id.in_(shop_ids)))}
    accounts = fans.account_names()
    return [
        {
            "openid": one.openid,
            "account": accounts.get(one.account_id, ""),
            "standing": str(fans.STANDINGS.get(one.standing, one.standing)),
            "shop": shops.get(one.last_shop_id or 0, ""),
            "scene": one.last_scene or "",
            "followed": exact(one.followed_at),
            "seen": exact(one.last_interaction_at),
            "messages": one.message_count,
        }
        for one in found
    ]


def _message_rows(session: ScopedSession, found: Sequence[Message]) -> list[Row]:
    fan_ids = {one.fan_id for one in found if one.fan_id}
    known = {one.id: one.openid for one in session.scalars(select(Fan).where(Fan.id.in_(fan_ids)))}
    accounts = fans.account_names()
    return [
        {
            "at": exact(one.sent_at),
            "openid": known.get(one.fan_id or 0, ""),
            "account": accounts.get(one.account_id, ""),
            "kind": str(message_words.kind(one.kind)),
            "said": str(message_words.said(one)),
            "reply": str(message_words.reply(one.reply)),
            "answered": str(message_words.by(one)) if message_words.answered(one) else "",
        }
        for one in found
    ]


LISTS = {
    one.name: one
    for one in (
        List(
            "fans",
            _l("Fans"),
            FANS,
            finding.NAMES,
            Fan.id,
            fans.wanted_by,
            lambda _session, _asked: None,
            _fan_rows,
        ),
        List(
            "messages",
            _l("Messages"),
            MESSAGES,
            ("account", "fan", "fans", "kind", "answered", "since", "until", "q"),
            Message.id,
            lambda _session, asked: messages.wanted_by(asked),
            messages.bounds_of,
            _message_rows,
        ),
        *(
            List(
                name,
                _l("Recipients"),
                recipients.COLUMNS,
                recipients.FILTERS,
                by,
                recipients.wanted,
                recipients.bounds,
                recipients.rows,
            )
            for name, by in (("broadcast_notices", ReachNotice.id), ("broadcast_mass", MassRecipient.id))
        ),
    )
}
