"""Telling the traveller how their request stands, once for each thing there is to tell."""

import logging
from dataclasses import dataclass
from typing import Any

from sqlalchemy import or_, update
from sqlalchemy.orm import Session

from bot.desk import agents, estimates, hours, line, requests, talk, words
from bot.desk.floor import Floor
from bot.desk.models import Agent
from bot.desk.request_models import DeskRequest, DeskTask, RequestState
from bot.errors import BadRequest, FanUnreachable
from bot.fans.models import Fan
from bot.moments import HERE
from bot.queue import SECONDS_TO_INSIST
from bot.reach import standings

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Said:
    """One thing to tell: `marker` is kept as `told`."""

    fan_id: int
    openid: str
    marker: str
    message: dict[str, Any]


def say(floor: Floor, request_id: int) -> None:
    """Tell the traveller what has become of the request since they last heard.

    Again: what was told is not told again, unless a crash came between WeChat's
    answer and our note. Who cannot be written to is not chased.
    """
    with floor.db.reading() as session:
        said = _to_say(session, floor, request_id)
    if said is None:
        return
    is_heard = True
    try:
        floor.line.send(said.openid, said.message)
    except (FanUnreachable, BadRequest) as error:
        is_heard = False
        log.info("desk not heard", extra={"request": request_id, "code": error.code})

    def note(session: Session) -> None:
        untold = or_(DeskRequest.told.is_(None), DeskRequest.told != said.marker)
        mine = update(DeskRequest).where(DeskRequest.id == request_id, untold)
        if requests.moved(session, mine.values(told=said.marker)) and is_heard:
            standings.count(session, said.fan_id, now=floor.now())

    # Said is said: were this given up at once, a database that restarts would have it said a second time.
    floor.db.insist(note, seconds=SECONDS_TO_INSIST)


def _to_say(session: Session, floor: Floor, request_id: int) -> Said | None:
    request = session.get(DeskRequest, request_id)
    if request is None:
        return None
    marker, message = _words(session, floor, request)
    if not message or marker == request.told:
        return None
    fan = session.get_one(Fan, request.fan_id)
    return Said(fan.id, fan.openid, marker, message)


def _words(session: Session, floor: Floor, request: DeskRequest) -> tuple[str, dict[str, Any]]:
    if request.why == "notice":
        return "", {}  # the rule has answered them; nobody promised a person
    if request.state == RequestState.SERVING and request.agent_id is not None:
        agent = session.get_one(Agent, request.agent_id)
        shop = talk.shop_name(session, agent.shop_id)
        return f"serving:{agent.id}", words.text(words.serving(agent.nickname, shop))
    if request.state == RequestState.WAITING:
        return "waiting", words.leave_menu(standing(session, request, floor), request.id)
    if request.state == RequestState.MESSAGE:
        return "message", words.text(_message_taken(session, request, floor))
    is_asked = request.why not in requests.UNASKED  # else nobody is promised another agent
    if is_asked and request.state == RequestState.ASKED and (request.told or "").startswith("serving:"):
        before = session.get_one(Agent, int((request.told or "").partition(":")[2]))
        return f"another:{before.id}", words.text(words.another(before.nickname))
    return "", {}


def standing(session: Session, request: DeskRequest, floor: Floor) -> str:
    """Return the sentence about the traveller's place in line."""
    now = floor.now()
    place = line.place_of(session, request, now=now)
    about = estimates.minutes(session, request.account_id, request.shop_id, place, now=now)
    return words.waiting(place, about)


def _message_taken(session: Session, request: DeskRequest, floor: Floor) -> str:
    schedule = agents.hours_of(session, request.account_id, request.shop_id)
    task = session.query(DeskTask).filter_by(request_id=request.id, kind="message").one_or_none()
    due = task.due_at.astimezone(HERE) if task else floor.now().astimezone(HERE)
    is_today = due.date() == floor.now().astimezone(HERE).date()
    when = f"今天 {due:%H:%M} " if is_today else f"{due.month}月{due.day}日 {due:%H:%M} "
    name = talk.shop_name(session, request.shop_id)
    return words.message_taken(name, hours.said(schedule, floor.now()), when)
