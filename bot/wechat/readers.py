"""How each kind of push is read from its nodes. A field that is missing or odd becomes empty."""

from collections.abc import Callable, Mapping
from typing import Any

from bot.wechat.contents import (
    AgentSession,
    Card,
    Click,
    ConsentChange,
    Content,
    JobFinished,
    Link,
    MassFinished,
    Media,
    Notice,
    Notices,
    Pictures,
    Place,
    Scan,
    ScanCode,
    Subscribe,
    Text,
    Unsubscribe,
    View,
)

Fields = Mapping[str, Any]
QR_PREFIX = "qrscene_"
TRADE_PREFIX = "last_trade_no_"


def _text(fields: Fields, *names: str) -> str:
    for name in names:
        value = fields.get(name)
        if isinstance(value, str) and value:
            return value
    return ""


def _inside(fields: Fields, name: str) -> Fields:
    value = fields.get(name)
    return value if isinstance(value, dict) else {}


def _degrees(fields: Fields, name: str) -> float | None:
    try:
        value = float(_text(fields, name))
    except ValueError:
        return None
    return value if -180 <= value <= 180 else None


def _text_message(fields: Fields) -> Text:
    return Text(_text(fields, "Content"), _text(fields, "bizmsgmenuid"))


def _media(fields: Fields) -> Media:
    return Media(
        media_id=_text(fields, "MediaId"),
        url=_text(fields, "PicUrl"),
        thumb_media_id=_text(fields, "ThumbMediaId"),
        format=_text(fields, "Format"),
        text=_text(fields, "Recognition"),
    )


def _location(fields: Fields) -> Place:
    latitude, longitude = _degrees(fields, "Location_X"), _degrees(fields, "Location_Y")
    return Place(latitude, longitude, _text(fields, "Label"), _text(fields, "Poiname"))


def _location_event(fields: Fields) -> Place:
    return Place(_degrees(fields, "Latitude"), _degrees(fields, "Longitude"))


def _location_choice(fields: Fields) -> Place:
    place = _location(_inside(fields, "SendLocationInfo"))
    return Place(place.latitude, place.longitude, place.label, place.name, _text(fields, "EventKey"))


def _link(fields: Fields) -> Link:
    return Link(_text(fields, "Title"), _text(fields, "Url"), _text(fields, "Description"))


def _mini_program(fields: Fields) -> Link:
    return Link(_text(fields, "Title"), _text(fields, "PagePath"), app_id=_text(fields, "AppId"))


def _subscribe(fields: Fields) -> Subscribe:
    key = _text(fields, "EventKey")
    ticket = _text(fields, "Ticket")
    if key.startswith(QR_PREFIX):
        return Subscribe(scene=key.removeprefix(QR_PREFIX), ticket=ticket)
    return Subscribe(trade=key.removeprefix(TRADE_PREFIX) if key.startswith(TRADE_PREFIX) else "")


def _unsubscribe(_fields: Fields) -> Unsubscribe:
    return Unsubscribe()


def _scan(fields: Fields) -> Scan:
    return Scan(_text(fields, "EventKey"), _text(fields, "Ticket"))


def _click(fields: Fields) -> Click:
    return Click(_text(fields, "EventKey"))


def _view(fields: Fields) -> View:
    return View(_text(fields, "EventKey"), _text(fields, "MenuId"))


def _scan_code(fields: Fields) -> ScanCode:
    inner = _inside(fields, "ScanCodeInfo")
    return ScanCode(_text(fields, "EventKey"), _text(inner, "ScanResult"), _text(inner, "ScanType"))


def _pictures(fields: Fields) -> Pictures:
    count = _text(_inside(fields, "SendPicsInfo"), "Count")
    return Pictures(_text(fields, "EventKey"), int(count) if count.isascii() and count.isdigit() else 0)


def _job(fields: Fields) -> JobFinished:
    return JobFinished(_text(fields, "MsgID", "MsgId"), _text(fields, "Status"))


def _mass(fields: Fields) -> MassFinished:
    counts = [_count(fields, f"{name}Count") for name in ("Total", "Filter", "Sent", "Error")]
    return MassFinished(_count(fields, "MsgID") or 0, _text(fields, "Status"), *counts)


def _count(fields: Fields, name: str) -> int | None:
    text = _text(fields, name)
    return int(text) if text.isascii() and text.isdigit() and len(text) < 19 else None


def _publication(fields: Fields) -> JobFinished:
    inner = _inside(fields, "PublishEventInfo")
    return JobFinished(_text(inner, "publish_id"), _text(inner, "publish_status"))


def _notices(fields: Fields) -> Notices:
    """Read one wrapper with repeated lists, or repeated wrappers: SDKs have met both (protocol §1.5)."""
    entries: list[Mapping[str, str]] = []
    for value in fields.values():
        for wrapper in value if isinstance(value, list) else [value]:
            rows = wrapper.get("List") if isinstance(wrapper, dict) else None
            found = rows if isinstance(rows, list) else [rows]
            entries.extend(row for row in found if isinstance(row, dict))
    return Notices(tuple(entries))


def _agent_session(fields: Fields) -> AgentSession:
    return AgentSession(_text(fields, "ToKfAccount", "KfAccount"), _text(fields, "FromKfAccount"))


def _card(fields: Fields) -> Card:
    return Card(_text(fields, "CardId"), _text(fields, "UserCardCode"))


def _consent(fields: Fields) -> ConsentChange:
    return ConsentChange(_text(fields, "RevokeInfo"))


def _notice(fields: Fields) -> Notice:
    return Notice(_text(fields, "FailReason"))


def _events(names: str, read: Callable[[Fields], Content]) -> dict[str, Callable[[Fields], Content]]:
    return {f"event.{name}": read for name in names.split()}


READERS: dict[str, Callable[[Fields], Content]] = {
    "text": _text_message,
    "image": _media,
    "voice": _media,
    "video": _media,
    "shortvideo": _media,
    "location": _location,
    "link": _link,
    "miniprogrampage": _mini_program,
    **_events("subscribe", _subscribe),
    **_events("unsubscribe", _unsubscribe),
    **_events("scan", _scan),
    **_events("location", _location_event),
    **_events("click", _click),
    **_events("view view_miniprogram", _view),
    **_events("scancode_push scancode_waitmsg", _scan_code),
    **_events("pic_sysphoto pic_photo_or_album pic_weixin", _pictures),
    **_events("location_select", _location_choice),
    **_events("templatesendjobfinish", _job),
    **_events("masssendjobfinish", _mass),
    **_events("publishjobfinish", _publication),
    **_events("subscribe_msg_popup_event subscribe_msg_change_event subscribe_msg_sent_event", _notices),
    **_events("kf_create_session kf_close_session kf_switch_session", _agent_session),
    **_events("card_pass_check card_not_pass_check user_get_card user_gifting_card user_del_card", _card),
    **_events(
        "user_consume_card user_pay_from_pay_cell user_view_card card_sku_remind card_pay_order", _card
    ),
    **_events("user_enter_session_from_card update_member_card submit_membercard_user_info", _card),
    **_events("user_info_modified user_authorization_revoke user_authorization_cancellation", _consent),
    **_events("qualification_verify_success qualification_verify_fail naming_verify_success", _notice),
    **_events("naming_verify_fail annual_renew verify_expired", _notice),
}
