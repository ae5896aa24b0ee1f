"""A visitor who follows every link and sends every form with what an attacker would write into it.

Every page is read and its forms are kept; each form is sent, filled in as a careful colleague would but for
one field; forms that say where to go on are sent with addresses elsewhere; and what was read is read again, for
what was stored and is shown now.
"""

import itertools
import random
import re
from collections import Counter
from collections.abc import Callable, Collection, Iterable
from typing import Any
from urllib.parse import parse_qsl, urlencode, urljoin, urlsplit

from werkzeug.test import TestResponse

from tests.support.page_forms import Field, Form, Page

TAG = "'\"><svg/onload=alert(1)>"
MARKUPS = (TAG, TAG + "{{7777*7777}}${7777*7777}%0d%0aX-Broken:1")
VALUES = (
    "9" * 40,
    "-1",
    "",
    "\x00\u202e٣½\U0001f600",
    "../../../etc/passwd",
    "0.5e400",
    "2026-02-30",
    "长" * 5000,
    MARKUPS[1],
)
BROKEN = (
    "<svg/onload",
    "60481729",
)  # as markup; with its brackets escaped it is a text. What a template worked out
SHOWN = "&lt;svg/onload"
WAYS = {"back", "next", "to", "return", "url"}  # fields that may say where to go on
FAR = (
    "https://evil.example/", "//evil.example", "/\\evil.example", "/{within}//evil.example", "/admin/../../x",
    "/{within}/%2e%2e/\r\nLocation: //evil.example", "javascript:alert(1)", "data:text/html,x", "\t//evil.example",
)  # fmt: skip
AWAY = 502  # what a page says while WeChat does not answer, as it does not here
SHAPES = 3  # of the forms that lead to one address and differ in what they carry along


class Crawler:
    """One visitor, who stays on `host` below `within` and may be sent to `also`.

    Each form is sent once with markup in one of its texts, which all the others leave acceptable, and `times`
    more with the next of `VALUES` in any one field; a `times` of 0.5 is for every other form.  Which field it
    is `seed` decides.  `faults` is what went wrong, each with the request that did it; `accepted` are the
    forms that did something, `led` those that went on somewhere though they were told to go elsewhere, `shown`
    the addresses where the markup was read again as the text it is.
    """

    def __init__(
        self,
        ask: Callable[..., TestResponse],
        *,
        within: str,
        host: str,
        also: str = "",
        times: float = 1,
        seed: int = 2026,
    ) -> None:
        self._ask = ask
        self._within, self._host, self._times = within, host, times
        self._hosts = {"", host, also}
        self._chance = random.Random(seed)
        self._values = itertools.cycle(VALUES)
        self._markups = itertools.cycle(MARKUPS)
        self._owed, self._once = 0.0, 0
        self._seen: Counter[tuple[str, str]] = Counter()
        self._shapes: Counter[tuple[str, str]] = Counter()
        self._again: dict[str, None] = {}
        self.forms: list[tuple[Form, str, str]] = []
        self.faults: list[str] = []
        self.requests: Counter[str] = Counter()
        self.accepted: set[str] = set()
        self.shown: set[str] = set()
        self.led: set[str] = set()

    def crawl(self, *starts: str) -> None:
        """Begin at `starts` and go wherever they lead, once to each address that looks alike."""
        self._read(starts)
        # What only presses a button comes last: it may end what the others wrote into.
        for form, where, page in [one for one in self.forms if one[0].free]:
            self._attack(form, where, page)
        self._read_again()
        for form, where, page in self.forms:
            self._send_away(form, where, page)
        for form, where, page in [one for one in self.forms if not one[0].free]:
            self._attack(form, where, page)
        self._read_again()

    def ask(self, method: str, address: str, **options: Any) -> TestResponse:
        """Make a request and look at the answer."""
        answer = self._ask(method, address, **options)
        self.requests[method] += 1
        said = f"{method} {address:.300} {options.get('data', '')!s:.600}"
        if answer.status_code >= 500 and answer.status_code != AWAY:
            self.faults.append(f"{answer.status_code}: {said}")
        if answer.mimetype == "text/html" and any(one in answer.text for one in BROKEN):
            self.faults.append(f"markup of a stranger: {said}")
        if "X-Broken" in answer.headers:
            self.faults.append(f"a header of a stranger: {said}")
        location = answer.headers.get("Location", "")
        if self._is_elsewhere(location):
            self.faults.append(f"sent away to {location}: {said}")
        if answer.mimetype == "text/html" and "evil.example" in answer.text:
            page = Page(answer.text)
            for link in [*page.links, *(form.action for form in page.forms)]:
                if self._is_elsewhere(link) and ("evil" in link or ":" in link.partition("/")[0]):
                    self.faults.append(f"leads away to {link}: {said}")
        if answer.headers.get("X-Content-Type-Options") != "nosniff" or not answer.headers.get(
            "Content-Security-Policy"
        ):
            self.faults.append(f"a header is missing: {said}")
        return answer

    def _read(self, starts: Iterable[str]) -> None:
        waiting = [one for one in starts if self._is_new("GET", one)]
        while waiting:
            address = waiting.pop(0)
            answer = self.ask("GET", address)
            if answer.mimetype != "text/html":
                continue
            page = Page(answer.text)
            if "?" not in address and answer.status_code == 200:
                self._again[address] = None
            for link in page.links:
                where = self._inside(address, link)
                if where and self._is_new("GET", where):
                    waiting.append(where)
            for form in page.forms:
                where = self._inside(address, form.action or address)
                if form.method in {"get", "post"} and where and self._is_new_form(form, where):
                    self.forms.append((form, where, address))

    def _read_again(self) -> None:
        addresses, self._again = self._again, {}
        for address in addresses:
            answer = self.ask("GET", address)
            if answer.mimetype == "text/html" and SHOWN in answer.text:
                self.shown.add(address)

    def _attack(self, form: Form, where: str, page: str) -> None:
        asked: set[str] = set()
        texts = [one for one in form.free if one.kind in {"text", "textarea", "search"}]
        if texts or not form.free:
            self._chance.shuffle(texts)
            fresh, value = self._fresh(form, where, page), next(self._markups)
            answer = self._send(fresh, where, next(iter(texts), None), value)
            if answer.status_code == 422 and texts:  # as a colleague would who is told what is missing
                asked = set(re.findall(r'id="e-(\w+)"', answer.text))
                spoilt = next((one for one in texts if one.name not in asked), texts[0])
                self._send(fresh, where, spoilt, value, asked=asked)
        able = [one for one in form.fields if one.name != "csrf"]
        self._owed += self._times
        while self._owed >= 1:
            self._owed -= 1
            if able:
                spoilt = self._chance.choice(able)
                self._send(self._fresh(form, where, page), where, spoilt, next(self._values), asked=asked)

    def _send_away(self, form: Form, where: str, page: str) -> None:
        for way in [one for one in form.fields if one.name in WAYS and one.kind in {"hidden", "text"}]:
            for far in FAR:
                told = far.format(within=self._within.strip("/"))
                answer = self._send(self._fresh(form, where, page), where, way, told)
                if answer.status_code in {302, 303}:
                    self.led.add(where)

    def _is_elsewhere(self, address: str) -> bool:
        whole = urlsplit(address)
        is_odd = address[:2] in {"/\\", "\\\\", "\\/"} or any(letter < " " for letter in address)
        return is_odd or whole.scheme not in {"", "http", "https"} or whole.netloc not in self._hosts

    def _fresh(self, form: Form, where: str, page: str) -> Form:
        """Return the form as it is now: one that somebody has changed since is refused for that alone."""
        if "version" not in form.names:
            return form
        now = Page(self.ask("GET", page).text).forms
        same = [one for one in now if self._inside(page, one.action or page) == where]
        return next((one for one in same if one.names == form.names), form)

    def _send(
        self, form: Form, where: str, spoilt: Field | None, value: str, *, asked: Collection[str] = ()
    ) -> TestResponse:
        sent: dict[str, list[str]] = {}
        for one in form.fields:
            said = one.likely(asked=one.name in asked)
            if spoilt and one.name == spoilt.name:
                said = [value[: one.longest] if value in MARKUPS else value]
            elif one.name == "once":
                self._once += 1
                said = [f"crawl{self._once}"]
            sent.setdefault(one.name, []).extend(said)
        if form.method == "get":
            return self.ask("GET", where.partition("?")[0] + "?" + urlencode(sent, doseq=True))
        answer = self.ask("POST", where, data=sent)
        if answer.status_code in {302, 303}:
            self.accepted.add(where)
            if there := self._inside(where, answer.headers["Location"]):
                self._again[there] = None
        return answer

    def _inside(self, page: str, link: str) -> str | None:
        whole = urlsplit(urljoin(f"http://{self._host}{page}", link))
        if whole.netloc != self._host or not whole.path.startswith(self._within):
            return None
        return whole.path + (f"?{whole.query}" if whole.query else "")

    def _is_new_form(self, form: Form, where: str) -> bool:
        method = form.method.upper()
        if not self._is_new(method, where + "#" + ",".join(form.names)):
            return False
        place = method, re.sub(r"\d+", "N", where.partition("?")[0])
        self._shapes[place] += 1
        return self._shapes[place] <= SHAPES

    def _is_new(self, method: str, address: str) -> bool:
        path, _, query = address.partition("?")
        alike = re.sub(r"\d+", "N", path) + "?" + ",".join(sorted(name for name, _ in parse_qsl(query)))
        self._seen[method, alike] += 1
        return self._seen[method, alike] == 1
