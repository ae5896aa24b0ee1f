"""An older state of the database at the desk: what has ended since, and what goes on."""

from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import select

from bot.desk import presence, reconciling, restored, sessions
from bot.desk.models import DeskSession
from tests.support.shift import Shift

EVERY_SERVER = False


def began(shift, number):
    return datetime.fromtimestamp(int(shift.side.since[shift.openids[number]]), UTC)


@pytest.fixture
def shift(db):
    """Two travellers are talked with, as WeChat's events told, and the database is put back to that moment."""
    shift = Shift(db, agents=1)
    shift.comes(0)
    for number in (0, 1):
        shift.asks(number)
        with db.transaction() as session:
            sessions.opened(
                session,
                account_id=shift.day.account_id,
                fan_id=shift.fans[number],
                kf_account=shift.names[0],
                at=began(shift, number),
            )
    shift.later(60)
    with db.transaction() as session:
        assert restored.close_all(session, now=shift.now()) == 2
        assert restored.close_all(session, now=shift.now() + timedelta(minutes=1)) == 0
    return shift


def ends(shift, number):
    with shift.db.reading() as session:
        return session.scalars(select(DeskSession.closed_at).filter_by(fan_id=shift.fans[number])).all()


def test_a_conversation_that_ended_in_the_lost_time_does_not_seem_to_go_on(shift):
    shift.side.end(shift.openids[0])

    shift.later(120)
    presence.poll(shift.floor)
    reconciling.reconcile(shift.floor)

    [ended] = ends(shift, 0)
    assert ended is not None
    assert shift.state(0)[0] == "closed"


def test_a_conversation_that_goes_on_at_wechat_goes_on_with_us(shift):
    assert ends(shift, 1) != [None]

    shift.later(120)
    presence.poll(shift.floor)
    assert reconciling.reconcile(shift.floor) == 2
    assert reconciling.reconcile(shift.floor) == 0

    assert ends(shift, 1) == [None], "the very stay that was thought to have ended"
    assert shift.state(1) == ("serving", 0)
    shift.work()
    assert shift.seats() == [2]
