"""Plain functions that make what a test needs."""

from dataclasses import replace
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from bot.channels.models import Channel
from bot.config import AccountConfig, Config, DatabaseConfig, RedisConfig, WebhookConfig, WeChatConfig
from bot.db import Database, utc_now
from bot.db.revisions import bump
from bot.desk import presence
from bot.fans.models import Fan
from bot.messages.models import Message
from bot.organisation.models import Branch, Shop
from bot.outbox.models import Promise
from bot.replies import rules
from bot.replies.models import AutoReply
from bot.tags.models import Tag

AES_KEY = "abcdefghijklmnopqrstuvwxyz0123456789ABCDEFG"
NOWHERE = "http://127.0.0.1:9"  # discard: nothing listens there


def account(name: str = "head", **changes: Any) -> AccountConfig:
    made = AccountConfig(
        name=name,
        app_id=f"wx_{name.replace('-', '_')}_0001",
        app_secret="s" * 32,
        token="simtoken2026",
        encoding_aes_key=AES_KEY,
        mode="plain",
    )
    return replace(made, **changes)


def config(
    url: str, *accounts: AccountConfig, redis_url: str = "unix:///nonexistent/redis.sock", **webhook: Any
) -> Config:
    return Config(
        database=DatabaseConfig(url=url, sqlite_synchronous="normal"),
        redis=RedisConfig(url=redis_url),
        wechat=WeChatConfig(api_base=NOWHERE, timeout_seconds=0.5),
        webhook=WebhookConfig(**webhook),
        accounts=accounts or (account(),),
    )


def rule(db: Database, **facts: Any) -> int:
    """Add an auto-reply; returns its id."""
    content = facts.pop("content", None)
    values: dict[str, Any] = {
        "account_id": None,
        "title": "rule",
        "trigger": "keyword",
        "match": "exact",
        "words": [],
        "reply": {"type": "text", "content": content} if content is not None else None,
        "follow_ups": [],
        "priority": 0,
        "enabled": True,
    }
    row = AutoReply(**{**values, **facts})
    with db.transaction() as session:
        rules.save(session, row)
        session.flush()
        return row.id


def shop(db: Database, name: str = "上海人民广场店", branch: str = "上海分公司") -> int:
    with db.transaction() as session:
        parent = session.scalar(select(Branch).filter_by(name=branch))
        if parent is None:
            parent = Branch(name=branch, city="上海")
            session.add(parent)
            session.flush()
        row = Shop(
            branch_id=parent.id,
            name=name,
            address="黄浦区南京西路100号",
            phone="021-55500001",
            hours="9:00-20:00",
            latitude=31.23,
            longitude=121.47,
        )
        session.add(row)
        bump(session, "shops")
        session.flush()
        return row.id


def channel(
    db: Database, scene: str, *, account_id: int, shop_id: int | None = None, welcome: str | None = None
) -> int:
    with db.transaction() as session:
        row = Channel(
            account_id=account_id,
            scene=scene,
            name=scene,
            shop_id=shop_id,
            welcome={"type": "text", "content": welcome} if welcome else None,
            created_at=utc_now(),
        )
        session.add(row)
        session.flush()
        return row.id


def online(db: Database, account_id: int, *agents: str) -> None:
    with db.transaction() as session:
        presence.note(session, account_id=account_id, online=agents, now=utc_now())


def tag(session: Session, name: str, **facts: Any) -> Tag:
    """Return the tag of that name, made if it is not there: the server makes its own as it starts."""
    row = session.scalar(select(Tag).filter_by(name=name))
    if row is None:
        row = Tag(**{"name": name, "kind": "manual", "created_at": utc_now(), **facts})
        session.add(row)
        session.flush()
    return row


def fans(db: Database) -> dict[str, Fan]:
    with db.reading() as session:
        return {fan.openid: fan for fan in session.scalars(select(Fan))}


def messages(db: Database) -> list[Message]:
    with db.reading() as session:
        return list(session.scalars(select(Message).order_by(Message.id)))


def promises(db: Database) -> list[Promise]:
    with db.reading() as session:
        return list(session.scalars(select(Promise).order_by(Promise.id)))
