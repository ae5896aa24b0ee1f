"""The pages inside WeChat before a test: our application, and phones whose browsers go to the simulator and back.

The application runs in this process; WeChat is the real simulator over HTTP.  Stories in a browser use
`tests.support.system`, where our processes are real, too.
"""

import contextlib
import re
from dataclasses import replace
from urllib.parse import urlsplit

import requests
from sqlalchemy import select, update
from werkzeug.test import TestResponse

from bot.app import pages
from bot.config import PrivacyConfig, ServerConfig, SmsConfig
from bot.db import utc_now
from bot.fans.models import Fan
from bot.jobs import JOBS
from bot.members import identities, people
from bot.members.models import IdentityKind, Tally
from bot.organisation import phones
from bot.organisation.models import Staff
from bot.outbox.models import Promise
from bot.outbox.outcomes import Pointless
from bot.privacy import vault_of
from bot.runtime import open_runtime
from simulator.server import Server
from tests import make

HOST = "http://127.0.0.1:8765"
KEY = "a2V5a2V5a2V5a2V5a2V5a2V5a2V5a2V5a2V5a2V5a2U="
AGENT = "Mozilla/5.0 (iPhone; CPU iPhone OS 17_5 like Mac OS X) MicroMessenger/8.0.50"


AGREED = {"consent": "yes", "version": "1", "sent": "yes"}


class Inn:
    """Two service accounts and a subscription account behind one address."""

    def __init__(
        self, database_url: str, platform: Server, folder, *, public_url: str = HOST, **sections
    ) -> None:
        self.platform = platform
        self.http = requests.Session()
        self.http.trust_env = False
        accounts = (
            make.account("head"),
            make.account("tours"),
            make.account("shanghai", kind="subscription"),
        )
        config = make.config(database_url, *accounts)
        server = ServerConfig(public_url=public_url, folder=str(folder), proxies=1)
        wechat = replace(config.wechat, api_base=platform.url, timeout_seconds=20.0)
        known = {"privacy": PrivacyConfig(f"inn:{KEY}", KEY), "sms": SmsConfig(first="simulator")}
        self.config = replace(config, server=server, wechat=wechat, **{**known, **sections})
        self.runtime = open_runtime(self.config)
        self.db = self.runtime.db
        self.app = pages(self.runtime)
        self.public_url = public_url
        host = urlsplit(public_url).hostname
        for one in accounts:
            self.sim(
                "PUT",
                f"accounts/{one.app_id}",
                name=one.name,
                kind=one.kind,
                verified=True,
                app_secret=one.app_secret,
                token=one.token,
                encoding_aes_key=one.encoding_aes_key,
                oauth_domain=host,
                open_platform="yizhan",
            )

    def sim(self, method: str, path: str, **facts):
        answer = self.http.request(method, f"{self.platform.url}/sim/{path}", json=facts, timeout=30)
        assert answer.status_code < 400, answer.text
        return answer.json()

    def phone(self, traveller: str = "alice", **facts) -> "Pocket":
        """Return the phone of a traveller, who is made if there is none of that name."""
        self.sim("POST", "travellers", id=traveller, name=traveller, **facts)
        return Pocket(self, traveller)

    def fans(self) -> dict[str, Fan]:
        return make.fans(self.db)

    def openid(self, traveller: str, account: str = "head") -> str:
        app_id = make.account(account).app_id
        return self.sim("GET", f"travellers/{traveller}")["accounts"][app_id]["openid"]

    def add_fan(self, openid: str, account: str = "head", **facts) -> int:
        with self.db.transaction() as session:
            fan = Fan(
                account_id=self.runtime.accounts[account].id,
                openid=openid,
                standing="following",
                created_at=utc_now(),
                follow_count=1,
                message_count=0,
                **facts,
            )
            session.add(fan)
            session.flush()
            return fan.id

    def employ(self, shop_id: int, name: str = "王珊", *, phone: str | None = None) -> int:
        with self.db.transaction() as session:
            staff = Staff(shop_id=shop_id, name=name, role="旅行顾问", active=True)
            phones.put(staff, phone, vault_of(self.config.privacy))
            session.add(staff)
            session.flush()
            return staff.id

    def work(self) -> None:
        """Do what was promised, as a worker would, one after another."""
        with self.db.transaction() as session:
            waiting = session.scalars(select(Promise).filter_by(state="waiting").order_by(Promise.id)).all()
            for row in waiting:
                row.state, row.waiting_key = "done", None
        for row in waiting:
            with contextlib.suppress(Pointless):
                JOBS[row.job](self.runtime, **row.arguments)

    def minute_later(self) -> None:
        """Let every pause between two codes be over, as a minute of waiting does."""
        with self.db.transaction() as session:
            session.execute(update(Tally).values(ends_at=utc_now()))

    def member(self, number: str, name: str = "会员") -> int:
        """Add somebody who has proven that number."""
        vault, now = vault_of(self.config.privacy), utc_now()
        with self.db.transaction() as session:
            member, key = people.add(session, vault, source="binding", shop_id=None, now=now)
            member.verified_at = now
            people.describe(member, key, name=name, birthday=None)
            identities.add(
                session, vault, member, key, kind=IdentityKind.PHONE, value=number, verified=True, now=now
            )
            return member.id

    def sms(self, number: str) -> list[str]:
        """Return the words of the messages that arrived at `number`, oldest first."""
        self.work()
        return [each.text for each in self.platform.platform.state.sms if each.phone == number]

    def code(self, number: str) -> str:
        """Return the code in the newest message at `number`."""
        return re.search(r"(?<!\d)\d{6}(?!\d)", self.sms(number)[-1])[0]

    def close(self) -> None:
        self.runtime.close()
        self.http.close()


class Pocket:
    """One traveller's browser: cookies of its own, and every redirect it was sent through in `trail`."""

    def __init__(self, inn: Inn, traveller: str) -> None:
        self.inn = inn
        self.traveller = traveller
        self.client = inn.app.test_client()
        self.trail: list[str] = []
        self.csrf = ""
        self.last: TestResponse | None = None

    def get(self, path: str, *, follow: bool = True, **options) -> TestResponse:
        """Open a page as WeChat's browser does, through as many redirects as it takes."""
        self.trail = (
            [path] if path.startswith("/h5/") and self.last is not None and self.last.location == path else []
        )
        answer = self.request("GET", path, **options)
        while follow and answer.status_code in {301, 302, 303}:
            assert len(self.trail) < 12, self.trail
            answer = self.request("GET", self.forward(answer.location))
        return answer

    def post(self, path: str, *, follow: bool = True, **fields) -> TestResponse:
        """Send a form of the page that was opened last."""
        answer = self.request("POST", path, data={"csrf": self.csrf, **fields})
        return self.get(answer.location) if follow and answer.status_code in {302, 303} else answer

    def forward(self, address: str) -> str:
        """Go where a redirect leads; WeChat's page answers with another. Return a path of ours."""
        self.trail.append(address)
        if address.startswith(self.inn.platform.url):
            page = self.inn.http.get(
                address.partition("#")[0], headers={"X-Sim-Traveller": self.traveller}, allow_redirects=False
            )
            assert page.status_code == 302, page.text[:500]
            return self.forward(page.headers["Location"])
        return address.removeprefix(self.inn.public_url)

    def request(self, method: str, path: str, **options) -> TestResponse:
        headers = {"User-Agent": AGENT, "X-Forwarded-For": "203.0.113.7", **options.pop("headers", {})}
        answer = self.client.open(
            path, method=method, base_url=self.inn.public_url, headers=headers, **options
        )
        if answer.mimetype == "text/html" and (found := re.search(r'name="csrf" value="(\w+)"', answer.text)):
            self.csrf = found[1]
        self.last = answer
        return answer

    def ask_code(self, number: str, *, account: str = "head", path: str = "bind", **fields) -> TestResponse:
        """Open the form and have a code sent to `number`."""
        page = f"/h5/{account}/{path}"
        self.get(page)
        return self.post(f"{page}/code", phone=number, **AGREED, **fields)

    def bind(self, number: str, *, account: str = "head", **fields) -> TestResponse:
        """Go through the whole form, with the code that arrives at `number`."""
        sent = self.ask_code(number, account=account)
        assert sent.status_code == 200, sent.text
        fields = {"phone": number, "code": self.inn.code(number), **AGREED, **fields}
        return self.post(f"/h5/{account}/bind", **fields)

    def cookie(self, what: str = "who", account: str = "head") -> str | None:
        found = self.client.get_cookie(self._name(what, account), self._host)
        return found.value if found else None

    def put_cookie(self, value: str, what: str = "who", account: str = "head") -> None:
        self.client.set_cookie(self._name(what, account), value, domain=self._host)

    def drop_cookie(self, what: str = "who", account: str = "head") -> None:
        self.client.delete_cookie(self._name(what, account), domain=self._host)

    @property
    def _host(self) -> str:
        return urlsplit(self.inn.public_url).hostname or ""

    def _name(self, what: str, account: str) -> str:
        prefix = "__Host-" if self.inn.public_url.startswith("https") else ""
        return f"{prefix}yizhan_h5_{account}_{what}"
