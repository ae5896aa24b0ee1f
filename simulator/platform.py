"""The platform as a whole: its state behind one lock, clock, faults, traffic, and the way out to the bots.

The lock is held for moments only, never while a bot is called.
"""

import threading
from concurrent.futures import Future
from dataclasses import asdict
from typing import Any

from simulator import snapshot
from simulator.blobs import Blobs
from simulator.clock import Clock
from simulator.events import EventBus
from simulator.faults import Faults
from simulator.push.courier import Courier
from simulator.push.messages import Fields, Push
from simulator.settings import Settings
from simulator.state import Job, State
from simulator.traffic import Traffic
from simulator.world.accounts import Account
from simulator.world.chats import Bubble
from simulator.world.fans import Fan
from simulator.world.people import Traveller


class Platform:
    """Everything a face of the simulator works on."""

    def __init__(self, state: State | None = None, blobs: Blobs | None = None) -> None:
        self.lock = threading.RLock()
        self.state = state or State()
        self.blobs = blobs or Blobs()
        self.clock = Clock(self.state.clock_offset)
        self.events = EventBus()
        self.faults = Faults()
        self.traffic = Traffic(self.settings.traffic_kept)
        self.courier = Courier(self)
        self.base_url = "http://127.0.0.1"  # the server sets its own
        self.api_paths: frozenset[str] = frozenset()  # what openapi/quota/get knows; the API face fills it
        self.revision = 0  # grows with every change, so that the state is saved only when there was one

    @property
    def settings(self) -> Settings:
        """What the protocol leaves open."""
        return self.state.settings

    def now(self) -> float:
        """The platform's time."""
        return self.clock.now()

    def touch(self) -> None:
        """Remember that something changed."""
        self.revision += 1

    def account(self, name: str) -> Account | None:
        """The account of that app id, name or original id."""
        found = self.state.accounts.get(name)
        if found is not None:
            return found
        named = [
            each for each in self.state.accounts.values() if name and name in (each.name, each.original_id)
        ]
        return named[0] if named else None

    def traveller_of(self, fan: Fan) -> Traveller:
        """The person behind a fan."""
        return self.state.travellers[fan.traveller]

    def show(
        self,
        account: Account,
        fan: Fan,
        sender: str,
        kind: str,
        content: dict[str, Any],
        *,
        via: str = "",
        agent: str = "",
    ) -> Bubble:
        """Put something into the traveller's chat."""
        number = self.state.number("next_bubble")
        bubble = Bubble(number, sender, kind, content, self.now(), agent=agent, via=via)
        account.chat(fan.openid).add(bubble, self.settings.bubbles_kept)
        self.events.publish("chat", account=account.app_id, traveller=fan.traveller, bubble=asdict(bubble))
        self.touch()
        return bubble

    def compose(self, account: Account, fan: Fan, fields: Fields, *, sender: str = "") -> Push:
        """Address a message or event to the account's bot; messages get a MsgId."""
        session = account.desk.sessions.get(fan.openid)
        whole: Fields = {
            "ToUserName": account.original_id,
            "FromUserName": sender or fan.openid,
            "CreateTime": int(self.now()),
            **fields,
        }
        if fields.get("MsgType") != "event":
            whole["MsgId"] = self.state.number("next_message")
        return Push(account.app_id, fan.traveller, fan.openid, whole, session.kf_account if session else "")

    def send(self, push: Push, *, times: int = 1, together: bool = False) -> list[Future[dict[str, Any]]]:
        """Start delivering; each future gives the record of one delivery."""
        return self.courier.send(push, times=times, together=together)

    def announce(self, account: Account, fields: Fields, *, sender: str, fan: Fan | None = None) -> None:
        """Push an event nobody waits for, such as the end of a mass message."""
        stand_in = fan or Fan(sender, "")
        self.send(self.compose(account, stand_in, fields, sender=sender))

    def later(self, seconds: float, kind: str, account: Account, **facts: Any) -> None:
        """Have a job done when the platform's clock is `seconds` further."""
        self.state.jobs.append(Job(self.now() + seconds, kind, account.app_id, facts))
        self.touch()

    def advance(self, seconds: float) -> None:
        """Move the clock and tell the watchers."""
        self.clock.advance(seconds)
        self.state.clock_offset = self.clock.offset
        self.events.publish("clock", now=self.now(), offset=self.clock.offset)
        self.touch()

    def replace(self, state: State) -> None:
        """Begin again from another state; faults and traffic are forgotten."""
        self.state = state
        self.clock.offset = state.clock_offset
        self.faults.remove()
        self.traffic.pushes.clear()
        self.traffic.calls.clear()
        self.events.publish("reset")
        self.touch()

    def saved_text(self) -> str:
        """The state as the text of its file."""
        return snapshot.dump(self.state)

    def close(self) -> None:
        """Stop pushing and let the watchers go."""
        self.courier.close()
        self.events.close()
