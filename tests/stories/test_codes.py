"""From an order of five hundred codes to what travellers read who scan them, over the real protocol."""

import io
import re
import zipfile
from datetime import datetime

import openpyxl
import pypdfium2
import pytest
import requests
from PIL import Image
from sqlalchemy import select

from bot.accounts.models import Account
from bot.batches.models import Batch
from bot.channels import making
from bot.channels.models import Channel
from bot.db import utc_now
from bot.fans.models import Fan
from bot.moments import HERE
from bot.organisation.models import Staff
from bot.prints import proof
from bot.users import passwords
from bot.users.models import User
from bot.users.roles import Role
from tests import make
from tests.support.system import eventually

SHOPS, STAFF = 40, 460
PASSWORD = "a-lantern-over-a-road"


class Marketer:
    """A browser of the back office, over HTTP."""

    def __init__(self, system):
        self.base = f"http://127.0.0.1:{system.webs[0]}/admin"
        self.http, self.system = requests.Session(), system
        with system.db.transaction() as session:
            passwords.put(session, name="mei", role=Role.MARKETER, password=PASSWORD, now=utc_now())
            session.flush()
            user = session.scalars(select(User).filter_by(name="mei")).one()
            user.must_change, user.reach = False, "all"
        self.send("/login", "/login", name="mei", password=PASSWORD)

    def send(self, page, path, **fields):
        token = re.search(r'name="csrf" value="(\w+)"', self.http.get(self.base + page).text)[1]
        answer = self.http.post(self.base + path, data={"csrf": token, **fields})
        assert answer.status_code == 200, answer.text
        return answer

    def batch(self, page, path, **fields):
        """Send the form, wait until the batch has ended, and return what came of it."""
        key = int(self.send(page, path, **fields).url.rsplit("/", 1)[1])
        eventually(lambda: self._state(key) not in {"waiting", "running"})
        assert self._state(key) == "done", self.system.log("worker")
        return self.http.get(f"{self.base}/batches/{key}/file")

    def _state(self, key):
        with self.system.db.reading() as session:
            batch = session.get_one(Batch, key)
        assert batch.failed == 0, batch.problems
        return batch.state


@pytest.fixture
def system(deploy):
    system = deploy()
    names = [f"上海第{number}店" for number in range(SHOPS)]
    ids = [make.shop(system.db, name) for name in names]
    with system.db.transaction() as session:
        session.add_all(
            Staff(shop_id=ids[number % SHOPS], name=f"员工{number}", role="顾问", active=True)
            for number in range(STAFF)
        )
    system.shops = ids
    return system


def channels(system):
    with system.db.reading() as session:
        return {row.url: row for row in session.scalars(select(Channel))}


def test_five_hundred_codes_for_forty_shops_each_lead_to_their_own_channel(system):
    mei = Marketer(system)
    shared = {"kind": "permanent", "purpose": "wall", "shops": system.shops, "suffix": "码"}
    greeting = {"reply_type": "text", "reply_content": "欢迎来到{门店}。"}
    mei.batch("/channels/many", "/channels/many", by="shop", **shared, **greeting)
    mei.batch("/channels/many", "/channels/many", by="staff", **shared, **greeting)
    made = channels(system)
    assert len(made) == SHOPS + STAFF
    scenes = {one["url"]: one["scene"] for one in system.sim("GET", "codes?account=head")["codes"]}
    assert scenes == {url: row.scene for url, row in made.items()}

    order = {"layout": "24", "width": "430", "logo": "", "foot": "微信扫一扫", "svg": "yes"}
    archive = mei.batch("/channels/download", "/channels/download", **order, form="zip").content
    sheets = mei.batch("/channels/download", "/channels/download", **order, form="pdf")

    with zipfile.ZipFile(io.BytesIO(archive)) as opened:
        book = openpyxl.load_workbook(io.BytesIO(opened.read("codes.xlsx")))
        listed = list(book["codes"].iter_rows(min_row=2, values_only=True))
        found = set()
        for row in listed:
            with Image.open(io.BytesIO(opened.read(row[0]))) as picture:
                [url] = proof.read(picture.convert("L"))
            assert made[url].id == row[1]
            assert made[url].name == row[3]
            found.add(url)
    assert found == set(made)
    assert sheets.headers["Content-Type"] == "application/pdf"
    found, captions = set(), ""
    with pypdfium2.PdfDocument(sheets.content) as document:
        assert len(document) == -(-(SHOPS + STAFF) // 24)
        for page in document:
            found |= proof.read(page.render(scale=200 / 72, grayscale=True).to_pil())
            captions += page.get_textpage().get_text_bounded()
    assert found == set(made)
    assert all(row.scene in captions for row in made.values())

    here = next(row for row in made.values() if row.name.startswith("员工7·"))
    assert system.hears("scan", scene=here.scene) == "欢迎来到上海第7店。"
    [fan] = make.fans(system.db).values()
    assert (fan.first_channel_id, fan.first_shop_id) == (here.id, here.shop_id)


def test_a_killed_worker_and_a_stopped_batch_leave_every_code_whole_and_once(deploy_everywhere):
    system = deploy_everywhere(lease_seconds=3)
    mei = Marketer(system)
    shared = {"kind": "permanent", "purpose": "wall", "reply_type": "none", "by": "list"}
    system.sim("POST", "faults", kind="api_hang", path="/cgi-bin/qrcode/create", seconds=0.05)

    def begin(number):
        names = "\n".join(f"{number}-{place}" for place in range(number))
        page = mei.send("/channels/many", "/channels/many", **shared, names=names)
        key = int(page.url.rsplit("/", 1)[1])
        eventually(lambda: batch(key).done > 0)
        return key

    def batch(key):
        with system.db.reading() as session:
            return session.get_one(Batch, key)

    killed = begin(300)
    system.kill("worker")
    assert batch(killed).state == "running"
    system.start("worker")
    eventually(lambda: batch(killed).state == "done")
    stopped = begin(400)
    mei.send(f"/batches/{stopped}", f"/batches/{stopped}/cancel")
    eventually(lambda: batch(stopped).state == "cancelled")

    with system.db.reading() as session:
        rows = session.scalars(select(Channel)).all()
    names = [row.name for row in rows if row.name.startswith("300-")]
    assert (batch(killed).done, len(names), len(set(names))) == (300, 300, 300)
    assert all(row.ticket for row in rows if row.name.startswith("300-"))
    left = [row for row in rows if row.name.startswith("400-")]
    assert 0 < len(left) < 400
    assert batch(stopped).done <= len(left)


def variant(content, **conditions):
    usual = {"whom": [], "weekdays": None, "from_time": None, "until_time": None}
    return {**usual, **conditions, "reply": {"type": "text", "content": content}}


def test_travellers_get_the_welcome_that_the_table_says(system):
    hour = datetime.now(HERE).hour
    now, later = f"{hour:02}:00", f"{(hour + 2) % 24:02}:00"
    other = {"from_time": later, "until_time": f"{(hour + 3) % 24:02}:00"}
    with system.db.transaction() as session:
        account_id = session.scalars(select(Account.id)).one()
        for number, welcomes in enumerate(
            (
                [variant("此时", from_time=now, until_time=later), variant("一律")],
                [
                    variant("彼时", **other),
                    variant("新来", whom=["new"]),
                    variant("又来", whom=["returning"]),
                ],
                [variant("会员", whom=["member"]), variant("在的", whom=["following"])],
            )
        ):
            session.add(
                Channel(
                    account_id=account_id,
                    scene=f"c:w{number}",
                    name="w",
                    shop_id=system.shops[0],
                    welcome={"type": "text", "content": "平常，{门店}。"},
                    welcomes=welcomes,
                    created_at=utc_now(),
                    ticket=None,
                )
            )
        session.flush()
        for row in session.scalars(select(Channel)):
            making.promise_code(session, row.id, now=utc_now())
    eventually(lambda: len(system.sim("GET", "codes?account=head")["codes"]) == 3)

    def scans(number):
        system.sim("POST", "clock", advance=2)  # within one second a second scan is WeChat's repeat
        return system.hears("scan", scene=f"c:w{number}")

    said = [scans(number) for number in (1, 1, 0, 2)]
    with system.db.transaction() as session:
        session.scalars(select(Fan)).one().member_id = 5
    said.append(scans(2))
    system.act("unfollow")
    said.append(scans(1))

    assert said == ["新来", "平常，上海第0店。", "此时", "在的", "会员", "又来"]
