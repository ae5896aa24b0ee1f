"""Making WeChat's account of an agent what the back office wants: added, named, invited, deleted."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from sqlalchemy import update
from sqlalchemy.orm import Session

from bot.db.revisions import bump
from bot.desk import agents, errands, wishes
from bot.desk.errand_models import AgentErrand, ErrandKind
from bot.desk.floor import Floor
from bot.desk.models import Agent
from bot.errors import BadRequest, FanUnreachable, NotPermitted
from bot.files import store

EXISTS = frozenset({65406, 61453})
UNKNOWN = frozenset({65401, 61452})
INVITED = frozenset({65407, 65408, 65411, 65412})  # may be the answer to our own call of a moment ago
WAITS = timedelta(seconds=30)  # for the last conversation of who is to be deleted
NO_FILE = -1  # the picture was lost before WeChat had it


def obey(floor: Floor, agent_id: int) -> None:
    """Ask WeChat for all that is wanted, in order, and keep what it says; then learn what it has now.

    Again: what is done is not asked for; a call whose answer was lost is made
    once more, and WeChat's saying that it is so already counts as done.  What
    WeChat refuses is kept with its code; after a refused adding nothing else is tried.
    """
    with floor.db.reading() as session:
        agent = session.get(Agent, agent_id)
        wanted = errands.wanted(session, agent_id)
    if agent is None or not wanted:
        return
    for errand in wanted:
        if errand.kind == ErrandKind.DELETE and _is_busy(floor, agent_id):
            return
        code = _ask(floor, agent, errand)
        with floor.db.transaction() as session:
            if errands.settle(session, errand, code=code, now=floor.now()) and code is None:
                _took_effect(session, floor, agent, errand)
        if code is not None and errand.kind == ErrandKind.ADD:
            break
    told = floor.line.agents()
    with floor.db.transaction() as session:
        agents.take_in(session, floor.account_id, told, now=floor.now())


def _is_busy(floor: Floor, agent_id: int) -> bool:
    """Tell whether the agent still has travellers, and look again in a moment if so."""
    with floor.db.transaction() as session:
        if not session.get_one(Agent, agent_id).open_count:
            return False
        wishes.obey(session, agent_id, now=floor.now(), after=WAITS)
    return True


def _ask(floor: Floor, agent: Agent, errand: AgentErrand) -> int | None:
    """Make the call; return None where it is as wanted now, else the code of the refusal."""
    try:
        return _call(floor, agent, errand)
    except (BadRequest, NotPermitted, FanUnreachable) as error:
        code = error.code or 0
    if errand.kind == ErrandKind.ADD and code in EXISTS:
        return _ask(floor, agent, AgentErrand(kind=ErrandKind.RENAME.value, value=errand.value))
    if errand.kind == ErrandKind.DELETE and code in UNKNOWN:
        return None
    if errand.kind == ErrandKind.INVITE and code in INVITED and _is_invited(floor, agent, errand.value):
        return None
    return code


def _call(floor: Floor, agent: Agent, errand: AgentErrand) -> int | None:
    name, line = agent.kf_account, floor.line
    match ErrandKind(errand.kind):
        case ErrandKind.ADD:
            line.agent_add(name, errand.value)
        case ErrandKind.RENAME:
            line.agent_rename(name, errand.value)
        case ErrandKind.INVITE:
            line.agent_invite(name, errand.value)
        case ErrandKind.DELETE:
            line.agent_delete(name)
        case ErrandKind.PICTURE:
            with floor.db.reading() as session:
                is_there = errand.file_id is not None and store.about(session, errand.file_id) is not None
                content = store.content(session, errand.file_id or 0) if is_there else b""
            if not content:
                return NO_FILE
            line.agent_picture(name, content)
    return None


def _is_invited(floor: Floor, agent: Agent, wechat_id: str) -> bool:
    """Tell whether WeChat has this very invitation open, or it was taken up."""
    rows: list[Mapping[str, Any]] = floor.line.agents()
    mine = next((row for row in rows if row.get("kf_account") == agent.kf_account), {})
    is_open = mine.get("invite_wx") == wechat_id and mine.get("invite_status") == "waiting"
    return is_open or mine.get("kf_wx") == wechat_id


def _took_effect(session: Session, floor: Floor, agent: Agent, errand: AgentErrand) -> None:
    """Keep what holds at once; pictures and bindings are learned from WeChat's list."""
    values: dict[str, Any] = {}
    if errand.kind in {ErrandKind.ADD, ErrandKind.RENAME}:
        values = {"nickname": errand.value, "gone_at": None}
    elif errand.kind == ErrandKind.DELETE:
        values = {"gone_at": floor.now(), "online": False}
    if values:
        session.execute(update(Agent).where(Agent.id == agent.id).values(values))
        bump(session, "desks")
