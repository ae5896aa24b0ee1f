"""How much may be written after which act, and for how long (protocol §6.5)."""

import pytest


@pytest.fixture
def write(sim):
    sim.act("alice", "follow")
    openid = sim.openid("alice")

    def write(times=1):
        body = {"touser": openid, "msgtype": "text", "text": {"content": "x"}}
        return [sim.code("/cgi-bin/message/custom/send", body) for _ in range(times)]

    return write


def test_a_follow_is_good_for_three_within_a_minute(sim, write):
    assert write(4) == [0, 0, 0, 45047]
    sim.post("clock", advance=61)
    assert write() == [45015]


def test_a_message_is_good_for_five_within_two_days(sim, write):
    sim.act("alice", "say", text="hi")

    assert write(6) == [0] * 5 + [45047]


def test_after_49_hours_nothing_may_be_written(sim, write):
    sim.act("alice", "say", text="hi")
    sim.post("clock", advance=47 * 3600)
    sim._token = None
    assert write() == [0]

    sim.post("clock", advance=2 * 3600)
    sim._token = None

    assert write() == [45015]


def test_windows_do_not_add_up(sim, write):
    sim.act("alice", "say", text="hi")
    assert write(4) == [0] * 4

    sim.act("alice", "click", key="K")

    assert write(4) == [0, 0, 0, 45047]


def test_opening_a_link_opens_no_window(sim, write):
    sim.post("clock", advance=61)

    sim.act("alice", "view", url="https://a.example")

    assert write() == [45015]


def test_typing_needs_an_exchange_just_now(sim, write):
    openid = sim.openid("alice")
    command = {"touser": openid, "command": "Typing"}

    assert [sim.code("/cgi-bin/message/custom/typing", command) for _ in range(2)] == [0, 45081]
    sim.post("clock", advance=31)
    assert sim.code("/cgi-bin/message/custom/typing", command) == 45080
