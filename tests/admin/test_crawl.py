"""The sown demo, crawled by a colleague who means it no good: every page, every form, with what an attacker writes."""

import re

import pytest
from sqlalchemy import func, select

from bot.config import AccountConfig, Config, DatabaseConfig, PrivacyConfig, ServerConfig, WeChatConfig
from bot.demo import seed
from bot.mall.models import MallOrder
from bot.privacy import vault_of
from bot.runtime import open_runtime
from tests.support.crawler import SHOWN, TAG, Crawler
from tests.support.office import Office
from tests.support.planting import plant

KEY = "a2V5a2V5a2V5a2V5a2V5a2V5a2V5a2V5a2V5a2V5a2U="
PRIVACY = PrivacyConfig(f"a:{KEY}", KEY)
ACCOUNTS = tuple(
    AccountConfig(
        name, f"wx{name}1234567890", "secret", "token", kind, "abcdefghijklmnopqrstuvwxyz0123456789ABCDEFG"
    )
    for name, kind in (("head", "service"), ("shanghai", "subscription"))
)


@pytest.fixture
def office(empty_sqlite):
    config = Config(
        server=ServerConfig(public_url="http://localhost"),
        database=DatabaseConfig(url=empty_sqlite),
        wechat=WeChatConfig(api_base="http://127.0.0.1:9"),
        privacy=PRIVACY,
        accounts=ACCOUNTS,
    )
    seed.sow(config)
    runtime = open_runtime(config)
    made = Office(runtime)
    made.add("alice")
    yield made
    runtime.close()


def test_no_page_and_no_form_breaks_whatever_is_written_into_it(office):
    planted = plant(office.db, vault_of(PRIVACY), TAG, but="alice")
    alice = office.inside("alice")

    def ask(method, address, **options):
        nonlocal alice
        answer = alice.client.open(address, method=method, **signed(options))
        if "/admin/login" in answer.headers.get("Location", ""):  # the form before was signing out
            alice = office.inside("alice")
            answer = alice.client.open(address, method=method, **signed(options))
        return answer

    def signed(options):
        """Have the form carry the token of who has signed in again since it was read."""
        return options | {"data": {**options["data"], "csrf": alice.token}} if "data" in options else options

    crawler = Crawler(ask, within="/admin/", host="localhost", times=0.34)
    with office.db.reading() as session:
        order = session.scalar(select(func.min(MallOrder.id)).where(MallOrder.address.is_not(None)))
    # Looked at before: the crawler's own refund may take the address away.
    sent_to = crawler.ask("POST", f"/admin/mall/orders/{order}/address", data={})
    crawler.crawl("/admin/")

    assert crawler.faults == []
    assert crawler.requests["POST"] > 200
    assert crawler.requests["GET"] > 500
    # Else it was refused at every door, and nothing of it was stored and read again.
    assert len(crawler.accepted) > 100
    assert len(crawler.shown) > 120
    # What only a nearly empty office lacked: who, what they ordered, and where it goes.
    assert {"member's name", "mall_order", "address", "purchase", "segment", "till"} < planted
    assert sent_to.text.count(SHOWN) >= 2
    assert {re.sub(r"\d+", "N", one) for one in crawler.shown} > {
        "/admin/members/N",
        "/admin/mall/orders/N",
        "/admin/purchases/N",
        "/admin/segments/N",
        "/admin/broadcasts/N",
        "/admin/series/N",
        "/admin/coupons/N",
        "/admin/materials/N",
    }
    assert {"/admin/language", "/admin/account"} < crawler.led
