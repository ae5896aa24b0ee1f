"""Designs the office offers, and the one code somebody of the staff has in a shop."""

import io
from datetime import date, timedelta
from threading import Barrier, Thread

import pytest
from PIL import Image
from sqlalchemy import func, select

import posters
from bot import cli
from bot.accounts.register import enrol
from bot.audit import Actor
from bot.channels.models import Channel
from bot.channels.quota import NoCodesLeft
from bot.config import DatabaseConfig
from bot.db import EVERYTHING, Database, utc_now
from bot.members.models import Member, Referral
from bot.organisation.models import Branch, Shop, Staff
from bot.points import ledger
from bot.posters import assets, codes, designs, figures, making, orders, versions
from bot.posters.designs import NoSuchDesign
from bot.posters.models import OrderState, PosterDesign, StaffPoster
from tests import make

DAY = date(2026, 11, 26)
AUTHOR = Actor("marketer", 3)
DOCUMENT = {
    "title": "我们的秋天",
    "title_en": "Our autumn",
    "canvas": {"width": 750, "height": 1334},
    "background": {"picture": "asset:hills"},
    "boxes": [
        {"kind": "text", "x": 60, "y": 80, "width": 630, "height": 90, "text": "{shop}", "size": 48},
        {"kind": "code", "x": 450, "y": 1000, "width": 240, "height": 240},
    ],
}


def account(db):
    with db.transaction() as session:
        return enrol(session, [make.account()])["head"]


def hire(db, shop_id, name="王珊"):
    with db.transaction() as session:
        row = Staff(shop_id=shop_id, name=name, role="旅行顾问", active=True)
        session.add(row)
        session.flush()
        return row.id


def ensure(db, account_id, staff_id):
    with db.transaction() as session:
        staff = session.get_one(Staff, staff_id)
        return codes.ensure(session, account_id=account_id, staff=staff, now=utc_now())


def at_once(work, times=6):
    """Run `work` in threads that begin together; return what each returned or raised."""
    gate, found = Barrier(times), []

    def run():
        gate.wait()
        try:
            found.append(work())
        except Exception as error:
            found.append(error)

    threads = [Thread(target=run) for _ in range(times)]
    for each in threads:
        each.start()
    for each in threads:
        each.join()
    return found


def test_however_many_ask_at_once_there_is_one_code_and_one_row_of_a_design(db):
    account_id, staff_id = account(db), hire(db, make.shop(db))
    key = next(iter(posters.builtin()))

    def row():
        with db.transaction() as session:
            return designs.row_of(session, key, maker=None, now=utc_now()).id

    found = at_once(lambda: ensure(db, account_id, staff_id))
    rows = at_once(row)

    assert len({code.channel_id for code in found}) == 1, found
    assert len(set(rows)) == 1, rows
    with db.reading() as session:
        assert session.scalar(select(func.count(Channel.id))) == 1
        assert session.scalar(select(func.count(PosterDesign.id))) == 1
        assert len([one for one in make.promises(db) if one.job == "channels.make_code"]) == 1


def test_an_order_is_taken_to_be_sent_once(db):
    with db.transaction() as session:
        row = orders.ask(session, account_id=1, shop_id=1, staff_id=1, fan_id=1, now=utc_now())

    def take():
        with db.transaction() as session:
            return orders.move(session, row.id, OrderState.DRAWING, OrderState.SENDING)

    assert sorted(at_once(take)) == [False] * 5 + [True]


@pytest.fixture
def sqlite(empty_sqlite):
    with Database(DatabaseConfig(url=empty_sqlite)) as made:
        yield made


def test_whoever_changes_shops_gets_another_code_and_the_old_one_stays_the_shops(sqlite):
    here, there = make.shop(sqlite), make.shop(sqlite, "济南泉城路店", "济南分公司")
    account_id, staff_id = account(sqlite), hire(sqlite, here)
    first = ensure(sqlite, account_id, staff_id)
    with sqlite.transaction() as session:
        session.get_one(Staff, staff_id).shop_id = there
    second = ensure(sqlite, account_id, staff_id)
    with sqlite.transaction() as session:
        assert session.get_one(Channel, first.channel_id).shop_id == here
        session.get_one(Channel, second.channel_id).staff_id = None  # the office gave it away
        assert codes.owner(session, first.channel_id) is None

    third = ensure(sqlite, account_id, staff_id)

    assert len({first.channel_id, second.channel_id, third.channel_id}) == 3
    with sqlite.reading() as session:
        assert session.scalar(select(func.count()).select_from(StaffPoster)) == 2
        assert codes.of_shop(session, there) == {staff_id: [third.channel_id]}
        assert codes.owner(session, third.channel_id) == staff_id


def test_points_of_whom_somebody_brought_are_added_up(db):
    now = utc_now()
    with db.transaction() as session:
        rows = [Member(number=f"M{n}", state="active", source="test", created_at=now) for n in range(3)]
        session.add_all(rows)
        session.flush()
        members = [row.id for row in rows]
        brought = ((7, 70), (7, None), (8, 80))  # the second by a number that was typed
        for member, (staff_id, channel_id) in zip(members, brought, strict=True):
            facts = {"via": "channel" if channel_id else "phone", "earns": [], "counted_at": now}
            row = Referral(member_id=member, referrer_staff_id=staff_id, channel_id=channel_id, **facts)
            session.add(row)
        for number, member in enumerate(members):
            ledger.earn(session, member, 100, key=str(number), source="test", reason="消费", now=now)

    with db.reading() as session:
        assert [figures.points(session, one, [70, 80]) for one in (7, 8, 9)] == [100, 100, 0]
        assert figures.points(session, 7, []) == 0


def test_without_permanent_codes_nothing_is_made(sqlite, monkeypatch):
    monkeypatch.setattr("bot.channels.quota.PERMANENT", 0)
    monkeypatch.setattr("bot.channels.quota.Quota.left", 0)
    account_id, staff_id = account(sqlite), hire(sqlite, make.shop(sqlite))

    with pytest.raises(NoCodesLeft):
        ensure(sqlite, account_id, staff_id)


def keys(session, shop_id, day=DAY):
    return [one.key for one in designs.offered(session, shop_id=shop_id, day=day)]


def test_built_in_designs_are_offered_until_the_office_says_otherwise(sqlite):
    shop_id, now = make.shop(sqlite), utc_now()
    built_in = list(posters.builtin())
    with sqlite.scoped(EVERYTHING) as session:
        assert keys(session, shop_id) == built_in
        assert session.scalar(select(func.count(PosterDesign.id))) == 0
        versions.hide(session, designs.row_of(session, built_in[0], maker=None, now=now))
        dated = designs.row_of(session, built_in[1], maker=None, now=now)
        dated.begins_on, dated.ends_on = DAY - timedelta(1), DAY
        designs.put_in_order(session, [built_in[2]], maker=None, now=now)

        assert keys(session, shop_id) == [built_in[2], built_in[1], *built_in[3:]]
        assert built_in[1] not in keys(session, shop_id, DAY + timedelta(1))
        assert built_in[1] not in keys(session, shop_id, DAY - timedelta(2))
        versions.show_again(session, designs.find_row(session, built_in[0]))
        assert built_in[0] in keys(session, shop_id)
        with pytest.raises(NoSuchDesign):
            designs.row_of(session, "nobodys", maker=None, now=now)


def test_a_design_may_be_kept_to_shops_and_to_branches_with_all_below(sqlite):
    here, there = make.shop(sqlite), make.shop(sqlite, "济南泉城路店", "济南分公司")
    with sqlite.scoped(EVERYTHING) as session:
        head = Branch(name="华东大区", city="上海")
        session.add(head)
        session.flush()
        session.get_one(Branch, session.get_one(Shop, here).branch_id).parent_id = head.id
        key = next(iter(posters.builtin()))
        row = designs.row_of(session, key, maker=None, now=utc_now())

        designs.put_reach(session, row, shops=[there])
        assert (key in keys(session, here), key in keys(session, there)) == (False, True)
        designs.put_reach(session, row, branches=[head.id])
        assert (key in keys(session, here), key in keys(session, there)) == (True, False)
        assert designs.reach_of(session, row) == ([], [head.id])
        designs.put_reach(session, row)
        assert key in keys(session, there)


def test_a_design_of_our_own_is_checked_versioned_and_drawn(sqlite):
    shop_id, now = make.shop(sqlite), utc_now()
    account_id, staff_id = account(sqlite), hire(sqlite, shop_id)
    hills = io.BytesIO()
    Image.new("RGB", (800, 1400), "#88aa77").save(hills, "PNG")
    code = ensure(sqlite, account_id, staff_id)
    with sqlite.scoped(EVERYTHING) as session:
        session.get_one(Channel, code.channel_id).url = "http://weixin.qq.com/q/02abc"
        row = designs.add(session, "金秋", maker=3, now=now)
        name = assets.put(session, assets.clean(hills.getvalue()), now=now)
        file_id = int(name.removeprefix("asset:"))
        hole = {**DOCUMENT, "boxes": DOCUMENT["boxes"][:1]}
        with pytest.raises(posters.TemplateError):
            versions.add(session, row, hole, assets={}, note="", maker=AUTHOR, now=now)
        made = versions.add(
            session, row, DOCUMENT, assets={"hills": file_id}, note="初稿", maker=AUTHOR, now=now
        )
        assert (made.number, row.key) == (1, f"own-{row.id}")
        assert row.key not in keys(session, shop_id)
        with pytest.raises(NoSuchDesign):
            versions.publish(session, row, 2)
        with pytest.raises(NoSuchDesign):
            versions.publish(session, row, None)
        versions.publish(session, row, 1)

        assert keys(session, shop_id)[0] == row.key
        one = making.of(session, account_id=account_id, staff_id=staff_id, key=row.key, now=now)
        other = versions.add(
            session, row, DOCUMENT, assets={"hills": file_id}, note="", maker=AUTHOR, now=now
        )
        versions.publish(session, row, other.number)
        again = making.of(session, account_id=account_id, staff_id=staff_id, key=row.key, now=now)
        assert [each.number for each in versions.all_of(session, row.id)] == [2, 1]
    assert one.digest != again.digest
    drawn = Image.open(io.BytesIO(making.draw(one)))
    assert drawn.size == (750, 1334)
    assert drawn.getpixel((700, 600))[1] > drawn.getpixel((700, 600))[2]


def test_the_command_draws_those_that_are_missing(tmp_path, empty_sqlite, sqlite, capsys, monkeypatch):
    shop_id = make.shop(sqlite)
    account_id = account(sqlite)
    people = [hire(sqlite, shop_id, name) for name in ("王珊", "李敏", "李敏")]
    settings = tmp_path / "config.toml"
    one = make.account()
    settings.write_text(
        f"""[database]
url = "{empty_sqlite}"
[wechat]
api_base = "{make.NOWHERE}"
timeout_seconds = 0.3
[[accounts]]
name = "{one.name}"
app_id = "{one.app_id}"
app_secret = "{one.app_secret}"
token = "{one.token}"
encoding_aes_key = "{one.encoding_aes_key}"
"""
    )
    for staff_id in people[:2]:
        code = ensure(sqlite, account_id, staff_id)
        with sqlite.transaction() as session:
            session.get_one(Channel, code.channel_id).url = f"http://weixin.qq.com/q/02{staff_id}"

    def run(*arguments):
        status = cli.main(["poster", "--config", str(settings), *map(str, arguments)])
        return status, capsys.readouterr()

    folder = tmp_path / "posters"
    status, said = run("--shop", "上海人民广场店", "--out", folder)
    assert status == 1, said
    assert "2 posters drawn, 0 were there, 1 problems" in said.out
    assert sorted(each.name for each in folder.iterdir()) == ["00001-王珊.jpg", "00002-李敏.jpg"]
    assert "0 posters drawn, 2 were there" in run("--everybody", "--out", folder)[1].out
    assert run("--staff", "王珊", "--out", tmp_path / "one.pdf")[0] == 0
    assert (tmp_path / "one.pdf").read_bytes().startswith(b"%PDF")
    assert "(2, 3); say which by its number" in run("--staff", "李敏", "--out", tmp_path / "x.png")[1].err
    assert run("--staff", "2", "--design", "nobodys", "--out", tmp_path / "x.png")[0] == 2
    assert next(iter(posters.builtin())) in run("--designs")[1].out
