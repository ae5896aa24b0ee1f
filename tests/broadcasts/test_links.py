"""Short links: who they are for, where they may lead, and which openings count."""

from dataclasses import replace

import pytest
from sqlalchemy import select

from bot.app import pages
from bot.config import H5Config, ServerConfig
from bot.db import utc_now
from bot.links import keeping, tokens
from bot.links.models import LinkClick, ShortLink
from bot.runtime import open_runtime
from tests import make

KEY, OTHER = b"k" * 32, b"o" * 32
PHONE = {"User-Agent": "Mozilla/5.0 (iPhone) MicroMessenger/8.0.50"}
HOST = "https://travel.example"


@pytest.fixture
def runtime(empty_sqlite):
    config = make.config(empty_sqlite)
    signed = H5Config("a2V5a2V5a2V5a2V5a2V5a2V5a2V5a2V5a2V5a2V5a2U=")
    opened = open_runtime(replace(config, server=ServerConfig(public_url=HOST), h5=signed))
    yield opened
    opened.close()


def clicks(runtime):
    with runtime.db.reading() as session:
        return [(row.link_id, row.fan_id) for row in session.scalars(select(LinkClick))]


def test_a_token_is_short_and_names_link_and_fan():
    for link_id, fan_id in ((1, 1), (300, 5_000_000), (2**40, 2**62)):
        token = tokens.make([KEY], link_id, fan_id)
        assert tokens.read([OTHER, KEY], token) == tokens.Addressee(link_id, fan_id)
    assert len(tokens.make([KEY], 300, 5_000_000)) <= 20


@pytest.mark.parametrize("spoil", ["", "x", "A" * 60, "é", "AAAA", "../../etc"])
def test_what_we_did_not_sign_is_nobodys(spoil):
    token = tokens.make([KEY], 300, 5_000_000)
    assert tokens.read([KEY], spoil) is None
    assert tokens.read([OTHER], token) is None
    for place in range(len(token)):
        letter = "A" if token[place] != "A" else "B"
        changed = token[:place] + letter + token[place + 1 :]
        assert tokens.read([KEY], changed) is None


ADDRESSES = {
    "https://shop.example/a?b=c#d": True,
    f"{HOST}/h5/head/me": True,
    "http://travel.example/h5/head/me": False,
    "http://shop.example/": False,
    "javascript:alert(1)": False,
    "https://user:word@shop.example/": False,
    "https://shop.example\\@evil.example/": False,
    "https://shop.example/ space": False,
    "https://shop.example/中文": False,
    "//shop.example/": False,
    "https:///path": False,
    "https://shop.example:0/": False,
    "https://shop.example:port/": False,
    "https://shop.example/" + "a" * 500: False,
    "": False,
}


@pytest.mark.parametrize("address", ADDRESSES)
def test_links_lead_by_https_or_to_ourselves(address):
    assert keeping.is_address(address, HOST) is ADDRESSES[address]


def test_a_link_leads_to_its_address_and_only_people_who_open_it_count(runtime):
    with runtime.db.transaction() as session:
        [first, again, second] = keeping.put(
            session, "broadcast:1", ["https://a.example/", "https://a.example/", f"{HOST}/x"], now=utc_now()
        )
    with runtime.db.transaction() as session:
        assert keeping.put(session, "broadcast:1", [f"{HOST}/x"], now=utc_now()) == [second]
        assert session.scalars(select(ShortLink.id)).all() == [first, second]
    assert first == again
    said = keeping.filled(runtime.config, "看{链接2}和{链接3}", link_ids=[first, second], fan_id=7)
    assert said.startswith(f"看{HOST}/l/")
    assert said.endswith("和{链接3}")
    address = keeping.personal(runtime.config, link_id=first, fan_id=7).removeprefix(HOST)
    client = pages(runtime).test_client()

    answer = client.get(address, headers=PHONE)
    assert (answer.status_code, answer.location) == (302, "https://a.example/")
    assert answer.headers["Cache-Control"] == "no-store"
    assert client.head(address, headers=PHONE).status_code == 302
    assert client.get(address, headers={"User-Agent": "Mpcrawler/1.0 bot"}).status_code == 302
    assert client.get(address, headers={**PHONE, "Sec-Purpose": "prefetch"}).status_code == 302
    assert client.post(address, headers=PHONE).status_code == 405
    assert client.get(address[:-1] + ("A" if address[-1] != "A" else "B")).status_code == 404
    unknown = keeping.personal(runtime.config, link_id=999, fan_id=7).removeprefix(HOST)
    assert client.get(unknown, headers=PHONE).status_code == 404
    assert clicks(runtime) == [(first, 7)]

    for _time in range(30):
        assert client.get(address, headers=PHONE).status_code == 302
    assert 15 < len(clicks(runtime)) <= 40


def test_guessing_is_slowed_down(runtime):
    client = pages(runtime).test_client()
    found = {client.get("/l/AAAAAAAAAAAAAAAAAA").status_code for _time in range(130)}
    assert found == {404, 429}
