"""How the server stands: doctor's findings, the lines to WeChat, and the quotas, looked at on demand."""

import logging
import threading
import time
from collections.abc import Iterable
from contextlib import suppress
from datetime import UTC, datetime
from functools import partial
from typing import Any

import orjson
from flask import Blueprint, current_app, redirect, render_template, url_for
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from redis.exceptions import RedisError
from sqlalchemy import func, select
from werkzeug.wrappers import Response as AnyResponse

from admin import cookies
from admin.access import allowed
from admin.doctor_words import kept, said
from admin.head_office import head_office_only
from admin.hiding import hide
from admin.office import changing, reading, record, runtime
from bot.audit import Subject
from bot.channels.models import Channel
from bot.db import utc_now
from bot.errors import WeChatError
from bot.restorations.reading import under_review
from bot.users.roles import Permission

pages = Blueprint("health", __name__, url_prefix="/health")
LONGEST = 20.0
KEPT = 7 * 24 * 3600
PERMANENT_CODES = 100_000  # what WeChat lets an account have (protocol §5.1)
QUOTAS = {
    "/cgi-bin/message/custom/send": _l("Messages to fans"),
    "/cgi-bin/user/info": _l("Facts of a fan"),
    "/cgi-bin/qrcode/create": _l("Codes made"),
    "/cgi-bin/menu/create": _l("Menus published"),
    "/cgi-bin/customservice/getonlinekflist": _l("Looks at the desk"),
}
_running = threading.Lock()
log = logging.getLogger(__name__)


@pages.get("/")
@allowed(Permission.OUTBOX_SEE)
@head_office_only
def overview() -> str:
    """Show what is known without asking WeChat, and what was found when somebody last asked."""
    with reading() as session:
        made = select(Channel.account_id, func.count(Channel.id)).where(Channel.ticket.is_not(None))
        codes = dict(session.execute(made.group_by(Channel.account_id)).all())
        restoration = under_review(session)
    lines = [_line(name, codes.get(served.id, 0)) for name, served in runtime.accounts.items()]
    return render_template(
        "admin/health/overview.html",
        lines=lines,
        restoration=restoration,
        checked=_known("checks"),
        quotas=_known("quotas"),
        quota_names=QUOTAS,
        said=said,
        most_codes=PERMANENT_CODES,
    )


@pages.post("/check")
@allowed(Permission.OUTBOX_REPLAY)
@head_office_only
def check() -> AnyResponse:
    """Run doctor's checks, for at most twenty seconds, and keep what they found."""
    return _looked(
        "checks", partial(_run_checks, parts=_parts(), checks=current_app.extensions["yizhan.checks"])
    )


@pages.post("/quotas")
@allowed(Permission.OUTBOX_REPLAY)
@head_office_only
def quotas() -> AnyResponse:
    """Ask WeChat what is left of today's calls, and keep the answer."""
    return _looked("quotas", partial(_read_quotas, parts=_parts()))


def _parts() -> Any:
    """Return the runtime itself: a thread of its own has no application to find it by."""
    return current_app.extensions["yizhan"]


def _line(name: str, codes: int) -> dict[str, Any]:
    line = runtime.wechat.of(name)
    until, refusal = line.token_good_until(), line.refusal()
    return {
        "name": name,
        "token_until": datetime.fromtimestamp(until, UTC) if until else None,
        "token_is_good": until is not None and until > time.time(),
        "refusal": refusal.message if refusal else "",
        "remedy": refusal.remedy if refusal else "",
        "codes": codes,
    }


def _looked(name: str, look: Any) -> AnyResponse:
    """Let `look` fill a list in a thread of its own, wait as long as a visitor would, keep the list."""
    if not _running.acquire(blocking=False):
        cookies.say(_("Somebody is looking already; reload in a moment."), "info")
        return redirect(url_for("admin.health.overview"), 303)
    found: list[dict[str, Any]] = []
    work = threading.Thread(target=_released, args=(look, found), daemon=True)
    work.start()
    work.join(LONGEST)
    is_whole = not work.is_alive()
    _keep(name, list(found), is_whole=is_whole)
    with changing() as session:
        record(
            session, "health.checked", Subject("health", name), after={"found": len(found), "whole": is_whole}
        )
    if not is_whole:
        cookies.say(
            _("Not everything answered within %(n)s seconds; what did is shown.", n=int(LONGEST)), "warning"
        )
    return redirect(url_for("admin.health.overview"), 303)


def _released(look: Any, found: list[dict[str, Any]]) -> None:
    try:
        look(found)
    finally:
        _running.release()


def _run_checks(found: list[dict[str, Any]], parts: Any, checks: Any) -> None:
    """Add each finding as it comes; a check that breaks is a finding, too."""
    for one in checks:
        try:
            for seen in one(parts):
                texts = {name: kept(getattr(seen, name)) for name in ("subject", "detail", "remedy")}
                found.append({"verdict": seen.verdict.value, **texts})
        except Exception as error:  # the report goes on without it
            log.exception("check_broke", extra={"check": one.__name__})
            texts = {"subject": kept(one.__name__), "detail": kept(type(error).__name__), "remedy": kept("")}
            found.append({"verdict": "wrong", **texts})


def _read_quotas(found: list[dict[str, Any]], parts: Any) -> None:
    for name in parts.accounts:
        for path in QUOTAS:
            row: dict[str, Any] = {"account": name, "path": path}
            try:
                row |= parts.wechat.of(name).quota(path)
            except WeChatError as error:
                row["trouble"] = hide(error.message)
            found.append(row)


def _keep(name: str, found: Iterable[dict[str, Any]], *, is_whole: bool) -> None:
    known = {"at": utc_now().isoformat(), "whole": is_whole, "found": list(found)}
    current_app.extensions.setdefault("yizhan.health", {})[name] = known
    with suppress(RedisError):
        runtime.redis.set(f"yizhan:health:{name}", orjson.dumps(known), ex=KEPT)


def _known(name: str) -> dict[str, Any] | None:
    """Return what any process found last; without Redis, what this one did."""
    kept: Any = None
    with suppress(RedisError, ValueError):
        value = runtime.redis.get(f"yizhan:health:{name}")
        kept = orjson.loads(value) if isinstance(value, bytes | str) else None
    kept = kept or current_app.extensions.get("yizhan.health", {}).get(name)
    return {**kept, "at": datetime.fromisoformat(kept["at"])} if isinstance(kept, dict) else None
