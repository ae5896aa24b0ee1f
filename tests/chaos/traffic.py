"""Travellers who write all the time, and an ear at the platform for what became of it."""

import random
import threading
import time
from collections.abc import Callable
from typing import Any

import requests

from tests.chaos import settings
from tests.chaos.ledger import Call, Ledger, Pushed, Sent, number_in, numbers, question
from tests.chaos.machines import await_
from tests.chaos.network import ADDRESSES

TRAVELLERS = 40
LISTEN_EVERY = 0.5
MOST_READ = 2000  # the platform keeps as many
SAY = "/cgi-bin/message/custom/send"


class Platform:
    """The simulator, over its control API."""

    def __init__(self) -> None:
        self._url = f"http://{ADDRESSES['platform']}:{settings.PLATFORM_PORT}"
        self._local = threading.local()

    def ask(self, method: str, where: str, params: dict[str, Any] | None = None, **facts: Any) -> Any:
        """Make one request; raise for an answer that is an error."""
        if not hasattr(self._local, "http"):
            self._local.http = requests.Session()
            self._local.http.trust_env = False
        answer = self._local.http.request(
            method, f"{self._url}/sim/{where}", params=params, json=facts or {}, timeout=30
        )
        if answer.status_code >= 400:
            raise RuntimeError(f"{method} {where}: {answer.text}")
        return answer.json()

    def answers(self) -> bool:
        """Whether it serves."""
        try:
            self.ask("GET", "")
        except requests.RequestException:
            return False
        return True

    def enrol(self) -> None:
        """Have it know our account and the travellers."""
        self.ask(
            "PUT",
            f"accounts/{settings.APP_ID}",
            name="head",
            kind="service",
            verified=True,
            app_secret=settings.APP_SECRET,
            original_id=settings.ORIGINAL_ID,
            wechat_id="yizhan",
            token=settings.TOKEN,
            encoding_aes_key=settings.AES_KEY,
            mode="safe",
            url=f"https://{settings.SITE}/wechat/head",
            open_platform="yizhan",
        )
        for name in travellers():
            self.ask("POST", "travellers", id=name, name=name)

    def begin(self) -> None:
        """Wait until the address is verified, and have every traveller follow."""
        verify = f"accounts/{settings.APP_ID}/verify-url"
        await_("the webhook answers through nginx", lambda: not self.ask("POST", verify)["problem"])
        for name in travellers():
            self.ask("POST", f"travellers/{name}/follow", account="head")

    def pushes(self, since: int) -> list[dict[str, Any]]:
        """Return the pushes after number `since`."""
        found: list[dict[str, Any]] = self.ask("GET", "pushes", {"since": since, "limit": MOST_READ})[
            "pushes"
        ]
        return found

    def calls(self, since: int) -> list[dict[str, Any]]:
        """Return the customer-service messages we were asked to show after number `since`."""
        params = {"since": since, "limit": MOST_READ, "path": SAY}
        found: list[dict[str, Any]] = self.ask("GET", "calls", params)["calls"]
        return found

    def bubbles(self, traveller: str) -> list[dict[str, Any]]:
        """Return what stands in a traveller's chat."""
        where = f"travellers/{traveller}/chat"
        found: list[dict[str, Any]] = self.ask("GET", where, {"account": "head", "peek": 1})["bubbles"]
        return found

    def openids(self) -> dict[str, str]:
        """Return whose OpenID is whose."""
        return {one["openid"]: one["id"] for one in map(self._traveller, travellers())}

    def _traveller(self, name: str) -> dict[str, Any]:
        known = self.ask("GET", f"travellers/{name}")
        return {"id": name, "openid": known["accounts"][settings.APP_ID]["openid"]}


def travellers() -> list[str]:
    """Return the names of those who write."""
    return [f"t{number}" for number in range(TRAVELLERS)]


class Traffic:
    """Writes `rate` messages a second from now until `stop`, and listens until `close`."""

    def __init__(self, platform: Platform, chance: random.Random, *, rate: float) -> None:
        self.ledger = Ledger()
        self.troubles: list[str] = []
        self._platform = platform
        self._chance = chance
        self._rate = rate
        self._silent, self._deaf = threading.Event(), threading.Event()
        self._last = {"pushes": 0, "calls": 0}
        self._threads = [
            threading.Thread(target=self._guarded, args=(work,), daemon=True)
            for work in (self._write, self._hear)
        ]
        for thread in self._threads:
            thread.start()

    def stop(self) -> None:
        """Write no more."""
        self._silent.set()
        self._threads[0].join()

    def close(self) -> None:
        """Hear the rest, and listen no more."""
        self._deaf.set()
        self._threads[1].join()
        self._listen()
        for name in travellers():
            bubbles = self._platform.bubbles(name)
            said = [one["content"].get("content", "") for one in bubbles if one["via"] == "custom"]
            self.ledger.heard.update(numbers(said))

    def _guarded(self, work: Callable[[], None]) -> None:
        try:
            work()
        except Exception as error:  # a run whose traffic ended early has shown nothing
            self.troubles.append(f"{work.__name__.strip('_')}: {error!r}")

    def _write(self) -> None:
        names = travellers()
        number, due = 0, time.monotonic()
        while not self._silent.is_set():
            if number % len(names) == 0:
                self._chance.shuffle(names)
            name = names[number % len(names)]
            self.ledger.sent[number] = Sent(number, name, time.time())
            facts = {"account": "head", "text": question(number), "wait": False}
            self._platform.ask("POST", f"travellers/{name}/say", **facts)
            number += 1
            # Moments nobody can foresee, as many a second as asked for on average.
            due += self._chance.expovariate(self._rate)
            self._silent.wait(max(0.0, due - time.monotonic()))

    def _hear(self) -> None:
        while not self._deaf.wait(LISTEN_EVERY):
            self._listen()

    def _listen(self) -> None:
        for push in self._platform.pushes(self._last["pushes"]):
            self._last["pushes"] = push["id"]
            if push["type"] != "event" and (number := number_in(push["body"])) is not None:
                reply = (push["reply"] or {}).get("content")
                seconds = sum(attempt["seconds"] for attempt in push["attempts"])
                reasons = tuple(attempt["error"] for attempt in push["attempts"] if attempt["error"])
                self.ledger.pushed.append(
                    Pushed(
                        number,
                        push["time"],
                        seconds,
                        len(push["attempts"]),
                        push["delivered"],
                        reply,
                        reasons,
                    )
                )
        for call in self._platform.calls(self._last["calls"]):
            self._last["calls"] = call["id"]
            self.ledger.calls.append(Call.read(call))
