"""Whatever is asked of the ledger in whatever order, it balances, and nobody spends what they have not."""

from concurrent.futures import ThreadPoolExecutor

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)
from sqlalchemy import func, select

from bot.config import DatabaseConfig
from bot.db import Database
from bot.points import reconciling
from bot.points.books import open_books
from bot.points.models import PointAccount, PointAllocation, PointLot
from bot.points.refusals import HoldOver, KeyReused, NotEnough, TooMuch
from tests.points.world import KEYS, Till

WHO = st.integers(0, 2)
POINTS = st.integers(1, 60)
DAYS = st.sampled_from([None, 1, 2, 5, 40])


class Ledger(RuleBasedStateMachine):
    """Three members, whom merges make two or one; what they own is followed in `worth`: free points less debt."""

    till: Till
    threads: ThreadPoolExecutor

    @initialize()
    def open(self):
        with self.till.db.reading() as session:
            self.above = session.scalar(select(func.max(PointAccount.id))) or 0
        self.members = [self.till.member() for _ in range(3)]
        self.heads = list(self.members)
        self.earned, self.spent, self.holds, self.done = [], [], [], []

    @rule(who=WHO, points=POINTS, days=DAYS)
    def earn(self, who, points, days):
        before = self.worth(who)
        self.earned.append(self.keep(self.till.earn, self.members[who], points, days=days))
        assert self.worth(who) == before + points

    @rule(who=WHO, points=POINTS)
    def spend(self, who, points):
        before = self.till.balance(self.members[who])
        if points > before.available:
            with pytest.raises(NotEnough):
                self.till.spend(self.members[who], points)
            return
        soonest = self.free_lots(who)
        entry = self.keep(self.till.spend, self.members[who], points)
        self.spent.append(entry)
        self.check_order(entry, soonest)
        assert self.till.balance(self.members[who]).available == before.available - points

    @rule(who=WHO, shares=st.lists(POINTS, min_size=1, max_size=3), days=DAYS)
    def give_by_rules(self, who, shares, days):
        before = self.worth(who)
        causes = {f"rule:{place}": points for place, points in enumerate(shares)}
        self.earned.append(self.till.give(self.members[who], causes, key=f"m{next(KEYS)}", days=days))
        assert self.worth(who) == before + sum(shares)

    @rule(who=WHO, points=POINTS, days=DAYS)
    def adjust_up(self, who, points, days):
        before = self.worth(who)
        self.earned.append(self.keep(self.till.adjust, self.members[who], points, days=days))
        assert self.worth(who) == before + points

    @rule(
        asked=st.lists(
            st.tuples(st.sampled_from(["earn", "spend", "hold"]), WHO, POINTS), min_size=2, max_size=4
        )
    )
    def at_once(self, asked):
        """Several tills at the same time: whatever comes first, what all have changes by what each was told."""
        heads = {self.heads[who] for who in range(3)}
        before = sum(self.all_of(head) for head in heads)
        came = list(self.threads.map(self.ask, asked))
        gained = sum(points for _kind, points, _row in came)
        assert sum(self.all_of(head) for head in heads) == before + gained
        self.earned += [row for kind, _points, row in came if kind == "earn"]
        self.spent += [row for kind, _points, row in came if kind == "spend" and row]
        self.holds += [row for kind, _points, row in came if kind == "hold" and row]

    @rule(who=WHO, points=POINTS)
    def adjust_down(self, who, points):
        if self.till.available(self.members[who]) >= points:
            self.keep(self.till.adjust, self.members[who], -points)

    @rule(who=WHO, points=POINTS, hours=st.sampled_from([1, 30, 100]))
    def hold(self, who, points, hours):
        before = self.till.balance(self.members[who])
        if points > before.available:
            return
        self.holds.append(self.till.hold(self.members[who], points, hours=hours))
        after = self.till.balance(self.members[who])
        assert (after.available, after.held) == (before.available - points, before.held + points)

    @precondition(lambda self: self.holds)
    @rule(data=st.data())
    def end_a_hold(self, data):
        hold = data.draw(st.sampled_from(self.holds))
        points = data.draw(st.integers(1, hold.points))
        if data.draw(st.booleans()):
            self.till.release(hold.id)
            assert not self.till.release(hold.id)
            return
        try:
            entry = self.till.confirm(hold.id, points)
        except (HoldOver, KeyReused):
            return
        assert self.till.confirm(hold.id, points).id == entry.id
        if entry.id not in {one.id for one in self.spent}:
            self.spent.append(entry)

    @precondition(lambda self: self.spent)
    @rule(data=st.data(), points=st.none() | POINTS)
    def refund(self, data, points):
        spent = data.draw(st.sampled_from(self.spent))
        try:
            self.keep(self.till.refund, spent.id, points)
        except TooMuch as refused:
            left = refused.left
        else:
            return
        assert (points is None and left == 0) or left < points
        assert left <= -spent.points

    @precondition(lambda self: self.earned)
    @rule(data=st.data(), points=st.none() | POINTS)
    def claw_back(self, data, points):
        earned = data.draw(st.sampled_from(self.earned))
        try:
            entry = self.keep(self.till.claw_back, earned.id, points)
        except TooMuch as refused:
            left = refused.left
        else:
            assert points is None or -entry.points + entry.facts.get("expired", 0) == points
            return
        assert (points is None and left == 0) or left < points

    @rule(hours=st.sampled_from([1, 12, 24, 60]))
    def time_goes_by(self, hours):
        self.till.later(hours=hours)

    @rule()
    def expire(self):
        before = [self.till.balance(one) for one in self.members]
        while self.till.expire():
            pass
        assert [self.till.balance(one) for one in self.members] == before

    @rule(who=WHO, into=WHO)
    def merge_or_part(self, who, into):
        if self.heads[who] != self.members[who]:
            self.till.merge(self.members[who], into=None)
            self.heads[who] = self.members[who]
        elif (
            self.heads[into] == self.members[into]
            and into != who
            and self.members[who] not in (head for place, head in enumerate(self.heads) if place != who)
        ):
            self.till.merge(self.members[who], into=self.members[into])
            self.heads[who] = self.members[into]

    @precondition(lambda self: self.done)
    @rule(data=st.data())
    def ask_again(self, data):
        act, whom, points, said, entry = data.draw(st.sampled_from(self.done))
        before = [self.till.balance(one) for one in self.members]
        assert act(whom, points, **said).id == entry.id
        assert [self.till.balance(one) for one in self.members] == before

    @invariant()
    def it_balances(self):
        with self.till.db.reading() as session:
            assert reconciling.findings(session, above=self.above) == []

    def teardown(self):
        with self.till.db.reading() as session:
            accounts = select(PointAccount.id).where(PointAccount.id > self.above)
            total = select(func.sum(PointAllocation.points)).where(PointAllocation.account_id.in_(accounts))
            kept = select(func.sum(PointAccount.balance)).where(PointAccount.id > self.above)
            assert session.scalar(total) == session.scalar(kept)

    def keep(self, act, whom, points, **said):
        said = {"key": f"m{next(KEYS)}", **said}
        entry = act(whom, points, **said)
        self.done.append((act, whom, points, said, entry))
        return entry

    def ask(self, one):
        """Return what was asked, by how much it changed what is there, and the row; none where it was refused."""
        kind, who, points = one
        try:
            row = getattr(self.till, kind)(self.members[who], points)
        except NotEnough:
            return kind, 0, None
        return kind, {"earn": points, "spend": -points, "hold": 0}[kind], row

    def all_of(self, member_id):
        balance = self.till.balance(member_id)
        return balance.available + balance.held - balance.debt

    def worth(self, who):
        balance = self.till.balance(self.members[who])
        return balance.available - balance.debt

    def free_lots(self, who):
        with self.till.db.transaction() as session:
            return open_books(session, self.members[who], now=self.till.now).free_lots()

    def check_order(self, entry, free):
        """All of a lot is taken before anything of the next."""
        took = self.till.took(entry)
        with self.till.db.reading() as session:
            rows = session.execute(
                select(PointLot.id, PointLot.expires_at)
                .join(PointAllocation, PointAllocation.lot_id == PointLot.id)
                .where(PointAllocation.entry_id == entry.id)
                .order_by(PointAllocation.id)
            ).all()
        ends = [row.expires_at for row in rows]
        assert ends == sorted(ends, key=lambda end: (end is None, end or self.till.now))
        whole = {lot.id: lot.free for lot in free}
        assert [-points for points in took[:-1]] == [whole[row.id] for row in rows[:-1]]
        assert sum(took) == entry.points


def test_the_ledger_balances_whatever_is_asked_of_it(database_url):
    """On each database; SQLite, which is next to us, is asked more."""
    is_near = database_url.startswith("sqlite")
    bounded = settings(
        max_examples=10 if is_near else 4,
        stateful_step_count=30 if is_near else 20,
        deadline=None,
        suppress_health_check=list(HealthCheck),
        database=None,
    )
    with Database(DatabaseConfig(url=database_url, sqlite_synchronous="off")) as database:
        Ledger.till = Till(database)
        with ThreadPoolExecutor(4) as Ledger.threads:
            run_state_machine_as_test(Ledger, settings=bounded)
