"""Words for materials: kinds, why a file is not taken, and how things stand at WeChat."""

from typing import Any

from flask import current_app, url_for
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from bot.materials import pictures, recordings
from bot.materials.models import ArticleAtWeChat, ArticleState, Kind, MaterialAtWeChat, MaterialUse
from bot.materials.refusing import NotTaken

MB = 1024 * 1024
KINDS = {
    "image": _l("Picture"),
    "article": _l("Article"),
    "voice": _l("Voice"),
    "video": _l("Video"),
    "thumb": _l("Music thumb"),
}
TAKES = {
    "image": _l("JPEG, PNG or WebP, at most %(n)s MB and 25 million pixels", n=pictures.LARGEST // MB),
    "voice": _l("MP3 or AMR, at most %(n)s MB and 60 seconds", n=recordings.VOICE_LARGEST // MB),
    "video": _l("MP4, at most %(n)s MB", n=recordings.VIDEO_LARGEST // MB),
    "thumb": _l("any picture; it is made a JPEG of at most 64 KB"),
}
WHY = {
    "empty": _l("The file is empty. Choose it again."),
    "too_large": _l("WeChat takes at most %(megabytes)s MB. Make it smaller, then send it again."),
    "too_long": _l("WeChat takes at most %(seconds)s seconds. Cut it, then send it again."),
    "too_many_pixels": _l(
        "The picture has too many pixels. At most %(pixels)s million and 12,000 a side; make it smaller."
    ),
    "no_picture": _l(
        "This is no JPEG, PNG or WebP picture, whatever its name says. Save it as one of these."
    ),
    "no_voice": _l("This is no MP3 or AMR recording, whatever its name says. Save it as one of these."),
    "no_video": _l("This is no MP4 film, whatever its name says. Save it as MP4."),
    "a_page": _l("This is a web page or an SVG drawing. These can carry programs; save it as PNG or JPEG."),
    "a_program": _l("Something that looks like a program is hidden in this picture, so it is not taken."),
    "gif": _l("WeChat shows no GIF in replies. Save it as PNG or JPEG, or as an MP4 film if it moves."),
    "moves": _l("This picture moves, and WeChat's replies do not. Save one picture of it, or an MP4 film."),
    "broken": _l("The file is damaged or not complete. Save it again with another program."),
}
LIFETIMES = {
    "permanent": _l("permanent"),
    "temporary": _l("temporary, three days"),
    "inline": _l("inside articles"),
}
PLACES = {
    "asking": (_l("on its way"), "info"),
    "there": (_l("there"), "good"),
    "refused": (_l("refused"), "bad"),
}
ARTICLES = {
    "wanted": (_l("on its way"), "info"),
    "asking": (_l("on its way"), "info"),
    "draft": (_l("draft"), "warn"),
    "publishing": (_l("WeChat is reviewing it"), "info"),
    "published": (_l("published"), "good"),
    "refused": (_l("refused"), "bad"),
}
USERS = {
    "auto_reply": (_l("Auto-reply"), "admin.replies.show"),
    "series": (_l("Series"), "admin.series.show"),
    "article": (_l("Article"), "admin.materials.article"),
    "broadcast": (_l("Broadcast"), "admin.broadcasts.show"),
    "channel": (_l("Channel welcome"), "admin.channels.show"),
    "menu": (_l("Menu"), "admin.menus.show"),
}


def user(row: MaterialUse) -> tuple[str, str | None]:
    """Return what says a material, and where that is shown; None where no page of this release shows it."""
    label, endpoint = USERS.get(row.user, (row.user, ""))
    if endpoint not in current_app.view_functions:
        return str(label), None
    return str(label), url_for(endpoint, key=row.user_id)


def why(refusal: NotTaken) -> str:
    """Say why a file is not taken, and what helps."""
    return str(WHY[refusal.why]) % refusal.limits


def size(count: int) -> str:
    """Return a number of bytes as people say it."""
    return f"{count / MB:.1f} MB" if count >= MB else f"{max(1, round(count / 1024))} KB"


def length(milliseconds: int) -> str:
    """Return how long something plays, as 1:05."""
    minutes, seconds = divmod(round(milliseconds / 1000), 60)
    return f"{minutes}:{seconds:02}"


def facts(row: Any) -> str:
    """Return what is known of a file, in a line."""
    parts = []
    if row.width:
        parts.append(f"{row.width} × {row.height}")
    if row.milliseconds is not None:
        parts.append(length(row.milliseconds))
    if row.size:
        parts.append(size(row.size))
    return " · ".join(parts)


def place(row: MaterialAtWeChat) -> tuple[str, str]:
    """Return how a file stands at an account, and the colour of it."""
    said, colour = PLACES[row.state]
    return str(said), colour


def article(row: ArticleAtWeChat) -> tuple[str, str]:
    """Return how an article stands at an account, and the colour of it."""
    said, colour = ARTICLES[row.state]
    if row.url and row.state != ArticleState.PUBLISHED:
        return f"{said} · {_('an older version is published')}", colour
    return str(said), colour


def kinds_of_files() -> list[Kind]:
    """Return the kinds that are uploaded."""
    return [one for one in Kind if one is not Kind.ARTICLE]
