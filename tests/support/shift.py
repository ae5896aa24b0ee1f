"""One shop's desk at noon: agents who are played, travellers who ask and write, and a clock that is turned."""

import itertools
import secrets
from datetime import timedelta

from sqlalchemy import select

from bot.desk import requests, timeouts, wishes
from bot.desk.models import Agent
from bot.desk.request_models import DeskRequest, DeskTask
from bot.fans.models import Fan
from bot.messages.models import Message
from tests.bench import desk_world
from tests.bench.desk_day import PROMISES, Day

TICK = 10  # as seldom as the clock looks after what need not be seen to at once


class Shift:
    """`agents` and `fans` are ids; agents are named by their number in the list, fans as well.

    `heard` keeps what travellers were told, `notes` what agents read as WeChat opened a conversation.
    """

    def __init__(self, db, *, agents=1, seats=3):
        self.db = db
        self.day = Day(db, desk_world.draw(40, shops=1, agents=max(agents, 4), seed=1), 1, fails=0.0)
        self.day.second = 3 * 3600.0
        self.floor, self.side = self.day.floor, self.day.side
        self.heard, self.notes = [], []
        self._numbers = itertools.count(1)
        with db.transaction() as session:
            fans = session.scalars(select(Fan).order_by(Fan.id)).all()
            people = session.scalars(select(Agent).order_by(Agent.id)).all()
            self.shop_id = fans[0].last_shop_id
            for number, one in enumerate(people):
                one.shop_id, one.branch_id, one.tier, one.seats = self.shop_id, None, "own", seats
                one.gone_at = None if number < agents else self.now()
                self.side.seats[one.kf_account] = seats
            self.fans = [one.id for one in fans]
            self.openids = [one.openid for one in fans]
            self.agents = [one.id for one in people][:agents]
            self.names = [one.kf_account for one in people][:agents]
        connect = self.side.session_create

        def opens(openid, kf_account, text=None):
            connect(openid, kf_account, text)
            self.notes.append((self.names.index(kf_account), text))

        self.side.session_create = opens
        self.side.send = lambda openid, message: self.heard.append((self.openids.index(openid), str(message)))

    def now(self):
        return self.day.now()

    def comes(self, *numbers):
        self.side.online.update(self.names[number] for number in numbers)
        self.later(TICK)

    def goes(self, *numbers):
        self.side.online.difference_update(self.names[number] for number in numbers)

    def asks(self, number, why="request", said="有人吗"):
        """Open a request as the webhook does, and place it."""
        with self.db.transaction() as session:
            fan = session.get_one(Fan, self.fans[number])
            fan.last_interaction_at = fan.last_message_at = self.now()
            key, _new = requests.ask(
                session,
                account_id=self.day.account_id,
                fan_id=fan.id,
                shop_id=self.shop_id,
                why=why,
                now=self.now(),
            )
            wishes.place(session, key, now=self.now())
            self._message(session, number, said)
        self.work()

    def writes(self, number, said):
        """Write to whoever has the traveller, as the webhook notes it."""
        with self.db.transaction() as session:
            fan = session.get_one(Fan, self.fans[number])
            fan.last_interaction_at = fan.last_message_at = self.now()
            requests.wrote(session, requests.open_of(session, fan.id), now=self.now())
            self._message(session, number, said)

    def says(self, agent, number):
        """Have the agent write to the traveller, in WeChat's own desk."""
        self.side.says(self.openids[number], self.names[agent])

    def later(self, seconds, *, until=None):
        """Let time pass, with the clock looking and what is promised being done; return how much did.

        It ends sooner where `until` comes true.
        """
        for passed in range(0, seconds, TICK):
            if until is not None and until():
                return passed
            self.day.second += TICK
            timeouts.look(self.floor)
            self.work()
        return seconds

    def work(self):
        """Do all that is promised and due."""
        while due := [row for row in self.day._waiting() if row.due_at <= self.now()]:
            with self.db.connection() as connection:
                connection.execute(PROMISES.delete().where(PROMISES.c.id.in_([row.id for row in due])))
            for row in due:
                self.day.jobs[row.job](row.arguments)

    def ends(self, number):
        """Have WeChat end the conversation and tell us so."""
        name = self.side.end(self.openids[number])
        request = self.request(number)
        with self.db.transaction() as session:
            requests.end(session, request.id, requests.RequestState.CLOSED, why="event", now=self.now())
            wishes.settle(session, request.id, now=self.now())
        self.work()
        return name

    def request(self, number):
        """Return the traveller's latest request."""
        with self.db.reading() as session:
            wanted = select(DeskRequest).filter_by(fan_id=self.fans[number])
            return session.scalars(wanted.order_by(DeskRequest.id.desc())).first()

    def state(self, number):
        """Return where that request stands, and the number of whose it is."""
        found = self.request(number)
        return found.state, self.agents.index(found.agent_id) if found.agent_id else None

    def tasks(self):
        with self.db.reading() as session:
            return list(session.scalars(select(DeskTask).order_by(DeskTask.id)))

    def seats(self):
        """Return how many seats each agent gives, by our count."""
        with self.db.reading() as session:
            return [session.get_one(Agent, key).open_count for key in self.agents]

    def told(self, number):
        return [said for who, said in self.heard if who == number]

    def _message(self, session, number, said):
        at = self.now()
        session.add(
            Message(
                key=secrets.token_bytes(16),
                account_id=self.day.account_id,
                fan_id=self.fans[number],
                kind="text",
                fields={"Content": said},
                sent_at=at - timedelta(microseconds=at.microsecond),
                received_at=at,
                answered_by="desk",
            )
        )
