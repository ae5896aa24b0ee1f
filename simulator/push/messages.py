"""What is pushed: a function per kind of message, fields in WeChat's order (protocol §1.4, §1.5)."""

from dataclasses import dataclass
from typing import Any

Fields = dict[str, Any]

# The traveller waits for an answer to these, so silence of the server is shown in the chat.
AWAITED_EVENTS = {
    "subscribe",
    "SCAN",
    "CLICK",
    "scancode_waitmsg",
    "pic_sysphoto",
    "pic_photo_or_album",
    "pic_weixin",
    "location_select",
}


@dataclass
class Push:
    """One message or event on its way to the bot of an account."""

    account: str
    traveller: str
    openid: str
    fields: Fields
    kf_account: str = ""  # the agent whose session it belongs to
    answered: bool = False  # a reply was taken; those to further deliveries are not shown

    @property
    def type(self) -> str:
        """MsgType."""
        return str(self.fields.get("MsgType", ""))

    @property
    def event(self) -> str:
        """Event, empty for a message."""
        return str(self.fields.get("Event", ""))

    @property
    def key(self) -> str:
        """What tells this push from all others (protocol §1.3)."""
        if "MsgId" in self.fields:
            return str(self.fields["MsgId"])
        parts = ("FromUserName", "CreateTime", "Event", "EventKey", "MsgID")
        return "+".join(str(self.fields[each]) for each in parts if self.fields.get(each) not in (None, ""))

    @property
    def is_awaited(self) -> bool:
        """Whether the traveller sees it when nothing answers."""
        return self.type != "event" or self.event in AWAITED_EVENTS


def text(content: str, menu_item: str = "") -> Fields:
    """A text; `menu_item` is the id of the msgmenu item that was tapped."""
    return {"MsgType": "text", "Content": content, **({"bizmsgmenuid": menu_item} if menu_item else {})}


def picture(url: str, media_id: str) -> Fields:
    """A picture the traveller sent."""
    return {"MsgType": "image", "PicUrl": url, "MediaId": media_id}


def voice(media_id: str, format_: str = "amr", recognition: str | None = None) -> Fields:
    """A voice message; what was recognised only when the account has that switched on."""
    heard = {} if recognition is None else {"Recognition": recognition}
    return {"MsgType": "voice", "MediaId": media_id, "Format": format_, **heard}


def film(kind: str, media_id: str, thumb_media_id: str) -> Fields:
    """A video or shortvideo."""
    return {"MsgType": kind, "MediaId": media_id, "ThumbMediaId": thumb_media_id}


def place(latitude: float, longitude: float, scale: int, label: str) -> Fields:
    """A place the traveller sent."""
    where = {"Location_X": latitude, "Location_Y": longitude, "Scale": scale, "Label": label}
    return {"MsgType": "location", **where}


def link(title: str, description: str, url: str) -> Fields:
    """A link the traveller sent."""
    return {"MsgType": "link", "Title": title, "Description": description, "Url": url}


def event(name: str, key: str | None = None, **rest: Any) -> Fields:
    """Any event; `key` is its EventKey, left out when None."""
    return {"MsgType": "event", "Event": name, **({} if key is None else {"EventKey": key}), **rest}


def pictures_taken(name: str, key: str, digests: list[str]) -> Fields:
    """A camera or album button; the pictures themselves follow as messages."""
    items = [{"PicMd5Sum": each} for each in digests]
    return event(name, key, SendPicsInfo={"Count": len(digests), "PicList": {"item": items}})


def place_chosen(key: str, latitude: float, longitude: float, label: str, name: str) -> Fields:
    """The location_select button."""
    where = {"Location_X": latitude, "Location_Y": longitude, "Scale": 15, "Label": label, "Poiname": name}
    return event("location_select", key, SendLocationInfo=where)
