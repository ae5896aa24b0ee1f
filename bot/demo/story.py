"""A traveller's visit, told on the running demo: over the real protocol, seen from their phone."""

import re
import time
import unicodedata
from collections.abc import Iterator
from datetime import datetime
from typing import Any
from urllib.error import URLError
from urllib.request import ProxyHandler, build_opener

from bot.config import AccountConfig, Config
from bot.demo.platform import Platform, SimulatorRefused
from bot.errors import YizhanError

WAIT = 60.0
SOON = 60.0  # for an answer that a worker sends; where the machine was just started, it has much to do
FIGURE = re.compile(r"^(yizhan_\w+)(\{[^}]*\})? ([0-9.e+]+)$", re.MULTILINE)


class NothingToTell(YizhanError):
    """The operator's move: the demo does not run, or not here."""


def tell(config: Config) -> int:
    """Play the visit and print it as a chat; 0 if every message was answered as it should be."""
    head = next((one for one in config.accounts if one.name == "head"), None)
    platform = Platform(config.wechat.api_base) if config.wechat.api_base else None
    if head is None or platform is None or not platform.is_simulator():
        raise NothingToTell("the demo does not run here; start it in another terminal with: make run")
    visit = Visit(platform, head, config.server.public_url)
    visit.play()
    return 0 if visit.went_well else 1


class Visit:
    """One traveller, from the scan to the farewell."""

    def __init__(self, platform: Platform, account: AccountConfig, public_url: str) -> None:
        self._platform = platform
        self._account = account
        self._url = public_url
        self._id = f"story-{int(time.time() * 1000):x}"
        self._name = "林晓川"
        self._seen = 0
        self.went_well = True

    def play(self) -> None:
        """Play every scene."""
        scene = self._first_code()
        before = self._figures()
        self._platform.ask("POST", "travellers", {"id": self._id, "name": self._name})
        _print(f"\n  {self._name} · 云程旅行   （模拟环境 simulated WeChat）\n")
        self._do("扫描门店二维码并关注  scans a shop's code and follows", "follow", scene=scene)
        self._do("写：营业时间  writes a keyword", "say", text="营业时间")
        self._do("写：海报，有后续消息  a keyword with a message after it", "say", bubbles=2, text="海报")
        self._do("点菜单「找客服 → 附近门店」  taps a button of the menu", "menu", path=[1, 0])
        self._do(
            "写：没有规则能回答的话  writes what no rule answers",
            "say",
            text="想带父母去看银杏，十一月合适吗",
        )
        self._do("取消关注  leaves", "unfollow", bubbles=0)
        self._sum_up(before)

    def _first_code(self) -> str:
        """Return the scene of a code WeChat has made; the worker may be at it still."""
        end = time.monotonic() + WAIT
        while time.monotonic() < end:
            codes = self._platform.codes(self._account.app_id)
            shown = self._platform.ask("GET", f"menu?account={self._account.app_id}")["button"]
            if codes and shown:
                return min((str(code["scene"]) for code in codes), key=lambda scene: (len(scene), scene))
            time.sleep(0.2)
        raise NothingToTell("WeChat has no codes or menu of ours yet; see: python -m bot outbox list")

    def _do(self, title: str, act: str, *, bubbles: int = 1, **facts: Any) -> None:
        _print(f"  ── {title}")
        began = time.perf_counter()
        try:
            push = self._platform.act(self._id, act, account=self._account.app_id, **facts)["push"]
        except SimulatorRefused as error:
            self.went_well = False
            _print(f"     {error}")
            return
        taken = 1000 * sum(one.get("seconds", 0.0) for one in push["attempts"])
        if not push["delivered"] or push.get("problem"):
            self.went_well = False
            _print(f"     ✗ {push.get('problem') or 'not delivered'}")
        shown = 0
        for bubble in self._bubbles(bubbles if act != "say" else bubbles + 1):
            if bubble["type"] == "transfer":
                shown += 1
                continue
            late = 1000 * (time.perf_counter() - began)
            self._show(bubble, taken if bubble["via"] in {"reply", ""} else late)
            shown += bubble["sender"] != "traveller"
        if shown < bubbles:
            self.went_well = False
            _print(f"     ✗ {bubbles} answers were due, {shown} came")
        reply = push.get("reply") or {}
        if reply.get("type") == "transfer_customer_service":
            _print(f"     → 转给客服  handed to an agent · {taken:.0f} ms")
        elif bubbles == 0:
            _print(f"     → 已记下  noted · {taken:.0f} ms")

    def _bubbles(self, count: int) -> Iterator[dict[str, Any]]:
        """Yield what is new in the chat, until there are `count` or nothing comes for a while."""
        end = time.monotonic() + (SOON if count else 0.0)
        found = 0
        while True:
            for bubble in self._platform.chat(self._id, self._account.app_id, self._seen):
                self._seen = max(self._seen, bubble["id"])
                found += 1
                yield bubble
            if found >= count or time.monotonic() > end:
                return
            time.sleep(0.03)

    def _show(self, bubble: dict[str, Any], milliseconds: float) -> None:
        text = bubble["content"].get("content") or f"[{bubble['type']}]"
        at = datetime.fromtimestamp(bubble["time"]).astimezone().strftime("%H:%M:%S")
        if bubble["sender"] == "traveller":
            _print(f"     {at}  {self._name}  {text}")
            return
        how = "" if bubble["via"] == "reply" else " · 客服消息 customer-service message"
        first, *rest = text.splitlines() or [""]
        _print(f"     {at}  云程旅行  {first}")
        for line in rest:
            _print(f"{' ' * 15}{' ' * _width('云程旅行')}  {line}")
        _print(f"{' ' * 15}{' ' * _width('云程旅行')}  · {milliseconds:.0f} ms{how}")

    def _sum_up(self, before: dict[str, float]) -> None:
        after = self._figures()
        for _ in range(30):  # the last promise may still be at work
            if (
                _total(after, "yizhan_outbox_rows", 'state="waiting"', 'state="queued"', 'state="running"')
                == 0
            ):
                break
            time.sleep(0.1)
            after = self._figures()
        messages = _total(after, "yizhan_messages_total") - _total(before, "yizhan_messages_total")
        done = _total(after, "yizhan_outbox_rows", 'state="done"') - _total(
            before, "yizhan_outbox_rows", 'state="done"'
        )
        dead = _total(after, "yizhan_outbox_rows", 'state="dead"')
        _print(
            f"\n  服务器记下 {messages:.0f} 条消息，兑现 {done:.0f} 个承诺，失败 {dead:.0f} 个。"
            f"\n  The server counted {messages:.0f} messages, {done:.0f} promises kept, {dead:.0f} dead."
            f"\n  {self._url}/metrics\n"
        )

    def _figures(self) -> dict[str, float]:
        try:
            with build_opener(ProxyHandler({})).open(f"{self._url}/metrics", timeout=30) as response:
                text = response.read().decode()
        except (URLError, OSError):
            raise NothingToTell(f"{self._url} does not answer; start the demo with: make run") from None
        return {name + labels: float(value) for name, labels, value in FIGURE.findall(text)}


def _total(figures: dict[str, float], name: str, *labels: str) -> float:
    """Return the sum of a figure over all its labels, or over those with one of `labels`."""
    return sum(
        value
        for key, value in figures.items()
        if key.partition("{")[0] == name and (not labels or any(label in key for label in labels))
    )


def _width(text: str) -> int:
    return sum(2 if unicodedata.east_asian_width(letter) in "WF" else 1 for letter in text)


def _print(line: str) -> None:
    print(line, flush=True)  # noqa: T201 - a story is told at a terminal
