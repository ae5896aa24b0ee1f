"""The back office of points: writing rules, publishing them, entering and approving purchases, keys of tills."""

import re
from dataclasses import replace
from datetime import timedelta

import pytest

from admin.earning.sentences import Names
from bot.channels.models import Campaign
from bot.db import utc_now
from bot.earning import versions
from bot.earning.rules import writing
from bot.earning.rules.book import Book, Trigger
from bot.members.models import Member
from bot.moments import HERE
from bot.runtime import open_runtime
from bot.segments.models import Segment
from bot.users.roles import Role
from tests import make
from tests.earning.books import BRIEF
from tests.earning.conftest import Counter
from tests.earning.test_for_segments import TALKATIVE
from tests.support.members import config
from tests.support.office import Office


@pytest.fixture
def office(empty_sqlite):
    runtime = open_runtime(config(empty_sqlite))
    made = Office(runtime)
    made.add("alice")
    made.counter = Counter(runtime.db)
    made.counter.now = utc_now()
    yield made
    runtime.close()


RULE = {
    "name": "周末双倍",
    "code": "weekend",
    "trigger": "purchase",
    "kind": "per_amount",
    "points": "2",
    "per": "1",
    "rounding": "floor",
    "mixing": "multiply",
    "weekdays": ["5", "6"],
    "limit1_window": "day",
    "limit2_window": "day",
    "limit1_points": "500",
    "by_payment": "wechat=1.5",
    "least_amount": "100",
}


def version_of(person) -> str:
    return re.search(r'name="version" value="(\d+)"', person.get("/admin/points-rules/draft/rules").text)[1]


def test_a_rule_is_written_tried_and_published_from_a_midnight_on(office):
    alice = office.inside("alice")
    alice.post("/admin/points-rules/draft/rules", version=version_of(alice), **RULE)
    stale = alice.post("/admin/points-rules/draft/rules", version="0", **{**RULE, "code": "other"})
    wrong = alice.post(
        "/admin/points-rules/draft/rules", version=version_of(alice), **{**RULE, "code": "x", "points": ""}
    )
    saturday = "/admin/points-rules/try?day=2026-06-06&amount=200&payment=wechat"
    tried = alice.get(saturday).text
    tomorrow = (utc_now().astimezone(HERE) + timedelta(days=1)).date()
    asked = alice.get("/admin/points-rules/publish").text
    number = re.search(r'name="version" value="(\d+)"', asked)[1]
    past = alice.post(
        "/admin/points-rules/publish", version=number, when="midnight", day="2026-01-01", note="周末"
    )
    done = alice.post(
        "/admin/points-rules/publish", version=number, when="midnight", day=str(tomorrow), note="周末"
    )

    assert (stale.status_code, wrong.status_code, past.status_code, done.status_code) == (409, 422, 422, 303)
    assert (
        "“周末双倍”得 500 分：¥200.00，每 ¥1.00 得 2 分；微信支付 ×1.5；每天最多 500 分，这次还可得 500 分。"
        in tried
    )
    assert "每 ¥1.00 得 2 分" in asked
    assert "周六" in asked
    with office.db.reading() as session:
        assert versions.listed(session)[0].in_force_from.astimezone(HERE).date() == tomorrow
        assert versions.draft(session) is None
    assert [one.action for one in office.audit()][-1] == "earning_version.published"


def test_a_rule_is_for_a_campaign_there_is_and_says_so(office):
    alice = office.inside("alice")
    with office.db.transaction() as session:
        row = Campaign(name="淡季大促")
        session.add(row)
        session.flush()
        key = row.id
    form = alice.get("/admin/points-rules/draft/rules").text
    wrong = alice.post(
        "/admin/points-rules/draft/rules", version=version_of(alice), **RULE, campaign=str(key + 1)
    )
    done = alice.post("/admin/points-rules/draft/rules", version=version_of(alice), **RULE, campaign=str(key))

    assert "计入活动" in form
    assert (wrong.status_code, done.status_code) == (422, 303)
    assert "计入活动「淡季大促」" in alice.get("/admin/points-rules/draft").text
    with office.db.reading() as session:
        [rule] = [one for one in versions.draft(session).definition["rules"] if one["code"] == "weekend"]
    assert rule["campaign"] == key


def test_a_rule_is_for_a_saved_segment_as_it_was_then(office):
    alice = office.inside("alice")
    with office.db.transaction() as session:
        row = Segment(name="常来信的", document=TALKATIVE, created_by="alice", created_at=utc_now())
        session.add(row)
        session.flush()
        key = row.id
    assert "限人群" in alice.get("/admin/points-rules/draft/rules").text
    said = {**RULE, "circle": str(key)}
    assert alice.post("/admin/points-rules/draft/rules", version=version_of(alice), **said).status_code == 303
    assert "限人群「常来信的」" in alice.get("/admin/points-rules/draft").text
    saturday = "/admin/points-rules/try?day=2026-06-06&amount=200&payment=wechat"
    assert "限人群“常来信的”中的会员" in alice.get(saturday).text
    assert "“周末双倍”得 500 分" in alice.get(f"{saturday}&inside=yes").text

    with office.db.transaction() as session:
        session.delete(session.get_one(Segment, key))
    page = alice.get("/admin/points-rules/draft/rules/weekend").text
    assert f'<option value="{key}" selected>常来信的' in page


GROUP = {
    "name": "同日多项",
    "code": "same-day",
    "mode": "largest",
    "span": "day",
    "members": ["register", "birthday"],
    "campaign": "店庆",
    "campaign_mode": "stack",
    "campaign_starts": "2026-10-01",
    "campaign_ends": "2026-10-07",
}


def test_groups_and_the_whole_definition_are_edited_and_checked(office):
    alice = office.inside("alice")
    page = alice.get("/admin/points-rules/draft/groups/same-day").text
    number = re.search(r'name="version" value="(\d+)"', page)[1]
    changed = alice.post(
        "/admin/points-rules/draft/groups/same-day",
        version=number,
        **GROUP,
    )
    with office.db.transaction() as session:
        row = versions.draft(session)
        kept = {"name": "元旦", "mode": "stack", "starts": "2027-01-01", "ends": "2027-01-03"}
        more = {**row.definition["groups"][0]}
        more["campaigns"] = [*more["campaigns"], kept]
        row.definition = {**row.definition, "groups": [more]}
    again = alice.get("/admin/points-rules/draft/groups/same-day").text
    unchanged = {**GROUP, "version": re.search(r'name="version" value="(\d+)"', again)[1]}
    alice.post("/admin/points-rules/draft/groups/same-day", **unchanged)
    draft = alice.get("/admin/points-rules/draft").text
    number = re.search(
        r'name="version" value="(\d+)"', alice.get("/admin/points-rules/draft/definition").text
    )[1]
    broken = alice.post("/admin/points-rules/draft/definition", version=number, text='{"rules": [{}]}')
    alice.post("/admin/points-rules/draft/rules/birthday/delete", version=number)

    assert changed.status_code == 303
    assert "“店庆”期间（2026-10-01 至 2026-10-07）：全部累计" in draft
    assert "“元旦”期间" in draft  # the form has room for one campaign and keeps the others
    assert "单独计算" in draft
    assert broken.status_code == 422
    assert "请填写" in broken.text
    with office.db.reading() as session:
        left = versions.draft(session).definition
    assert [one["code"] for one in left["rules"]] == ["register", "purchase"]
    assert left["groups"][0]["members"] == ["register"]


def test_who_sees_one_shop_reads_the_rules_and_writes_none(office):
    office.add("chen", Role.SHOP_MANAGER, shops=[office.counter.shop])
    chen = office.inside("chen")

    assert "注册礼" in chen.get("/admin/points-rules/").text
    assert chen.get("/admin/points-rules/draft/rules").status_code == 403
    assert chen.get("/admin/points-rules/publish").status_code == 403


def test_a_replay_shows_what_the_draft_would_have_given(office):
    from bot.batches.models import Batch
    from bot.earning import replay

    counter = office.counter
    counter.buy(counter.member(), 300, "A1", at=utc_now())
    alice = office.inside("alice")
    today = utc_now().astimezone(HERE).date()
    begun = alice.post(
        "/admin/points-rules/replay",
        first=str(today - timedelta(days=30)),
        last=str(today + timedelta(days=1)),
    )
    key = int(begun.location.rsplit("/", 1)[1])
    for _slice in range(3):
        replay.run(office.db, office.runtime.surveys, key, now=utc_now())
    page = alice.get(f"/admin/points-rules/replay/{key}").text

    with office.db.reading() as session:
        assert session.get_one(Batch, key).state == "done"
    assert "外滩店" in page
    assert page.count("300") >= 3


def entered(office, person, number="H1", amount="128.50", **more):
    with office.db.reading() as session:
        card = session.get_one(Member, office.member).number
    person.get("/admin/purchases/new")
    return person.post(
        "/admin/purchases/new",
        shop=str(office.counter.shop),
        number=number,
        by="card",
        member=card,
        amount=amount,
        payment="cash",
        occurred_at="2026-06-01T12:00",
        note="小票丢失",
        **more,
    )


def test_what_is_entered_above_the_limit_is_approved_by_somebody_else(office):
    office.member = office.counter.member()
    office.add("chen", Role.BRANCH_MANAGER, branches=[1])
    chen, alice = office.inside("chen"), office.inside("alice")

    small = entered(office, chen)
    again = entered(office, chen)
    large = entered(office, chen, "H2", "2000.01")
    key = large.location.rsplit("/", 1)[1]
    chen.post(f"/admin/purchases/{key}/decide", decision="approve")
    before = office.counter.balance(office.member)
    alice.get(f"/admin/purchases/{key}")
    alice.post(f"/admin/purchases/{key}/decide", decision="approve")
    after = office.counter.balance(office.member)
    refunded = chen.post(
        f"/admin/purchases/{key}/refund",
        amount="1000",
        number="R1",
        occurred_at="2026-06-02T12:00",
        reason="退团",
    )
    shown = chen.get(f"/admin/purchases/{key}").text

    assert small.location == again.location
    assert (before, after) == (128, 2128)
    assert refunded.status_code == 303
    assert office.counter.balance(office.member) == 1128
    assert "“消费积分”得 1000 分" in shown
    actions = [one.action for one in office.audit() if one.action.startswith("purchase.")]
    assert actions == ["purchase.entered", "purchase.entered", "purchase.approved", "purchase.refunded"]


def test_a_clerk_reads_why_from_the_ledger_row(office):
    counter = office.counter
    now = utc_now()
    member = counter.member(born=now.astimezone(HERE).date().replace(year=1992))
    counter.happen(member, Trigger.BIRTHDAY, at=now)
    counter.buy(member, 350, "A1", at=now)
    other = make.shop(office.db, "虹桥店", branch="浦西分公司")
    office.add("chen", Role.SHOP_MANAGER, shops=[other])
    alice, chen = office.inside("alice"), office.inside("chen")

    ledger = alice.get(f"/admin/points/members/{member}").text
    pages = re.findall(r"/admin/points-rules/why/\d+", ledger)
    said = alice.get(pages[0]).text

    assert len(pages) == 2
    assert "“生日礼”未计入" in said
    assert "“消费积分”得 350 分" in said
    assert "由 200 分变为 350 分" in said
    assert chen.get(pages[0]).status_code == 404


def test_another_shop_s_purchases_do_not_exist(office):
    office.member = office.counter.member()
    other = make.shop(office.db, "虹桥店", branch="浦西分公司")
    office.add("chen", Role.SHOP_MANAGER, shops=[other])
    bought = office.counter.buy(office.member, 100, "ZZ-777")
    chen = office.inside("chen")

    assert "ZZ-777" not in chen.get("/admin/purchases/").text
    assert chen.get(f"/admin/purchases/{bought.purchase.id}").status_code == 404
    assert entered(office, chen).status_code == 404


def test_a_till_s_secret_is_shown_once_and_the_key_can_be_revoked(office):
    alice = office.inside("alice")
    alice.get("/admin/tills/")
    made = alice.post("/admin/tills/", shop=str(office.counter.shop), name="前台一号")
    secret = re.search(r'id="secret">([^<]+)<', made.text)[1]
    listed = alice.get("/admin/tills/").text
    alice.post("/admin/tills/1/revoke")

    assert made.status_code == 201
    assert secret not in listed
    assert "前台一号" in listed
    assert "已作废" in alice.get("/admin/tills/").text
    assert all(secret not in f"{one.before}{one.after}" for one in office.audit())


def test_a_sheet_of_purchases_counts_each_receipt_once(office):
    from bot.audit import Actor
    from bot.db import EVERYTHING
    from bot.imports import plan
    from bot.imports.jobs import around_of

    member = office.counter.member()
    with office.db.reading() as session:
        card = session.get_one(Member, member).number
    sheet = (
        "门店,小票号,会员,金额,支付方式,时间\n"
        f"外滩店,S1,{card},88.00,微信,2026-06-01 12:30\n"
        f"外滩店,S2,{card},3000,现金,2026/6/1\n"
        f"外滩店,S3,{card},abc,现金,2026-06-01\n"
        f"不存在,S4,{card},5,现金,2026-06-01\n"
        f"外滩店,S5,13900139999,5,现金,昨天\n"
    ).encode()
    around = around_of(office.runtime, EVERYTHING)

    done = []
    for _twice in range(2):
        with office.db.scoped(EVERYTHING) as session:
            looked = plan.look(session, "purchases", sheet, around)
            lines = list(plan.read(sheet, plan.KINDS["purchases"](session, around).columns).lines())
            made = plan.do(session, "purchases", lines, around, actor=Actor("林", 1), now=utc_now())
            done.append((made.added, len(made.problems)))
    codes = [[problem.code for problem in look.problems] for look in looked.looks]

    assert done == [(2, 3), (0, 3)]
    assert codes == [[], [], ["not_an_amount"], ["no_such_shop"], ["not_a_moment", "no_such_member"]]
    assert office.counter.balance(member) == 88  # the other waits for approval
    assert office.counter.purchase("S2").state == "waiting"


def test_the_book_of_the_brief_survives_the_forms(office):
    from admin.earning import rule_forms
    from admin.forms import Form

    of_a_sale = replace(BRIEF.rules[0], campaign=7)
    for rule in writing.write(Book((*BRIEF.rules[1:], of_a_sale)))["rules"]:
        with office.app.test_request_context():
            form = Form(
                {
                    name: str(value) if not isinstance(value, list | bool) else value
                    for name, value in rule_forms.rule_values(rule).items()
                }
            )
            form.values |= {"rounding": "floor", "mixing": "multiply"}
            again = rule_forms.rule_of(form, Names({}, {}, {7: "淡季"}))
        assert form.errors == {}
        assert again["award"]["points"] == rule["award"]["points"]
        assert again["code"] == rule["code"]
        assert again["campaign"] == rule.get("campaign")
