"""The whole system with its pages: two service accounts, a menu that leads to the pages, a worker, a phone in a browser."""

import re

from playwright.sync_api import expect
from sqlalchemy import select

from bot.accounts.models import Account
from bot.db import utc_now
from bot.jobs import EVERYDAY
from bot.menus import versions
from bot.outbox.models import Promise
from bot.privacy import vault_of
from tests.support.system import AES_KEY, System, eventually

SECOND = "wxstorytours0001"
KEYS = "a2V5a2V5a2V5a2V5a2V5a2V5a2V5a2V5a2V5a2V5a2U="


class Road(System):
    """One deployment whose pages a traveller opens in the simulated phone."""

    def settings(self, port):
        known = super().settings(port)
        text = known.replace("[database]", f'public_url = "http://127.0.0.1:{port}"\n[database]', 1)
        return f"""{text}
[[accounts]]
name = "tours"
app_id = "{SECOND}"
app_secret = "{"s" * 32}"
token = "simtoken2026"
encoding_aes_key = "{AES_KEY}"
mode = "safe"
original_id = "gh_tours"
[sms]
first = "simulator"
[privacy]
keys = "story:{KEYS}"
index_key = "{KEYS}"
"""

    def enrol(self):
        super().enrol()
        self.sim("PUT", f"accounts/{self.app_id}", oauth_domain="127.0.0.1")
        self.sim(
            "PUT",
            f"accounts/{SECOND}",
            name="tours",
            kind="service",
            verified=True,
            app_secret="s" * 32,
            original_id="gh_tours",
            wechat_id="yizhan_tours",
            token="simtoken2026",
            encoding_aes_key=AES_KEY,
            url=f"http://127.0.0.1:{self.webs[0]}/wechat/tours",
            open_platform="yizhan",
            oauth_domain="127.0.0.1",
        )

    def leaks(self, heard, *numbers):
        """Where a number stands in clear: the database's files, logs, and what Redis was told and holds."""
        redis = self.redis.client
        held = b"".join(redis.dump(key) or b"" for key in redis.scan_iter())
        places = {"redis, said": bytes(heard), "redis, held": held}
        places |= {str(file): file.read_bytes() for file in self.folder.rglob("*") if file.is_file()}
        assert b"BRPOP" in heard or b"BLPOP" in heard or b"LMOVE" in heard  # the workers were overheard
        assert any(name.endswith(".log") and b"promise kept" in said for name, said in places.items())
        assert any(".db" in name and b"sms.send" in said for name, said in places.items())
        return [(place, number) for place, said in places.items() for number in numbers if number in said]

    def put_menus(self):
        """Give both accounts a menu of our pages, through the product's own job."""
        now = utc_now()
        with self.db.transaction() as session:
            for account in session.scalars(select(Account)):
                pages = f"http://127.0.0.1:{self.webs[0]}/h5/{account.name}"
                views = {
                    "会员卡": "/me",
                    "绑定手机": "/bind",
                    "员工入口": "/staff",
                    "更换号码": "/me/phone",
                    "积分商城": "/mall",
                }
                buttons = [
                    {"type": "view", "name": name, "url": pages + path} for name, path in views.items()
                ]
                ours = [{"name": "我的", "sub_button": buttons}]
                versions.add(
                    session,
                    account=account.name,
                    account_id=account.id,
                    book={"default": ours, "conditional": []},
                    author="",
                    author_id=None,
                    note="",
                    now=now,
                )
        eventually(lambda: len(self.calls("/cgi-bin/menu/create")) >= 2)

    def outstanding(self):
        """The promises that somebody still has to keep now, but the timetable's."""
        with self.db.reading() as session:
            due = select(Promise).where(Promise.state.not_in(("done", "dead")), Promise.due_at <= utc_now())
            return [one.job for one in session.scalars(due) if one.job not in EVERYDAY]

    @property
    def vault(self):
        """The keys of the deployment."""
        return vault_of(self.config(self.webs[0]).privacy)

    def phone(self, open_tab, traveller, account="head"):
        """Show the chat of a traveller with an account in a browser."""
        app_id = self.app_id if account == "head" else SECOND
        self.sim("POST", f"travellers/{traveller}/follow", account=app_id)
        tab = open_tab(f"{self.platform.url}/phone#who={traveller}&account={app_id}")
        expect(tab.locator(".bubbles li").first).to_be_visible()
        return tab

    def sms(self, traveller):
        """The words of the messages that arrived at a traveller's number, oldest first."""
        return [each["text"] for each in self.sim("GET", f"travellers/{traveller}/sms")["messages"]]

    def code(self, traveller, *, after=0):
        """The code in the newest message, once more than `after` have come."""
        eventually(lambda: len(self.sms(traveller)) > after)
        return re.search(r"\d{6}", self.sms(traveller)[-1])[0]


def page_in(tab):
    return tab.frame_locator(".web-frame")


def tap(tab, name):
    """Open a page from the menu."""
    tab.get_by_role("button", name="我的", exact=True).click()
    tab.get_by_role("menuitem", name=name).click()
    return page_in(tab)
