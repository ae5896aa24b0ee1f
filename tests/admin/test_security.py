"""What an attacker would try: text in every place a traveller or a colleague fills, on every page that shows it."""

import csv
import html.parser
import io
import re
import xml.etree.ElementTree as ET
from collections import Counter
from dataclasses import replace
from itertools import product
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from sqlalchemy import String, Text, select, update

from bot import audit
from bot.app import assemble
from bot.db import utc_now
from bot.db.types import table_of
from bot.desk import notices
from bot.desk.models import Agent, AgentRecord, DeskAnswer, DeskNote, DeskSession
from bot.fans.models import Fan
from bot.messages.models import Message
from bot.organisation.models import Branch, Shop, Staff
from bot.outbox.models import Promise, State
from bot.replies import office as office_replies
from bot.users.models import User
from tests import make
from tests.admin.test_walk import routes
from tests.support.crawler import FAR
from tests.support.phone import Phone

PAYLOADS = sorted((Path(__file__).parents[1] / "payloads").glob("*.xml"))
HOSTILE = "\"'><img src=x onerror=alert(7)><script>alert(7)</script>{{7777*7777}}"
STRUCTURE = {"MsgType", "Event", "FromUserName", "ToUserName", "CreateTime", "MsgId", "MsgID"}
# What colleagues, importers and WeChat fill: each is shown somewhere.
FILLED = (
    (Branch, "name", "city"),
    (Shop, "name", "address", "phone", "hours"),
    (Staff, "name", "role"),
    (Agent, "nickname"),
    (User, "name"),
    (Promise, "reason"),
    (DeskNote, "rule_title", "reason", "kf_account", "done_by"),
    (AgentRecord, "words", "kf_account"),
    (DeskAnswer, "kf_account"),
    (DeskSession, "kf_account", "moved_to"),
    (Fan, "first_scene", "last_scene", "subscribe_scene", "unionid"),
)


def hostile(payload: bytes) -> bytes:
    """Return the push with the attack in every text that does not say what kind of push it is."""
    root = ET.fromstring(payload)
    for node in root.iter():
        if len(node) == 0 and node.tag not in STRUCTURE and (node.text or "").strip():
            is_number = re.fullmatch(r"-?[\d.]+", node.text.strip())
            node.text = node.text if is_number else HOSTILE
    return ET.tostring(root)


@pytest.fixture
def attacked(office):
    """Every kind of push with the attack in it, and the attack in every name somebody types."""
    shop_id = make.shop(office.db)
    account_id = office.runtime.accounts["head"].id
    make.channel(office.db, HOSTILE[:64], account_id=account_id, shop_id=shop_id)
    make.online(office.db, account_id, "amy@yizhan")
    rule_id = make.rule(
        office.db, title=HOSTILE[:64], words=[HOSTILE], content=HOSTILE, match="contains", notify_desk=True
    )
    config = office.runtime.config
    patient = replace(
        config, webhook=replace(config.webhook, budget_seconds=60)
    )  # however busy the machine is
    phone = Phone(assemble(replace(office.runtime, config=patient)), config.accounts[0])
    for payload in PAYLOADS:
        answer = phone.post(hostile(payload.read_bytes()))
        assert answer.status in {200, 400}, payload.stem
    phone.say(HOSTILE)
    phone.event(HOSTILE[:40].replace("<", "("), What=HOSTILE)
    now = utc_now()
    with office.db.transaction() as session:
        fan = session.scalars(select(Fan).limit(1)).one()
        fan.last_shop_id = shop_id
        message = session.scalars(select(Message).where(Message.fan_id == fan.id).limit(1)).one()
        session.add(Staff(shop_id=shop_id, name="x", role="x", active=True))
        facts = {"account_id": account_id, "fan_id": fan.id, "kf_account": "x"}
        session.add(AgentRecord(key=b"k" * 16, said_at=now, words="x", **facts))
        session.add(DeskSession(opened_at=now, closed_at=now, moved_to="x", **facts))
        session.add(DeskAnswer(message_id=message.id, asked_at=now, answered_at=now, seconds=9, **facts))
        session.add(
            DeskNote(
                message_id=message.id, rule_id=rule_id, rule_title="x", state="open", reason="x",
                created_at=now, done_at=now, done_by="x", **facts,
            )
        )  # fmt: skip
        office_replies.write(session, fan, HOSTILE, user_id=1, user_name=HOSTILE[:64], now=now)
        session.add(
            Promise(
                job=HOSTILE[:64], arguments={HOSTILE: [HOSTILE]}, state=State.DEAD, due_at=now, attempts=1,
                created_at=now, finished_at=now, reason=HOSTILE,
            )
        )  # fmt: skip
        session.flush()
        keep = session.scalars(select(User.id).where(User.name == "alice")).one()
        for model, *names in FILLED:
            table = table_of(model)
            for name in names:
                kind = table.c[name].type
                assert isinstance(kind, String | Text)
                change = update(table).values({name: HOSTILE[: kind.length or 400]})
                if model is User:
                    change = change.where(table.c.id != keep)
                session.execute(change)
    return office


def addresses(office):
    """Return every page there is: each route with the ids of rows that are there, and each list filtered."""
    with office.db.reading() as session:
        fans = session.scalars(select(Fan.id)).all()
        promises = session.scalars(select(Promise.id)).all()
    found = [address for _endpoint, address in routes(office, "GET")]
    found += [f"/admin/fans/{key}" for key in fans] + [f"/admin/outbox/{key}" for key in promises]
    found += [f"/admin/outbox/?state={state}" for state in State]
    found += [f"/admin/desk/notes/?state={state}" for state in notices.NoteState]
    quoted = "%22%3E%3Cscript%3Ealert(7)%3C/script%3E"
    for page in ("fans", "messages", "outbox", "audit", "users", "shops", "staff", "replies", "desk/answers"):
        for name in ("q", "who", "scene", "since", "kind", "account", "agent", "before", "state", "answered"):
            found.append(f"/admin/{page}/?{name}={quoted}")
    found.append(f"/admin/replies/try?said={quoted}&trigger=keyword")
    return found


class Page(html.parser.HTMLParser):
    """Finds what no page of ours holds: elements and attributes that run something."""

    def __init__(self, text):
        super().__init__()
        self.wrong = []
        self.addresses = []
        self.feed(text)

    def handle_starttag(self, tag, attributes):
        facts = dict(attributes)
        if tag == "script" and not str(facts.get("src", "")).startswith("/assets/"):
            self.wrong.append(tag)
        if tag in {"style", "iframe", "object", "embed", "base"} or (
            tag == "img" and facts.get("src") == "x"
        ):
            self.wrong.append(tag)
        self.wrong += [name for name in facts if name == "style" or name.startswith("on")]
        for name in ("href", "src", "action", "formaction"):
            if value := facts.get(name):
                self.addresses.append(value)


def test_nothing_a_traveller_sends_or_a_colleague_types_becomes_markup_on_any_page(attacked):
    """What travellers push; nouns this small office has no row of are read by the crawler, over the sown demo."""
    alice = attacked.inside("alice")
    shown, came = 0, Counter()
    for address in addresses(attacked):
        answer = alice.get(address)
        assert answer.status_code in {200, 303, 404, 422}, address
        came[answer.status_code] += 1
        if answer.mimetype != "text/html":
            continue
        assert "unsafe" not in answer.headers["Content-Security-Policy"], address
        page = Page(answer.text)
        assert page.wrong == [], address
        assert HOSTILE not in answer.text, address
        assert "<script>alert" not in answer.text, address
        assert "60481729" not in answer.text, address  # a template would have worked it out
        assert not [
            one for one in page.addresses if not urlsplit(one).path.startswith("/") and one[0] not in "#?"
        ]
        shown += answer.text.count("&lt;img src=x onerror=alert(7)&gt;")
        shown += answer.text.count("&lt;img src=x onerror=")
    assert shown > 100  # else the attack was not on the pages at all
    assert came[404] < 65 < came[200] // 3  # a page that is not there proves nothing


def test_every_kind_of_push_is_on_the_pages_that_were_looked_at(attacked):
    kinds = {message.kind for message in make.messages(attacked.db)}
    alice = attacked.inside("alice")
    listed = "".join(alice.get(f"/admin/messages/?kind={kind}").text for kind in sorted(kinds))

    assert len(kinds) > 50
    # The kinds whose texts are shown, each with the attack in it, inert.
    for kind in ("text", "voice", "link", "location", "event.click", "event.subscribe", "event.scan"):
        assert kind in kinds
    assert listed.count("&lt;img src=x onerror=alert(7)&gt;") > 20


@pytest.mark.browser
def test_nothing_runs_in_a_browser(browser, served, attacked):
    context = browser.new_context()
    tab, ran = context.new_page(), []
    tab.on("dialog", lambda dialog: (ran.append(dialog.message), dialog.dismiss()))
    tab.on("console", lambda said: ran.append(said.text) if "Security Policy" in said.text else None)
    tab.on("pageerror", lambda error: ran.append(str(error)))
    tab.goto(f"{served}/admin/login")
    tab.fill("[name=name]", "alice")
    tab.fill("[name=password]", "a-lantern-over-a-road")
    tab.click("form .btn-primary")
    with attacked.db.reading() as session:
        fan_id = session.scalars(select(Fan.id).limit(1)).one()
    for path in (
        "", "fans/", f"fans/{fan_id}", "messages/", "replies/", "replies/1", "replies/try?said=%3Cimg%20src=x%20onerror=alert(7)%3E",
        "shops/", "shops/1", "staff/", "staff/1", "outbox/", "audit/", "users/", "desk/notes/", "desk/answers/",
    ):  # fmt: skip
        tab.goto(f"{served}/admin/{path}")
        assert tab.locator("img[src=x]").count() == 0, path
    context.close()

    assert ran == []


@pytest.mark.parametrize("far", FAR)
def test_signing_in_leads_nobody_away(office, far):
    """Every other form that says where to go on is sent so, with all else in it as it should be, by the crawler."""
    far = far.format(within="admin")

    answer = office.person("alice").sign_in(next=far)
    shown = office.person().get("/admin/login", query_string={"next": far})

    assert answer.status_code == 303
    assert re.match(r"/admin(/[^/\\]|/$)", answer.location)
    assert 'name="next" value=""' in shown.text


TRICKS = [
    "../config.toml", "..%2f..%2fconfig.toml", "....//....//etc/passwd", "%2e%2e%2f%2e%2e%2fetc%2fpasswd",
    "/etc/passwd", "..\\..\\config.toml", "file:///etc/passwd", "%00", "1%00.png", "office.js%00",
]  # fmt: skip


def test_no_address_leads_to_a_file_that_is_not_meant(attacked):
    alice = attacked.inside("alice")
    bases = {"/assets/x/", "/admin/", "/h5/head/"}
    for rule in attacked.app.url_map.iter_rules():
        if "GET" in rule.methods and rule.arguments:
            bases.add(rule.rule.split("<")[0])
    for base, path in product(sorted(bases), TRICKS):
        answer = alice.get(base + path)
        assert answer.status_code in {303, 308, 400, 404, 405}, (base, path)
        if answer.status_code in {303, 308}:
            assert urlsplit(answer.location).netloc in {"", "localhost"}, answer.location
        assert "root:" not in answer.text


FORMULAS = ["=1+1", "+86 138", "-2", "@SUM(A1)", "=cmd|'/c calc'!A1", "\t=1", "＝1", '=HYPERLINK("//x")']


@pytest.mark.parametrize("formula", FORMULAS)
def test_a_formula_anywhere_is_a_word_in_an_export(office, formula):
    subject = audit.Subject("user", formula[:60], formula)
    with office.db.transaction() as session:
        who = audit.Actor(formula, None, formula)
        audit.record(session, who, formula, subject, now=utc_now(), after={"x": formula}, reason=formula)
    alice = office.inside("alice")
    alice.get("/admin/audit/")

    answer = alice.post("/admin/audit/export", reason=formula)

    rows = list(csv.reader(io.StringIO(answer.text.removeprefix("\ufeff"))))
    run = [cell for row in rows for cell in row if cell.lstrip()[:1] in {"=", "+", "-", "@", "＝"}]
    assert answer.status_code == 200
    assert run == []
    assert sum(formula in cell for row in rows for cell in row) >= 5
