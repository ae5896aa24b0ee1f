"""Telling an agent what a rule has answered: the conversation is routed as any other, only nobody waits."""

from collections.abc import Callable

from sqlalchemy import select
from sqlalchemy.orm import Session

from bot.db import Database
from bot.desk import notices, placing, requests
from bot.desk.decisions import Outcome
from bot.desk.floor import Floor
from bot.desk.models import Agent
from bot.desk.notices import Errand
from bot.desk.request_models import DeskDecision, DeskRequest, RequestState
from bot.errors import BadRequest, FanUnreachable, NotPermitted


def tell(db: Database, floor_of: Callable[[int], Floor], key: bytes) -> None:
    """Tell an agent of the message, or leave a note that says why nobody could be told."""
    with db.reading() as session:
        errand = notices.errand(session, key)
    if errand is None:
        return
    floor = floor_of(errand.account_id)
    told, reason = _tell(floor, errand)
    with db.transaction() as session:
        notices.note(session, errand, told=told, reason=reason, now=floor.now())


def _tell(floor: Floor, errand: Errand) -> tuple[str | None, str]:
    """Return who has the conversation, or None and why nobody does."""
    try:
        serving = floor.line.session_of(errand.openid)
        if serving:
            floor.line.session_create(errand.openid, serving, errand.words)
            return serving, ""
    except NotPermitted:
        return None, "no_right"
    except (FanUnreachable, BadRequest):
        return None, "fan_gone"
    with floor.db.transaction() as session:
        request_id, _is_new = requests.ask(
            session,
            account_id=errand.account_id,
            fan_id=errand.fan_id,
            shop_id=errand.shop_id,
            why="notice",
            now=floor.now(),
        )
    placing.place(floor, request_id, words=errand.words)
    with floor.db.reading() as session:
        return _outcome(session, request_id)


def _outcome(session: Session, request_id: int) -> tuple[str | None, str]:
    request = session.get_one(DeskRequest, request_id)
    if request.agent_id is not None and request.state in {RequestState.SERVING, RequestState.CLOSED}:
        return session.get_one(Agent, request.agent_id).kf_account, ""
    if request.state == RequestState.GONE:
        return None, "fan_gone"
    was_refused = select(DeskDecision.id).where(
        DeskDecision.request_id == request_id, DeskDecision.outcome == Outcome.REFUSED.value
    )
    return None, "all_refused" if session.scalar(was_refused.limit(1)) is not None else "nobody_free"
