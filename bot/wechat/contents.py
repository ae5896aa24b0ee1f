"""What each kind of push carries (protocol §§1.4-1.5)."""

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Text:
    """Written words; `choice` is the id of a tapped msgmenu item, or empty."""

    content: str
    choice: str = ""


@dataclass(frozen=True, slots=True)
class Media:
    """A picture, voice or video; `text` is what WeChat recognised in a voice, usually empty."""

    media_id: str
    url: str = ""
    thumb_media_id: str = ""
    format: str = ""
    text: str = ""


@dataclass(frozen=True, slots=True)
class Place:
    """A position the traveller chose or reported; degrees, None where WeChat sent no number."""

    latitude: float | None
    longitude: float | None
    label: str = ""
    name: str = ""
    key: str = ""


@dataclass(frozen=True, slots=True)
class Link:
    """A shared article or mini-program card."""

    title: str
    url: str
    description: str = ""
    app_id: str = ""


@dataclass(frozen=True, slots=True)
class Subscribe:
    """Someone follows. `scene` is what the scanned code carries, without WeChat's prefix, or empty."""

    scene: str = ""
    ticket: str = ""
    trade: str = ""


@dataclass(frozen=True, slots=True)
class Unsubscribe:
    """Someone leaves."""


@dataclass(frozen=True, slots=True)
class Scan:
    """A fan scans a code again."""

    scene: str
    ticket: str = ""


@dataclass(frozen=True, slots=True)
class Click:
    """A menu button with a key of ours."""

    key: str


@dataclass(frozen=True, slots=True)
class View:
    """A menu button that opened a page or a mini-program."""

    url: str
    menu_id: str = ""


@dataclass(frozen=True, slots=True)
class ScanCode:
    """A menu button that scanned any code."""

    key: str
    result: str
    scan_type: str = ""


@dataclass(frozen=True, slots=True)
class Pictures:
    """A menu button that announced pictures; they follow as messages."""

    key: str
    count: int


@dataclass(frozen=True, slots=True)
class JobFinished:
    """A template message, mass send or publication ended with `status`."""

    job_id: str
    status: str


@dataclass(frozen=True, slots=True)
class MassFinished:
    """A mass send ended with `status`; `msg_id` is 0, and counts are None, where WeChat left them out."""

    msg_id: int
    status: str
    total: int | None = None
    filtered: int | None = None
    sent: int | None = None
    failed: int | None = None


@dataclass(frozen=True, slots=True)
class Notices:
    """What became of subscription notices: one entry per template."""

    entries: tuple[Mapping[str, str], ...]


@dataclass(frozen=True, slots=True)
class AgentSession:
    """A conversation with an agent began, ended, or went from one to another."""

    agent: str
    previous: str = ""


@dataclass(frozen=True, slots=True)
class Card:
    """Something happened to a card or coupon of WeChat's own."""

    card_id: str
    code: str = ""


@dataclass(frozen=True, slots=True)
class ConsentChange:
    """A traveller changed or withdrew what they had granted a page of ours."""

    revoked: str = ""


@dataclass(frozen=True, slots=True)
class Notice:
    """The platform tells the account about its verification."""

    reason: str = ""


@dataclass(frozen=True, slots=True)
class Unknown:
    """A kind this release has not heard of; `name` as WeChat spells it."""

    name: str


Content = (
    Text
    | Media
    | Place
    | Link
    | Subscribe
    | Unsubscribe
    | Scan
    | Click
    | View
    | ScanCode
    | Pictures
    | JobFinished
    | MassFinished
    | Notices
    | AgentSession
    | Card
    | ConsentChange
    | Notice
    | Unknown
)
