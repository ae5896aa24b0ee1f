"""What travellers, agents and tills do, each over the door that is theirs."""

import contextlib
import hashlib
import hmac
import json
import random
import re
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import requests

from tests.soak.house import House, word

KNOWN = ("营业时间", "海报", "门店", "退改", "价格")
UNKNOWN = ("想带父母去看银杏，十一月合适吗", "请问行程有变化吗", "谢谢", "😀 好的")
PAGES = ("/me", "/coupons", "/mall", "/bind", "/me/points")
ALREADY_BOUND = "您已经是会员"
DAYS = 60  # in which members have bought
ALREADY = 409  # the phone would not let them: they follow already, or not


class Failed(Exception):
    """A step that was to go well did not."""


class NotNow(Exception):
    """There was nothing to do, or they were asked to wait: neither done nor failed; the text says which."""


@dataclass
class Traveller:
    """One of a street's travellers; `busy` keeps others from being them."""

    id: str
    phone: str
    web: requests.Session = field(default_factory=requests.Session)
    follows: bool = True
    bound_at: float = 0.0
    busy: threading.Lock = field(default_factory=threading.Lock)


class Street:
    """Everybody who is before the account, and the doors they use."""

    def __init__(self, house: House, *, travellers: int, till: tuple[str, str]) -> None:
        self.house = house
        self.app_id = house.config.accounts[0].app_id
        self.till = till
        self.travellers = [Traveller(f"soak{one}", f"139{one:08}") for one in range(travellers)]
        self.members: list[Traveller] = []
        self.scenes: list[str] = []
        self._local = threading.local()
        self._receipts = 0

    def open(self) -> None:
        """Have everybody follow, and a tenth of them bind their telephones."""
        found = self.sim("GET", f"codes?account={self.app_id}")["codes"]
        self.scenes = [str(one["scene"]) for one in found]
        for one in self.travellers:
            self.sim("POST", "travellers", id=one.id, name=one.id, phone=one.phone)
            self.act(one, "follow", scene=random.choice(self.scenes) if self.scenes else "")
        for one in self.travellers[:: max(1, len(self.travellers) // 20)]:
            with contextlib.suppress(NotNow):
                bind(self, one)

    def sim(self, method: str, where: str, **facts: Any) -> dict[str, Any]:
        """Ask the simulator's control API; raise `NotNow` for what a phone would not let one do."""
        answer = self._http().request(
            method, f"{self.house.simulator}/sim/{where}", json=facts or None, timeout=30
        )
        if answer.status_code == ALREADY:
            raise NotNow(f"{where.rpartition('/')[2]}: the simulator would not")
        if answer.status_code >= 400:
            raise Failed(f"simulator {answer.status_code}: {answer.text[:200]}")
        said: dict[str, Any] = answer.json()
        return said

    def act(self, who: Traveller, verb: str, **facts: Any) -> None:
        """Have somebody do something; a push that we did not answer is a failure."""
        push = self.sim("POST", f"travellers/{who.id}/{verb}", account=self.app_id, **facts).get("push")
        if push and (not push["delivered"] or push.get("problem")):
            raise Failed(f"{verb}: {push.get('problem') or 'not delivered'}")

    def page(self, who: Traveller, path: str) -> str:
        """Open a page as the phone's browser does, through WeChat's sign-in where it is asked for."""
        url = f"{self.house.web}/h5/head{path}"
        for _ in range(6):
            answer = who.web.get(url, timeout=30, allow_redirects=False)
            if answer.status_code not in {302, 303}:
                break
            url = requests.compat.urljoin(url, answer.headers["Location"])  # type: ignore[attr-defined]
            if "/connect/oauth2/authorize" in url:
                url = url.replace("?", f"?sim_traveller={who.id}&", 1).partition("#")[0]
        if answer.status_code != 200:
            raise Failed(f"page {path}: {answer.status_code}")
        return answer.text

    def forget(self, since: float) -> None:
        """Count as strangers again who became members at `since` or later: that was lost."""
        self.members = [one for one in self.members if one.bound_at < since]

    def receipt(self, member: Traveller) -> dict[str, Any]:
        """Return what a till reports of a member's purchase.

        On a day of theirs: what somebody bought on one day is judged together, and nobody buys five hundred
        times on one, as a few members of an hour that stands for months would.
        """
        self._receipts += 1
        at = datetime.now(UTC) - timedelta(days=random.randrange(DAYS))
        return {
            "number": f"S{self._receipts:09}",
            "member": {"phone": f"+86{member.phone}"},
            "amount": random.randint(20, 900) * 100,
            "payment": "wechat",
            "occurred_at": at.isoformat(timespec="seconds"),
        }

    def report(self, path: str, said: dict[str, Any]) -> int:
        """Send what a till has to say, signed; return the answer's status."""
        key, secret = self.till
        body, target = json.dumps(said).encode(), f"/api/v1{path}"
        stamp, nonce = str(int(time.time())), word()
        text = "\n".join(("POST", target, stamp, nonce, hashlib.sha256(body).hexdigest()))
        headers = {
            "X-Yizhan-Key": key,
            "X-Yizhan-Timestamp": stamp,
            "X-Yizhan-Nonce": nonce,
            "X-Yizhan-Signature": hmac.new(secret.encode(), text.encode(), hashlib.sha256).hexdigest(),
            "Content-Type": "application/json",
        }
        return self._http().post(self.house.web + target, data=body, headers=headers, timeout=30).status_code

    def _http(self) -> requests.Session:
        if not hasattr(self._local, "http"):
            self._local.http = requests.Session()
        http: requests.Session = self._local.http
        return http


def scan(street: Street, who: Traveller) -> None:
    street.act(who, "scan", scene=random.choice(street.scenes))
    who.follows = True


def ask_known(street: Street, who: Traveller) -> None:
    come_back(street, who)
    street.act(who, "say", text=random.choice(KNOWN))


def ask_unknown(street: Street, who: Traveller) -> None:
    come_back(street, who)
    street.act(who, "say", text=random.choice(UNKNOWN))


def tap_menu(street: Street, who: Traveller) -> None:
    come_back(street, who)
    street.act(who, "menu", path=[1, 0])


def ask_a_person(street: Street, who: Traveller) -> None:
    come_back(street, who)
    street.act(who, "say", text="人工")


def serve(street: Street, _who: Traveller) -> None:
    """Agents say something and end a conversation or two."""
    agents = street.sim("GET", f"agents?account={street.app_id}")["agents"]
    busy = [(one["kf_account"], session) for one in agents for session in one.get("sessions", [])]
    if not busy:
        raise NotNow("serve: nobody is talked with")
    for kf_account, session in random.sample(busy, min(2, len(busy))):
        traveller = session["traveller"] if isinstance(session, dict) else session
        facts = {"account": street.app_id, "traveller": traveller}
        street.sim("POST", f"agents/{kf_account}/say", **facts, text="好的，马上为您看。")
        street.sim("POST", f"agents/{kf_account}/close", **facts)


def leave_and_return(street: Street, who: Traveller) -> None:
    if who.follows:
        who.follows = False  # whatever comes of it: the phone would not let who has left already
        street.act(who, "unfollow")
    else:
        come_back(street, who)


def come_back(street: Street, who: Traveller) -> None:
    """Have who has left follow again: a phone lets nobody else write or tap."""
    if not who.follows:
        who.follows = True
        street.act(who, "follow", scene=random.choice(street.scenes))


def look_at_a_page(street: Street, who: Traveller) -> None:
    street.page(who, random.choice(PAGES))


def buy(street: Street, who: Traveller) -> None:
    """A member's receipt is reported by the till; it earns points by the demo's rules."""
    if not street.members:
        raise NotNow("buy: nobody is a member")
    status = street.report("/purchases", street.receipt(random.choice(street.members)))
    if status not in {200, 201}:
        raise Failed(f"purchase: {status}")


def bind(street: Street, who: Traveller) -> None:
    """Prove a telephone by the code of a short message; who has a puzzle to solve tries another day."""
    page = street.page(who, "/bind")
    if ALREADY_BOUND in page:
        if who not in street.members:  # the restored backup knew of it after all
            street.members.append(who)
        raise NotNow("bind: is a member")
    fields = dict(re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)"', page))
    if "csrf" not in fields:
        raise Failed("bind: a page without a form")
    url = f"{street.house.web}/h5/head/bind"
    form = {**fields, "country": "+86", "phone": who.phone, "consent": "yes"}
    had = len(_messages(street, who))  # a restore makes strangers of members whose phones hold an old code
    sent = who.web.post(f"{url}/code", data=form, timeout=30)
    if _has_to_wait(sent):
        raise NotNow("bind: asked to wait")
    if sent.status_code != 200 or 'name="sent"' not in sent.text:
        raise Failed(f"bind: no code was sent, {sent.status_code}")
    code = _code(street, who, had)
    began = time.time()
    done = who.web.post(url, data={**form, "sent": "yes", "code": code}, timeout=30, allow_redirects=False)
    if _has_to_wait(done):
        raise NotNow("bind: asked to wait")
    if done.status_code != 303:
        raise Failed(f"bind: {done.status_code}")
    who.bound_at = began
    street.members.append(who)


def _has_to_wait(answer: requests.Response) -> bool:
    return answer.status_code == 429 or (answer.status_code == 422 and "/puzzle/" in answer.text)


def _messages(street: Street, who: Traveller) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = street.sim("GET", f"travellers/{who.id}/sms")["messages"]
    return found


def _code(street: Street, who: Traveller, had: int) -> str:
    for _ in range(50):
        messages = _messages(street, who)[had:]
        if messages and (found := re.search(r"\d{6}", messages[-1]["text"])):
            return found[0]
        time.sleep(0.2)
    raise Failed("bind: no code came")


JOURNEYS: dict[Callable[[Street, Traveller], None], int] = {
    ask_known: 26,
    ask_unknown: 10,
    scan: 14,
    tap_menu: 12,
    look_at_a_page: 12,
    leave_and_return: 10,
    buy: 8,
    ask_a_person: 3,
    serve: 4,
    bind: 1,
}


def choose(chance: random.Random) -> Callable[[Street, Traveller], None]:
    """Return what somebody does next."""
    return chance.choices(list(JOURNEYS), list(JOURNEYS.values()))[0]
