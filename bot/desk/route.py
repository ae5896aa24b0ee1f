"""One decision about one request, in the caller's transaction: an agent, the line, or a message."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy.orm import Session

from bot.desk import agents, claims, decisions, desks, ladder, line, requests, routing, talk, tasks
from bot.desk.decisions import Outcome
from bot.desk.house import House
from bot.desk.ladder import Case
from bot.desk.request_models import DeskRequest, DeskTask, RequestState, TaskKind, TaskState
from bot.desk.routing import Candidate, Ranking, Rung, Wanted
from bot.desk.wishes import say


@dataclass(frozen=True, slots=True)
class _Looked:
    """What became of looking: who was found, who was looked at, and whether a seat was tried."""

    chosen: Candidate | None
    ranking: Ranking
    has_tried: bool


def route(
    session: Session,
    request_id: int,
    house: House,
    *,
    refused: Collection[int] = frozenset(),
    now: datetime,
) -> Candidate | None:
    """Claim a seat for the request and return whose; else put it in line or take it down as a message.

    None also if somebody else has it by now. What was decided is written down
    where it is news: standing in line a second time is none.
    """
    found = ladder.case(session, request_id, house, now=now)
    request = found.request
    if request.state not in requests.IN_LINE:
        return None
    about = decisions.subject(request)
    looked = _look(session, found, refused, now)
    if looked.chosen is not None:
        decisions.note(
            session,
            about,
            outcome=Outcome.CLAIMED,
            reason=looked.chosen.rung.value,
            ranking=looked.ranking,
            chosen=looked.chosen,
            now=now,
        )
        return looked.chosen
    if looked.has_tried:
        session.refresh(request)  # somebody else may have it
    if request.state in requests.IN_LINE:
        _nobody(session, request, looked.ranking, found.settings, now)
    return None


def _look(session: Session, found: Case, refused: Collection[int], now: datetime) -> _Looked:
    """Try the shop and its branch; the head office's many agents are read only where these have no seat."""
    request = found.request
    wanted = Wanted(
        shop_id=request.shop_id,
        branch_id=found.branch_id,
        sticky=found.sticky,
        needs=frozenset(request.needs or ()),
        refused=frozenset(refused),
        let_wait=frozenset(request.passed or ()),
    )
    facts = ladder.near(session, found, now=now)
    # Only the shop's own are offered a message, where it has any, be they away now.
    is_offer = request.why == "message" and any(agent.tier is not None for agent in facts)
    ranking = routing.rank(wanted, facts, now=now)
    order = [one for one in ranking.free if not is_offer or one.rung in {*routing.OUR_SHOP, Rung.STICKY}]
    chosen = claims.claim(session, request.id, order, now=now)
    if chosen is not None or is_offer:
        return _Looked(chosen, ranking, bool(order))
    known = {agent.id for agent in facts}
    heads = [agent for agent in ladder.at_head_office(session, found, now=now) if agent.id not in known]
    ranking = routing.rank(wanted, [*facts, *heads], now=now)
    further = [one for one in ranking.free if one.agent.id not in known]
    chosen = claims.claim(session, request.id, further, now=now)
    return _Looked(chosen, ranking, bool(order or further))


def _nobody(
    session: Session, request: DeskRequest, ranking: Ranking, settings: desks.Settings, now: datetime
) -> None:
    """Let the traveller wait, take the message down, or forget what nobody had asked for."""
    if _let_be(session, request, "nobody_free", ranking, now) or request.state not in requests.IN_LINE:
        return
    is_in_line = request.state == RequestState.WAITING
    is_long = not is_in_line and (
        line.length(session, request.account_id, request.shop_id) >= settings.longest_line
    )
    if (ranking.is_hopeful or ranking.free) and not is_long:
        if not is_in_line and requests.wait(session, request.id, now=now):
            _note(session, request, Outcome.WAITING, "all_busy", ranking, now)
            say(session, request.id, now=now)
        return
    reason = "line_too_long" if is_long else "all_let_wait" if ranking.is_worn_out else "nobody_there"
    take_down(session, request, reason=reason, ranking=ranking, settings=settings, now=now)


def all_refused(session: Session, request_id: int, *, now: datetime) -> None:
    """Have the request wait because WeChat refused as many agents as are tried at once."""
    request = session.get_one(DeskRequest, request_id)
    if request.state not in requests.IN_LINE:
        return
    if _let_be(session, request, "all_refused", None, now):
        return
    if requests.wait(session, request_id, now=now):
        _note(session, request, Outcome.WAITING, "all_refused", None, now)
        say(session, request_id, now=now)


def _let_be(
    session: Session, request: DeskRequest, reason: str, ranking: Ranking | None, now: datetime
) -> bool:
    """End a request that nobody asked for; False for one that somebody did, be it this very moment."""
    if request.why not in requests.UNASKED:
        return False
    if not requests.end(session, request.id, RequestState.CLOSED, why="nobody", now=now, is_unasked=True):
        session.refresh(request)
        return False
    if request.task_id is not None:
        _back(session, request.task_id, "\n".join(talk.since(session, request)))
    _note(session, request, Outcome.DROPPED, reason, ranking, now)
    return True


def take_down(
    session: Session,
    request: DeskRequest,
    *,
    reason: str,
    ranking: Ranking | None,
    settings: desks.Settings,
    now: datetime,
) -> None:
    """Turn the request into a message its shop owes an answer to; one that nobody asked for just ends.

    One that came of offering a message goes back to that message, unless somebody has seen to it by then.
    """
    if _let_be(session, request, reason, ranking, now):
        return
    if not requests.end(session, request.id, RequestState.MESSAGE, why=reason, now=now):
        return
    _note(session, request, Outcome.MESSAGE, reason, ranking, now)
    said = "\n".join(talk.since(session, request))
    if request.task_id is None or not _back(session, request.task_id, said):
        opens = agents.opens_at(session, request.account_id, request.shop_id, now) or now
        due = max(opens, now) + timedelta(seconds=settings.message_due)
        tasks.take_down(session, request, TaskKind.MESSAGE, words=said, due_at=due, now=now)
    say(session, request.id, now=now)


def _back(session: Session, task_id: int, said: str) -> bool:
    """Have the message that was offered wait again, with what was said since; False if it is seen to."""
    tasks.taken_back(session, task_id)
    task = session.get_one(DeskTask, task_id, populate_existing=True)
    if task.state == TaskState.DONE:
        return False
    tasks.add_words(task, said)
    return True


def _note(  # noqa: PLR0917 - all six are said in every call
    session: Session,
    request: DeskRequest,
    outcome: Outcome,
    reason: str,
    ranking: Ranking | None,
    now: datetime,
) -> None:
    about = decisions.subject(request)
    decisions.note(session, about, outcome=outcome, reason=reason, ranking=ranking, now=now)
