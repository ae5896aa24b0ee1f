"""A traveller wants a person: the part that text, menu and scans share."""

from datetime import timedelta
from functools import partial

from sqlalchemy import select

from bot.channels.models import Channel
from bot.desk import line, priorities, requests, routing, satisfaction, tasks, words
from bot.desk.desks import DESKS, Settings
from bot.desk.request_models import RequestState
from bot.desk.wishes import made
from bot.organisation.directory import SHOPS
from bot.replies import verdicts
from bot.router import Incoming
from bot.wechat.contents import Text as Written
from bot.wechat.replies import Reply, Text, Transfer

DESK = "desk"
HELPED = "helped"  # said of an answer, so nothing the desk owes an answer
WAITED = timedelta(hours=12)  # after which a further message is a request of its own


def has_desk(incoming: Incoming) -> bool:
    """Tell whether the account has agents at all; without any nobody is promised a person."""
    return incoming.account.id in incoming.work.memory.recall(DESKS).staffed


def settings(incoming: Incoming) -> Settings:
    """Return what holds at the desk of the shop the fan last came through."""
    return incoming.work.memory.recall(DESKS).of(incoming.account.id, incoming.fan.last_shop_id)


def asks(incoming: Incoming, said: str) -> bool:
    """Tell whether these words, as a whole, ask for a person."""
    return settings(incoming).is_asked_for(said)


def in_hand(incoming: Incoming) -> Reply | None:
    """Pass the message on if an agent has the traveller: WeChat leaves it to the open conversation."""
    request = requests.open_of(incoming.work.session, incoming.fan.id)
    if request is None or request.state != RequestState.SERVING:
        return None
    incoming.answered_by = DESK
    requests.wrote(incoming.work.session, request, now=incoming.now)
    return Transfer()


def for_a_person(incoming: Incoming, why: str, said: str = "") -> Reply | None:
    """Open the traveller's request, or say how it stands.

    One that was opened without their asking is theirs from now on.
    """
    session, fan = incoming.work.session, incoming.fan
    incoming.answered_by = DESK
    here = settings(incoming)
    shop_id = _desk_shop(incoming)
    signs = list(here.skill_words.items())
    needs = routing.needs_of(said, signs)
    ask = partial(
        requests.ask,
        session,
        account_id=incoming.account.id,
        fan_id=fan.id,
        shop_id=shop_id,
        why=why,
        now=incoming.now,
        expires_at=(fan.last_interaction_at or incoming.now) + requests.WINDOW,
        needs=needs,
        priority=priorities.of(session, fan.id, here),
    )
    key, is_new = ask()
    request = None if is_new else requests.open_of(session, fan.id)
    if request is not None and request.why in requests.UNASKED and why not in requests.UNASKED:
        if requests.promote(session, key, why=why, needs=needs, now=incoming.now):
            is_new = request.state != RequestState.SERVING
        else:
            key, is_new = ask()  # it ended this very moment, because nobody was free
    if is_new:
        incoming.work.wishes.append(made("desk.place", {"request": key}, now=incoming.now))
        shop = incoming.work.memory.recall(SHOPS).get(shop_id or 0)
        return Text(words.looking(shop.name if shop else None))
    if request is not None and request.state == RequestState.WAITING:
        place = line.place_of(session, request, now=incoming.now)
        return Text(words.waiting(place, None))
    return Transfer() if request and request.state == RequestState.SERVING else Text(words.ON_THE_WAY)


def quietly(incoming: Incoming, why: str) -> None:
    """Have a person come without being asked for; where nobody is free nothing is said of it."""
    answered_by = incoming.answered_by
    for_a_person(incoming, why)
    incoming.answered_by = answered_by


def unanswered(incoming: Incoming, said: str) -> Reply | None:
    """Give what no rule answers to the desk, or add it to the message that waits there."""
    session = incoming.work.session
    request = requests.open_of(session, incoming.fan.id)
    if request is not None and (request.why not in requests.UNASKED or request.task_id is not None):
        incoming.answered_by = DESK
        return None  # they know how it stands; whoever takes them, or has their message, will read it
    task = tasks.open_message_of(session, incoming.fan.id) if request is None else None
    if task is not None and incoming.now - task.created_at < WAITED:
        incoming.answered_by = DESK
        tasks.add_words(task, said)
        return Text(words.NOTED)
    return for_a_person(incoming, "unanswered", said)


def chosen(incoming: Incoming, written: Written) -> Reply | None:
    """Answer the tap on an item of one of our menus.

    None for somebody else's menu, and for a yes said twice; that was answered, and `answered_by` says so.
    """
    parts = written.choice.split(".")
    kind, numbers = ".".join(parts[:2]), [int(one) for one in parts[2:] if one.isdecimal() and len(one) < 18]
    if kind in {words.YES, words.NO} and len(numbers) <= 1:
        return _helped(incoming, kind == words.YES, numbers)
    if kind == words.LEAVE and len(numbers) == 1:
        return _leave(incoming, numbers[0])
    if kind == words.SCORE and len(numbers) == 2:
        return _score(incoming, numbers[0], numbers[1])
    return None


def _helped(incoming: Incoming, helped: bool, numbers: list[int]) -> Reply | None:  # noqa: FBT001
    """Count what the traveller says of an answer: yes is thanked once, no is given a person."""
    incoming.answered_by = HELPED
    is_news = bool(numbers) and verdicts.say(
        incoming.work.session,
        message_id=numbers[0],
        fan_id=incoming.fan.id,
        helped=helped,
        now=incoming.now,
    )
    if helped:
        return Text(words.GLAD) if is_news else None
    return for_a_person(incoming, "no") if has_desk(incoming) else Text(words.NOBODY)


def wants_first_message(incoming: Incoming) -> bool:
    """Tell whether this is the first message since a scan at a desk that greets with it."""
    fan = incoming.fan
    if settings(incoming).assign_on != "first_message" or fan.last_touch_at is None:
        return False
    last = requests.last_of(incoming.work.session, fan.id)
    return last is None or last.asked_at < fan.last_touch_at


def _leave(incoming: Incoming, request_id: int) -> Reply:
    session = incoming.work.session
    incoming.answered_by = DESK
    request = requests.open_of(session, incoming.fan.id)
    states = requests.IN_LINE
    if (
        request is not None
        and request.id == request_id
        and requests.end(session, request_id, RequestState.LEFT, why="left", now=incoming.now, states=states)
    ):
        return Text(words.LEFT)
    return Text(words.NOT_IN_LINE if request is None else words.ON_THE_WAY)


def _score(incoming: Incoming, request_id: int, value: int) -> Reply | None:
    incoming.answered_by = DESK
    is_low = satisfaction.score(
        incoming.work.session,
        request_id=request_id,
        fan_id=incoming.fan.id,
        value=value,
        now=incoming.now,
    )
    return Text(words.SORRY if is_low else words.THANKS)


def _desk_shop(incoming: Incoming) -> int | None:
    """Return the shop whose desk is wanted: the code's, else the one the traveller came through."""
    fan = incoming.fan
    if fan.last_channel_id is not None:
        wanted = select(Channel.desk_shop_id).where(Channel.id == fan.last_channel_id)
        found = incoming.work.session.scalar(wanted)
        if found is not None:
            return found
    return fan.last_shop_id
