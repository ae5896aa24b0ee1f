"""Words for channels: kinds, states, purposes, whom a welcome is for, and what is wrong with a file."""

from collections.abc import Mapping
from typing import Any

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from admin.replies import words as reply_words
from bot.channels.models import Channel, Purpose

KINDS = {"permanent": _l("Permanent"), "temporary": _l("Temporary, renewed")}
STATES = {"active": (_l("In use"), "good"), "retired": (_l("Retired"), "")}
PURPOSES = {
    "wall": _l("Poster, stand or sign (printed)"),
    "handout": _l("Flyer or card (printed)"),
    "product": _l("On a product or contract (printed)"),
    "screen": _l("On a screen"),
    "online": _l("In articles and chats"),
    "staff": _l("Shown by staff"),
    "event": _l("At an event"),
}
WHOM = {
    "new": _l("New fans"),
    "returning": _l("Fans who return"),
    "following": _l("Fans who scan again"),
    "member": _l("Members"),
}
LAYOUTS = {
    "1": _l("One to a sheet (A4)"),
    "6": _l("6 to a sheet, 90 mm wide"),
    "12": _l("12 to a sheet, 58 mm wide"),
    "24": _l("24 to a sheet, 42 mm wide"),
}
LOGOS = {"": _l("Without a logo"), "ours": _l("With our lantern"), "own": _l("With a logo of our own")}
BAD_LOGO = {
    "too_large": _l("The logo is larger than 1 MB."),
    "too_many_pixels": _l("The logo has more than four million pixels; make it smaller."),
    "not_a_picture": _l("This is no PNG, JPEG or WebP picture."),
}
BAD_SHEET = {
    "too_large": _l("The file is larger than 4 MB, or unpacks to more than 60 MB."),
    "not_xlsx": _l("This is no Excel file (.xlsx). Save it as .xlsx and choose it again."),
    "unreadable": _l("Excel's file cannot be read. Save it again as .xlsx, without a password."),
    "no_name": _l("The first row must name the columns; a column called 名称 or Name is needed."),
    "empty": _l("There is no row below the heading."),
    "too_many_rows": _l("At most 10,000 rows at a time."),
}
DEEDS = {
    "follow": _l("followed"),
    "return": _l("came back"),
    "scan": _l("scanned"),
    "leave": _l("left"),
    "bind": _l("bound a telephone"),
}
FIELDS = {
    "name": _l("Its name"),
    "shop_id": _l("Shop"),
    "staff_id": _l("Staff"),
    "group_id": _l("Group"),
    "campaign_id": _l("Campaign"),
    "desk_shop_id": _l("Desk"),
    "purpose": _l("Purpose"),
    "place": _l("Where it hangs"),
    "note": _l("Note"),
    "is_test": _l("Test code"),
    "welcome": _l("Welcome"),
    "welcomes": _l("Welcomes by whom and when"),
    "fan_tags": _l("Tags for fans"),
    "member_tags": _l("Tags for members"),
}


def is_printed(row: Channel) -> bool:
    """Tell whether pictures of the channel are printed."""
    return row.purpose in set(Purpose) and Purpose(row.purpose).is_printed


def variant(found: Mapping[str, Any]) -> str:
    """Say whom and when a variant of the welcome is for."""
    parts = [str(_(", ")).join(str(WHOM[one]) for one in found.get("whom") or ())]
    if found.get("weekdays"):
        parts.append(" ".join(str(reply_words.WEEKDAYS[digit]) for digit in found["weekdays"]))
    if found.get("from_time") or found.get("until_time"):
        parts.append(f"{found.get('from_time') or '00:00'}–{found.get('until_time') or '24:00'}")
    return " · ".join(part for part in parts if part) or str(_("Everybody, always"))


def value(name: str, of: Any, names: Mapping[str, Mapping[int, str]]) -> str:
    """Say what stands in a field of a channel, for comparing two versions."""
    if of in (None, "", []):
        return "—"
    if name in names:
        known = names[name]
        return str(_(", ")).join(known.get(one, f"#{one}") for one in (of if isinstance(of, list) else [of]))
    if name == "welcome":
        return reply_words.said(of)
    if name == "welcomes":
        return "\n".join(f"{variant(one)}: {reply_words.said(one['reply'])}" for one in of)
    if name == "is_test":
        return str(_("Yes") if of else _("No"))
    return str(PURPOSES.get(of, of)) if name == "purpose" else str(of)
