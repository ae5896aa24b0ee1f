"""Coupons in the back office: written, opened, given out by hand and by link, seen in scope, made void, added up."""

import io
import re
from datetime import timedelta

import openpyxl
import pytest
from sqlalchemy import select

from bot.audit.models import AuditEntry
from bot.coupons import codes, figures
from bot.coupons.models import Coupon, CouponHandout, CouponTemplate, CouponVersion
from bot.coupons.terms import Kind
from bot.db import utc_now
from bot.fans.models import Fan
from bot.jobs import JOBS
from bot.members.models import Member
from bot.moments import HERE
from bot.reach.models import ReachNotice
from bot.runtime import open_runtime
from bot.segments.models import Segment
from bot.users.roles import Role
from tests import make
from tests.coupons.world import Desk
from tests.support.members import config
from tests.support.office import Office

FORM = {
    "name": "周年满减",
    "kind": "amount",
    "amount": "50",
    "least": "300",
    "exclude_categories": "签证、保险",
    "days": "30",
    "weekdays": ["0", "4"],
    "not_days": "2026-10-01 – 2026-10-07",
    "total": "100",
    "per_member": "1",
    "transferable": "yes",
}


@pytest.fixture
def office(empty_sqlite):
    runtime = open_runtime(config(empty_sqlite))
    made = Office(runtime)
    made.add("alice")
    made.desk = Desk(runtime.db)
    yield made
    runtime.close()


def work(office):
    for row in make.promises(office.db):
        if row.state == "waiting" and row.job == "coupons.give":
            JOBS[row.job](office.runtime, **row.arguments)


def number(office, member):
    with office.db.reading() as session:
        return session.get_one(Member, member).number


def test_a_coupon_is_written_previewed_opened_and_changed_for_those_to_come(office):
    alice = office.inside("alice")
    alice.get("/admin/coupons/new")

    wrong = alice.post("/admin/coupons/new", **{**FORM, "least": "20", "days": "", "not_days": "国庆"})
    ticket = alice.post("/admin/coupons/preview", **FORM)
    added = alice.post("/admin/coupons/new", follow=True, **FORM)
    alice.post("/admin/coupons/1/state", to="open")
    first = office.desk.issue(1, office.desk.member())
    alice.get("/admin/coupons/1/edit")
    later = {**FORM, "amount": "80", "since": "09:00", "edits": "0"}
    changed = alice.post("/admin/coupons/1/edit", follow=True, **later)

    assert wrong.status_code == 422
    assert "减得比门槛还多" in wrong.text or "less than what" in wrong.text
    assert "满¥300减¥50" in ticket.text
    assert "签证" in added.text
    assert "满¥300减¥80" in changed.text
    with office.db.reading() as session:
        versions = session.scalars(select(CouponVersion).order_by(CouponVersion.number)).all()
        assert [one.terms["amount"] for one in versions] == [5000, 8000]
        assert session.get_one(Coupon, first).version_id == versions[0].id
    small = alice.post("/admin/coupons/1/edit", **{**FORM, "total": "0", "edits": "1"})
    assert small.status_code == 422


def test_two_who_edit_one_coupon_do_not_save_over_each_other_and_lose_nothing_they_typed(office):
    office.add("bo", Role.GROUP_ADMINISTRATOR)
    alice, bo = office.inside("alice"), office.inside("bo")
    alice.get("/admin/coupons/new")
    alice.post("/admin/coupons/new", **FORM)
    seen = [edits_on(one.get("/admin/coupons/1/edit")) for one in (alice, bo)]

    bo.post("/admin/coupons/1/edit", **{**FORM, "amount": "60", "total": "200", "edits": seen[1]})
    hers = {**FORM, "amount": "80", "note": "仅限线下门店"}
    late = alice.post("/admin/coupons/1/edit", **{**hers, "edits": seen[0]})
    unseen = alice.post("/admin/coupons/1/edit", **hers)

    assert seen == ["0", "0"]
    assert (late.status_code, unseen.status_code) == (409, 409)
    assert 'value="80"' in late.text
    assert 'value="仅限线下门店"' in late.text
    assert "满¥300减¥60" in late.text
    assert saved(office) == (2, 200, "bo")
    again = alice.post("/admin/coupons/1/edit", **{**hers, "edits": edits_on(late)})
    assert again.status_code == 303
    assert saved(office) == (3, 100, "alice")


def test_a_coupon_asks_for_a_segment_as_it_was_when_it_was_saved_and_keeps_it_though_it_is_gone(office):
    alice = office.inside("alice")
    with office.db.transaction() as session:
        about = {
            "created_by_id": None,
            "created_by": "alice",
            "created_at": utc_now(),
            "shared_at": utc_now(),
        }
        document = {"all": [{"field": "messages", "ask": "at_least", "value": 5}]}
        session.add(Segment(name="常聊天的客人", document=document, **about))
    alice.get("/admin/coupons/new")

    strange = alice.post("/admin/coupons/new", **{**FORM, "uses_segment": "99"})
    shown = alice.post(
        "/admin/coupons/new", follow=True, **{**FORM, "uses_segment": "1", "gets_segment": "1"}
    )
    with office.db.transaction() as session:
        session.delete(session.get_one(Segment, 1))
    form = alice.get("/admin/coupons/1/edit").text
    later = {**FORM, "amount": "60", "uses_segment": "1", "edits": "0"}
    saved_again = alice.post("/admin/coupons/1/edit", **later)

    assert strange.status_code == 422
    assert "限「常聊天的客人」使用" in shown.text
    assert form.count('<option value="1" selected>常聊天的客人</option>') == 2
    assert saved_again.status_code == 303
    with office.db.reading() as session:
        first, second = session.scalars(select(CouponVersion).order_by(CouponVersion.number))
    assert first.terms["gets"] == first.terms["uses"] == second.terms["uses"]
    assert "gets" not in second.terms
    assert first.terms["uses"]["circle"]["name"] == "常聊天的客人"


def edits_on(page):
    return re.search(r'name="edits" value="(\d*)"', page.text)[1]


def saved(office):
    with office.db.reading() as session:
        row = session.get_one(CouponTemplate, 1)
        return row.version, row.total, row.changed_by


def test_coupons_are_given_by_hand_to_named_members_and_the_task_says_who_got_none(office):
    desk, alice = office.desk, office.inside("alice")
    template = desk.template(total=2, per_member=1)
    mei, wang, li = (desk.member() for _ in range(3))
    desk.issue(template, li)
    alice.get("/admin/coupons/give")
    named = f"{number(office, mei)}，{number(office, li).lower()}\n{number(office, wang)}"

    unknown = alice.post(
        "/admin/coupons/give", template=template, whom="members", members="MAAAAAAAAAA", reason="x"
    )
    begun = alice.post("/admin/coupons/give", template=template, whom="members", members=named, reason="致歉")
    for _twice in range(2):
        work(office)
    page = alice.get(begun.location).text

    assert unknown.status_code == 422
    assert "MAAAAAAAAAA" in unknown.text
    assert desk.issued(template) == 2
    assert len(desk.good(mei)) == 1
    assert number(office, li) in page
    assert number(office, wang) in page


def test_who_is_given_a_coupon_by_hand_hears_of_it_as_of_an_offer_if_the_form_says_so(office):
    desk, alice = office.desk, office.inside("alice")
    template, mei = desk.template(per_member=None), desk.member()
    with office.db.transaction() as session:
        facts = {"standing": "following", "created_at": utc_now(), "follow_count": 1, "message_count": 0}
        session.add(Fan(account_id=1, openid="o-mei", member_id=mei, **facts))
    form = {"template": template, "whom": "members", "members": number(office, mei), "reason": "致歉"}

    assert re.search(r'name="tell" value="yes" checked', alice.get("/admin/coupons/give").text)
    alice.post("/admin/coupons/give", once="a", **form)
    work(office)
    with office.db.reading() as session:
        assert session.scalars(select(ReachNotice)).all() == []
    alice.post("/admin/coupons/give", once="b", tell="yes", **form)
    for _twice in range(2):
        work(office)

    with office.db.reading() as session:
        [notice] = session.scalars(select(ReachNotice)).all()
    assert (notice.intent, notice.lane, notice.facts["item"]) == ("coupon_offered", "marketing", "满减券")
    assert desk.issued(template) == 2


def test_a_form_that_is_sent_twice_gives_each_member_one(office):
    desk, alice = office.desk, office.inside("alice")
    template, mei = desk.template(per_member=None), desk.member()
    form = {"template": template, "whom": "members", "members": number(office, mei), "reason": "致歉"}
    given = []
    for _form in range(2):
        once = re.search(r'name="once" value="(\w+)"', alice.get("/admin/coupons/give").text)[1]
        for _click in range(2):
            alice.post("/admin/coupons/give", once=once, **form)
            work(office)
        given.append(desk.issued(template))

    assert given == [1, 2]


def test_coupons_are_given_to_a_segments_members_in_the_makers_scope(office):
    desk = office.desk
    template, elsewhere = desk.template(), make.shop(office.db, "泉城路店", "济南分公司")
    mine, other = desk.member(), desk.member(elsewhere)
    with office.db.transaction() as session:
        for shop, whose in ((desk.shop, mine), (elsewhere, other), (desk.shop, None)):
            session.add(
                Fan(
                    account_id=1,
                    openid=f"o-{whose}",
                    standing="following",
                    created_at=utc_now(),
                    follow_count=1,
                    message_count=0,
                    last_shop_id=shop,
                    member_id=whose,
                )
            )
    office.add("mei", Role.SHOP_MANAGER, shops=[desk.shop])
    mei = office.inside("mei")
    with office.db.transaction() as session:
        made_by = {"created_by_id": office.user("mei").id, "created_by": "mei", "created_at": utc_now()}
        row = Segment(name="所有人", document={"all": []}, **made_by)
        session.add(row)
        session.flush()
        segment = row.id
    mei.get("/admin/coupons/give")
    begun = mei.post("/admin/coupons/give", template=template, whom="segment", segment=segment, reason="回馈")
    work(office)

    assert begun.status_code == 303
    assert (len(desk.good(mine)), len(desk.good(other))) == (1, 0)


def test_a_manager_sees_their_members_coupons_and_makes_one_void_and_no_other(office):
    desk = office.desk
    elsewhere = make.shop(office.db, "泉城路店", "济南分公司")
    mine, other = desk.have(desk.member()), desk.have(desk.member(elsewhere))
    guest, there = desk.have(desk.member(elsewhere), name="客人的券"), desk.have(desk.member())
    desk.use(guest, desk.asked(receipt="HERE-1"))
    desk.use(there, desk.asked(receipt="THERE-1", shop=elsewhere))
    office.add("mei", Role.SHOP_MANAGER, shops=[desk.shop])
    mei = office.inside("mei")

    listing = mei.get("/admin/coupons/issued").text
    by_code = mei.get(f"/admin/coupons/issued?q={desk.code(mine)}").text
    unseen = mei.get(f"/admin/coupons/issued/{other}")
    used = mei.get("/admin/coupons/uses?from=2020-01-01&to=x").text
    summed = mei.get("/admin/coupons/figures").text
    mei.get(f"/admin/coupons/issued/{mine}")
    nameless = mei.post(f"/admin/coupons/issued/{mine}/void", reason="")
    void = mei.post(f"/admin/coupons/issued/{mine}/void", reason="发错了", follow=True).text
    forged = mei.post(f"/admin/coupons/issued/{other}/void", reason="x")
    refused = mei.get("/admin/coupons/new")

    assert f"/admin/coupons/issued/{mine}" in listing
    assert f"/admin/coupons/issued/{other}" not in listing
    assert f"/admin/coupons/issued/{mine}" in by_code
    assert "HERE-1" in used
    assert "THERE-1" not in used
    assert ">¥400.00<" in summed  # what was bought in their shop, and not what was elsewhere
    assert ">¥800.00<" not in summed
    assert f"/admin/coupons/issued/{guest}" not in used  # a member of another shop's
    assert (unseen.status_code, forged.status_code, refused.status_code) == (404, 404, 403)
    assert nameless.status_code == 422
    assert "发错了" in void
    assert (desk.coupon(mine).state, desk.coupon(other).state) == ("void", "issued")


def test_a_link_is_made_copied_and_closed(office):
    alice = office.inside("alice")
    template = office.desk.template()
    alice.get(f"/admin/coupons/{template}")

    past = alice.post(f"/admin/coupons/{template}/links", link_name="旧", link_ends="2020-01-01")
    made = alice.post(
        f"/admin/coupons/{template}/links",
        link_name="周年庆",
        link_ends="2099-01-01",
        link_most="9",
        follow=True,
    ).text
    with office.db.reading() as session:
        code = session.scalars(select(CouponHandout.code)).one()
    alice.post("/admin/coupons/links/1/close")

    assert past.status_code == 422
    assert f"/h5/head/coupons/take/{code}" in made
    with office.db.reading() as session:
        assert session.get_one(CouponHandout, 1).closed_at is not None


def test_figures_are_by_coupon_and_shop_and_what_is_exported_says_the_same(office):
    desk, alice = office.desk, office.inside("alice")
    anna = desk.member()
    used, _kept = desk.have(anna, name="满减券"), desk.have(anna, kind=Kind.GIFT, gift="水杯", name="礼券")
    desk.use(used, desk.asked(400))

    page = alice.get("/admin/coupons/figures").text
    sheet = openpyxl.load_workbook(io.BytesIO(alice.post("/admin/coupons/figures/export").data)).active
    rows = {row[1]: row[2:6] for row in sheet.iter_rows(min_row=2, values_only=True)}
    issued = alice.post("/admin/coupons/issued/export", state="used", reason="对账")
    members = openpyxl.load_workbook(io.BytesIO(issued.data)).active

    stacked = desk.have(anna, name="叠加券", group="叠加")
    desk.use(stacked, desk.asked(400, receipt="A1"))
    other = desk.have(anna, name="另一张")
    desk.use(other, desk.asked(400, receipt="A1"))
    with office.db.reading() as session:
        today = desk.now.astimezone(HERE).date()
        whole = figures.by_shop(session, today, today)[desk.shop]
        none = figures.by_shop(session, today - timedelta(days=1), today - timedelta(days=1))
    assert (whole.used, whole.redeemed, whole.off, whole.sold) == (3, 3, 15000, 80000)  # two receipts
    assert whole.rate == 75
    assert none == {}
    listed = alice.get(f"/admin/coupons/issued?from={today}&to={today}").text
    before = alice.get(f"/admin/coupons/issued?to={today - timedelta(days=1)}").text
    assert ("叠加券</strong>" in listed, "叠加券</strong>" in before) == (True, False)
    alice.post("/admin/coupons/issued/export", q=desk.code(other), reason="对账")
    with office.db.reading() as session:
        kept = str([row.after for row in session.scalars(select(AuditEntry))])
    assert desk.coupon(other).number in kept
    assert desk.code(other) not in kept

    assert "¥50.00" in page
    assert rows["满减券"] == (1, 1, 50, 400)
    assert rows["外滩店"] == (2, 1, 50, 400)
    assert members.max_row == 2
    assert re.search(r"满减券", str([cell.value for cell in members[2]]))
    assert codes.CODE.fullmatch(desk.code(used))
    with office.db.reading() as session:
        assert session.scalar(select(CouponTemplate.issued).where(CouponTemplate.name == "满减券")) == 1
