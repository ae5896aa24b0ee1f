"""Waits that may last equally long are given up by one timer."""

import asyncio
import gc
import weakref
from concurrent.futures import ThreadPoolExecutor
from typing import NamedTuple

import pytest
import uvloop

from bot.deadlines import Deadlines

SECONDS = 0.05


@pytest.fixture(params=[asyncio.new_event_loop, uvloop.new_event_loop], ids=["asyncio", "uvloop"])
def loop(request):
    """A loop in a thread of its own: where a browser is tested, another one runs in this thread."""
    made = request.param()
    with ThreadPoolExecutor(1) as thread:
        yield Loop(made, thread)
    made.close()


class Loop(NamedTuple):
    """A loop and the thread it runs in."""

    itself: asyncio.AbstractEventLoop
    thread: ThreadPoolExecutor

    def run(self, coroutine):
        return self.thread.submit(self.itself.run_until_complete, coroutine).result(30)


def test_a_wait_whose_time_is_over_is_given_up_and_says_so(loop):
    given_up: list[str] = []

    async def wait() -> bool:
        one = Deadlines(SECONDS).begin(lambda: given_up.append("one"))
        await asyncio.sleep(SECONDS / 2)
        assert not given_up
        await asyncio.sleep(SECONDS)
        one.end()
        return one.is_over

    assert loop.run(wait())
    assert given_up == ["one"]


def test_a_wait_that_ended_in_time_is_left_alone(loop):
    given_up: list[str] = []

    async def wait() -> bool:
        one = Deadlines(SECONDS).begin(lambda: given_up.append("one"))
        one.end()
        await asyncio.sleep(2 * SECONDS)
        return one.is_over

    assert not loop.run(wait())
    assert given_up == []


def test_each_is_given_up_after_its_own_time_whatever_ended_before_it(loop):
    given_up: list[tuple[int, float]] = []

    async def wait() -> None:
        deadlines = Deadlines(SECONDS)
        began = {}
        for number in range(6):
            began[number] = loop.itself.time()
            one = deadlines.begin(lambda number=number: given_up.append((number, loop.itself.time())))
            if number % 2:
                one.end()
            await asyncio.sleep(SECONDS / 4)
        await asyncio.sleep(2 * SECONDS)
        assert [number for number, _at in given_up] == [0, 2, 4]
        # uvloop counts milliseconds.
        assert all(at - began[number] > SECONDS - 0.002 for number, at in given_up)

    loop.run(wait())


def test_the_timer_begins_again_after_nobody_waited(loop):
    given_up: list[str] = []

    async def wait() -> None:
        deadlines = Deadlines(SECONDS)
        deadlines.begin(lambda: given_up.append("first"))
        await asyncio.sleep(2 * SECONDS)
        deadlines.begin(lambda: given_up.append("second"))
        await asyncio.sleep(2 * SECONDS)

    loop.run(wait())
    assert given_up == ["first", "second"]


def test_what_ended_is_not_kept_until_its_time_would_have_been_over(loop):
    class Thing:
        def forget(self) -> None:
            """Be kept alive by whoever holds this."""

    async def wait() -> list[object]:
        deadlines = Deadlines(3600)
        there = []
        for _ in range(100):
            thing = Thing()
            there.append(weakref.ref(thing))
            deadlines.begin(thing.forget).end()
        del thing
        gc.collect()
        return [one() for one in there]

    assert loop.run(wait()) == [None] * 100


def test_a_coroutine_that_is_cancelled_by_its_deadline_goes_on(loop):
    async def wait() -> str:
        task = asyncio.current_task()
        assert task is not None
        one = Deadlines(SECONDS).begin(task.cancel)
        try:
            await asyncio.sleep(3600)
        except asyncio.CancelledError:
            assert one.is_over
            assert not task.uncancel()
        await asyncio.sleep(0)  # nothing of the cancelling is left
        return "on"

    assert loop.run(wait()) == "on"
