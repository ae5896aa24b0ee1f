"""What a member takes with them: a ZIP with a page to read and a document, sealed with their key."""

import io
import zipfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import orjson
from markupsafe import escape
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from bot.consents.models import Consent
from bot.fans.models import Fan
from bot.files import store
from bot.members import identities, people, profiles, referral
from bot.members.models import IdentityKind, Member, PrivacyRequest, RequestState
from bot.messages.models import Message
from bot.organisation.models import Shop
from bot.outbox.promises import Wish, promise
from bot.privacy import Vault, spoken

__all__ = ["NAME", "Chapter", "PrivacyRequest", "ask", "content", "kept", "latest", "put", "said"]
NAME = "我的资料.zip"
PLACE = "privacy_request:file"
KEPT = timedelta(days=7)
KIND = "export"
HERE = ZoneInfo("Asia/Shanghai")

CONSENTS = {"privacy": "个人信息保护说明", "marketing": "接收推广信息"}
KINDS = {"phone": "手机号", "openid": "公众号标识", "unionid": "微信标识", "customer": "门店客户号"}


@dataclass(frozen=True, slots=True)
class Chapter:
    """What a noun above us adds to the file; `bot.jobs` names them."""

    key: str
    title: str
    columns: Mapping[str, str]
    rows: Callable[[Session, int], list[dict[str, Any]]]


def ask(session: Session, *, fan_id: int, now: datetime) -> PrivacyRequest | None:
    """Ask for the member's data; the request that waits already is returned again. None for who is none."""
    fan = session.get_one(Fan, fan_id, with_for_update=True, populate_existing=True)
    if fan.member_id is None:
        return None
    known = latest(session, fan_id)
    if known is not None and known.state == RequestState.WAITING:
        return known
    row = PrivacyRequest(
        member_id=fan.member_id, fan_id=fan_id, kind=KIND, state=RequestState.WAITING.value, asked_at=now
    )
    session.add(row)
    session.flush()
    promise(session, Wish("members.export", {"request_id": row.id}, now), now=now)
    return row


def latest(session: Session, fan_id: int) -> PrivacyRequest | None:
    """Return what the fan's member asked for last."""
    member_id = session.scalar(select(Fan.member_id).where(Fan.id == fan_id))
    wanted = select(PrivacyRequest).where(PrivacyRequest.member_id == member_id, PrivacyRequest.kind == KIND)
    return session.scalar(wanted.order_by(PrivacyRequest.id.desc()).limit(1)) if member_id else None


def content(session: Session, vault: Vault, request: PrivacyRequest) -> bytes | None:
    """Return the ZIP of a finished request; None once it is gone."""
    member = session.get_one(Member, request.member_id)
    key = identities.key_of(vault, member)
    if request.file_id is None or key is None or store.about(session, request.file_id) is None:
        return None
    return key.open_bytes(store.content(session, request.file_id), PLACE)


def put(
    session: Session,
    vault: Vault,
    request: PrivacyRequest,
    *,
    now: datetime,
    more: Sequence[Chapter] = (),
) -> None:
    """Make the file of a waiting request, kept for a week. One that is not waiting stays as it is."""
    if request.state != RequestState.WAITING:
        return
    member = session.get_one(Member, request.member_id)
    key = identities.key_of(vault, member)
    if key is None:
        request.state, request.done_at = RequestState.FAILED.value, now
        return
    found = gather(session, vault, member.id) | {one.key: one.rows(session, member.id) for one in more}
    sealed = key.seal_bytes(_zipped(found, now, more), PLACE)
    file = store.put(
        session,
        sealed,
        name="export.sealed",
        media_type="application/octet-stream",
        now=now,
        keep_until=now + KEPT,
    )
    request.file_id, request.state, request.done_at = file.id, RequestState.DONE.value, now


def kept(session: Session, vault: Vault, fan_id: int) -> list[tuple[str, str]]:
    """Return what is kept of a fan, a member or not, as (what, how it is shown to them)."""
    fan = session.get_one(Fan, fan_id)
    count = session.scalar(select(func.count(Message.id)).where(Message.fan_id == fan_id)) or 0
    rows = [
        ("公众号标识（OpenID）", f"{fan.openid[:4]}…{fan.openid[-4:]}"),
        ("第一次来到这里", said(fan.first_touch_at or fan.created_at)),
        ("您的门店", _shop(session, fan.last_shop_id)),
        ("发来的消息", f"{count} 条"),
    ]
    if fan.unionid:
        rows.insert(1, ("微信标识（UnionID）", f"{fan.unionid[:4]}…{fan.unionid[-4:]}"))
    card = people.of_fan(session, vault, fan_id)
    if card is not None:
        told = profiles.of(vault, session.get_one(Member, card.member_id))
        rows += [
            ("会员编号", card.number),
            ("手机号", card.phone),
            ("姓名", card.name or "未填写"),
            ("生日", card.birthday.isoformat() if card.birthday else "未填写"),
            ("常住城市", told.city or "未填写"),
            ("旅行兴趣", told.interests_said or "未填写"),
        ]
    return rows


def gather(session: Session, vault: Vault, member_id: int) -> dict[str, Any]:
    """Return all we keep of the member and of those merged into them, in clear."""
    family = identities.family(session, member_id)
    members = [session.get_one(Member, one) for one in family]
    fans = session.scalars(select(Fan).where(Fan.member_id == member_id).order_by(Fan.id)).all()
    known = []
    for row in identities.held(session, family):
        value = identities.value_of(session, vault, row) or ""
        shown = spoken(value) if row.kind == IdentityKind.PHONE else value
        known.append({"kind": row.kind, "issuer": row.issuer, "value": shown, "since": said(row.added_at)})
    agreed = session.scalars(select(Consent).where(Consent.member_id.in_(family)).order_by(Consent.id))
    return {
        "member": [
            {
                "number": one.number,
                "name": people.name_of(vault, one),
                "birthday": str(people.birthday_of(vault, one) or ""),
                "city": (told := profiles.of(vault, one)).city,
                "interests": told.interests_said,
                "since": said(one.created_at),
                "shop": _shop(session, one.home_shop_id),
            }
            for one in members
        ],
        "identities": known,
        "consents": [
            {
                "what": CONSENTS.get(one.kind, one.kind),
                "version": one.policy_version,
                "given": said(one.given_at),
                "withdrawn": said(one.withdrawn_at),
            }
            for one in agreed
        ],
        "follows": [
            {
                "openid": fan.openid,
                "followed": said(fan.followed_at),
                "shop": _shop(session, fan.last_shop_id),
            }
            for fan in fans
        ],
        "messages": _messages(session, [fan.id for fan in fans]),
        "brought": len(referral.brought(session, member_id)),
    }


def _messages(session: Session, fan_ids: Sequence[int]) -> list[dict[str, Any]]:
    rows = select(Message.sent_at, Message.kind, Message.fields).where(Message.fan_id.in_(fan_ids))
    return [
        {"at": said(sent_at), "kind": kind, "text": str(fields.get("Content", ""))}
        for sent_at, kind, fields in session.execute(rows.order_by(Message.id.desc()).limit(5000))
    ]


def _zipped(found: Mapping[str, Any], now: datetime, more: Sequence[Chapter]) -> bytes:
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("我的资料.html", _page(found, now, more))
        archive.writestr("data.json", orjson.dumps(found, option=orjson.OPT_INDENT_2))
    return made.getvalue()


def _page(found: Mapping[str, Any], now: datetime, more: Sequence[Chapter]) -> str:
    tables = (
        (
            "会员",
            found["member"],
            {
                "number": "编号",
                "name": "姓名",
                "birthday": "生日",
                "city": "常住城市",
                "interests": "旅行兴趣",
                "since": "始于",
                "shop": "门店",
            },
        ),
        (
            "您的标识",
            found["identities"],
            {"kind": "种类", "issuer": "来自", "value": "内容", "since": "始于"},
        ),
        (
            "您的同意",
            found["consents"],
            {"what": "内容", "version": "版本", "given": "同意于", "withdrawn": "撤回于"},
        ),
        ("关注的公众号", found["follows"], {"openid": "OpenID", "followed": "关注于", "shop": "门店"}),
        *((one.title, found[one.key], one.columns) for one in more),
        ("您的消息", found["messages"], {"at": "时间", "kind": "种类", "text": "内容"}),
    )
    parts = [f"<p>制作于 {said(now)}。您推荐了 {found['brought']} 位会员。</p>"]
    for title, rows, columns in tables:
        head = "".join(f"<th>{escape(name)}</th>" for name in columns.values())
        body = "".join(
            "<tr>" + "".join(f"<td>{escape(_cell(name, row[name]))}</td>" for name in columns) + "</tr>"
            for row in rows
        )
        parts.append(f"<h2>{title}</h2><table border=1><tr>{head}</tr>{body}</table>")
    return (
        f"<!doctype html><html lang=zh-CN><meta charset=utf-8><title>我的资料</title>{''.join(parts)}</html>"
    )


def _cell(name: str, value: Any) -> str:
    return KINDS.get(str(value), str(value)) if name == "kind" else str(value)


def _shop(session: Session, shop_id: int | None) -> str:
    return (session.scalar(select(Shop.name).where(Shop.id == shop_id)) or "") if shop_id else "尚无"


def said(moment: datetime | None) -> str:
    """Return the moment as the file says it, in Shanghai; empty for none."""
    return moment.astimezone(HERE).strftime("%Y-%m-%d %H:%M") if moment else ""
