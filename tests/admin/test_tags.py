"""Tags: defined by the head office, put on fans by whoever may, one by one and all of a filter."""

import json

import pytest
from sqlalchemy import select

from bot.batches.models import Batch
from bot.db import utc_now
from bot.tagging.jobs import put_many
from bot.tags import jobs, needs
from bot.tags.models import FanTag, Tag, TagNeed, TagRule, TagWish, WeChatFanTag, WeChatTag
from bot.users.models import User
from bot.users.roles import Role
from tests import make
from tests.admin.test_fans import fan


@pytest.fixture
def office(office_anywhere):
    return office_anywhere


def tag(office, name="老客户", **facts):
    with office.db.transaction() as session:
        row = Tag(**{"name": name, "kind": "manual", "created_at": utc_now(), **facts})
        session.add(row)
        session.flush()
        return row.id


def on(office, key):
    with office.db.reading() as session:
        return set(session.scalars(select(FanTag.fan_id).filter_by(tag_id=key)))


def put(office, key, *fans):
    with office.db.transaction() as session:
        session.add_all(FanTag(fan_id=one, tag_id=key, tagged_at=utc_now(), source="test") for one in fans)


@pytest.fixture
def shops(office):
    here, there = make.shop(office.db), make.shop(office.db, "济南泉城路店", "济南分公司")
    office.add("manager", Role.SHOP_MANAGER, shops=[here])
    return here, there


def test_a_tag_is_added_with_its_rules_renamed_and_retired(office, shops):
    alice = office.inside("alice")
    alice.get("/admin/tags/new")
    answer = alice.post("/admin/tags/new", name="上海旅客", note="", cities="上海", shops=str(shops[1]))
    assert answer.status_code == 303
    with office.db.reading() as session:
        made = session.scalars(select(Tag).filter_by(name="上海旅客")).one()
        rules = {(row.kind, row.value) for row in session.scalars(select(TagRule))}
    assert made.kind == "automatic"
    assert rules == {("city", "上海"), ("shop", str(shops[1]))}

    assert alice.post(f"/admin/tags/{made.id}", name="魔都旅客", note="改名").status_code == 303
    assert alice.post("/admin/tags/new", name="魔都旅客", note="").status_code == 422
    assert alice.post("/admin/tags/new", name="", note="").status_code == 422
    assert alice.post("/admin/tags/new", name="x", note="", cities="亚特兰蒂斯").status_code == 422
    assert alice.post("/admin/tags/new", name="x", note="", shops="999999").status_code == 422
    assert alice.post(f"/admin/tags/{made.id}/retire").status_code == 303
    with office.db.reading() as session:
        row = session.get_one(Tag, made.id)
        assert (row.name, row.kind, row.retired_at is not None) == ("魔都旅客", "manual", True)
    assert "魔都旅客" not in alice.get("/admin/tags/").text
    assert "魔都旅客" in alice.get("/admin/tags/?retired=yes").text
    assert [entry.action for entry in office.audit()][-3:] == ["tag.added", "tag.changed", "tag.retired"]


def test_renaming_and_reviving_has_wechat_told_where_it_is_needed(office, shops):
    key = tag(office)
    with office.db.transaction() as session:
        session.add(TagNeed(account_id=office.runtime.accounts["head"].id, tag_id=key, why="menu"))
    alice = office.inside("alice")
    alice.get(f"/admin/tags/{key}")

    alice.post(f"/admin/tags/{key}", name="贵客", note="")
    assert "请先在那里去掉" in alice.post(f"/admin/tags/{key}/retire", follow=True).text

    assert "tags.make" in {one.job for one in make.promises(office.db)}
    with office.db.reading() as session:
        assert session.get_one(Tag, key).retired_at is None


def test_merging_moves_fans_and_rules(office, shops):
    key, into = tag(office, "老客"), tag(office, "老客户")
    fans = [fan(office, f"oFan_{number}") for number in range(3)]
    put(office, key, *fans)
    put(office, into, fans[0])
    with office.db.transaction() as session:
        session.add(TagRule(tag_id=key, kind="city", value="上海"))
    alice = office.inside("alice")
    alice.get(f"/admin/tags/{key}")

    assert (
        "3 位粉丝将在一分钟内转到" in alice.post(f"/admin/tags/{key}/merge", follow=True, into=str(into)).text
    )
    jobs.move(office.runtime, key)
    jobs.move(office.runtime, key)

    assert on(office, key) == set()
    assert on(office, into) == set(fans)
    with office.db.reading() as session:
        assert session.get_one(Tag, key).merged_into_id == into
        assert session.scalars(select(TagRule.tag_id)).all() == [into]


def test_a_shop_manager_tags_fans_of_the_shop_and_changes_no_tag(office, shops):
    key = tag(office)
    mine, other = fan(office, "oMine", last_shop_id=shops[0]), fan(office, "oOther", last_shop_id=shops[1])
    manager = office.inside("manager")

    assert manager.post(f"/admin/tags/fans/{mine}/on", tag=str(key)).status_code == 303
    assert manager.post(f"/admin/tags/fans/{other}/on", tag=str(key)).status_code == 404
    assert on(office, key) == {mine}
    assert 'class="tag">老客户' in manager.get(f"/admin/fans/{mine}").text
    assert manager.post(f"/admin/tags/fans/{mine}/off", tag=str(key)).status_code == 303
    assert on(office, key) == set()
    assert manager.get("/admin/tags/new").status_code == 403
    assert manager.post(f"/admin/tags/{key}", name="别的", note="").status_code == 403
    assert manager.post(f"/admin/tags/{key}/retire").status_code == 403
    assert manager.get("/admin/tags/wechat").status_code == 403


def test_system_tags_are_not_put_on_by_hand(office):
    with office.db.reading() as session:
        system = session.scalars(select(Tag.id).filter_by(name="会员")).one()
    one = fan(office)
    alice = office.inside("alice")

    alice.post(f"/admin/tags/fans/{one}/on", tag=str(system))
    alice.post("/admin/tags/many", tag=str(system), what="put", sure="yes")

    assert on(office, system) == set()
    assert alice.post(f"/admin/tags/{system}/retire", follow=True).text.count("不能停用") == 1


def test_all_of_a_filter_are_tagged_within_the_scope_of_who_asked(office, shops):
    key = tag(office)
    mine = [fan(office, f"oMine_{number}", last_shop_id=shops[0]) for number in range(4)]
    fan(office, "oLeft", last_shop_id=shops[0], standing="left")
    fan(office, "oOther", last_shop_id=shops[1])
    manager = office.inside("manager")
    asked = {"tag": str(key), "what": "put", "filter_standing": "following"}

    assert "给 4 位粉丝打上“老客户”" in manager.post("/admin/tags/many", **asked).text
    assert on(office, key) == set()
    answer = manager.post("/admin/tags/many", sure="yes", **asked)
    assert "/admin/batches/" in answer.location
    late = fan(office, "oLate", last_shop_id=shops[0])
    batch_id = int(answer.location.rsplit("/", 1)[1])
    put_many(office.runtime, batch_id)
    put_many(office.runtime, batch_id)

    assert on(office, key) == set(mine)
    assert late not in on(office, key)
    with office.db.reading() as session:
        batch = session.get_one(Batch, batch_id)
        assert (batch.state, batch.done, batch.total) == ("done", 4, 4)
    assert [entry.action for entry in office.audit()][-1] == "tag.put_on"

    asked["what"] = "take"
    answer = manager.post("/admin/tags/many", sure="yes", **asked)
    put_many(office.runtime, int(answer.location.rsplit("/", 1)[1]))
    assert on(office, key) == set()


def test_one_batch_is_taken_back_and_whoever_had_the_tag_before_keeps_it(office, shops):
    key = tag(office)
    mine = [fan(office, f"oMine_{number}", last_shop_id=shops[0]) for number in range(4)]
    manager = office.inside("manager")
    manager.post(f"/admin/tags/fans/{mine[0]}/on", tag=str(key))
    answer = manager.post("/admin/tags/many", tag=str(key), what="put", sure="yes")
    batch_id = int(answer.location.rsplit("/", 1)[1])
    assert manager.post(f"/admin/tags/many/{batch_id}/back").status_code == 404  # it is under way
    put_many(office.runtime, batch_id)
    assert on(office, key) == set(mine)
    assert "收回这些标签" in manager.get(f"/admin/batches/{batch_id}").text
    assert office.inside("alice").post(f"/admin/tags/many/{batch_id}/back").status_code == 404

    answer = manager.post(f"/admin/tags/many/{batch_id}/back")
    back = int(answer.location.rsplit("/", 1)[1])
    put_many(office.runtime, back)
    put_many(office.runtime, back)

    assert on(office, key) == {mine[0]}
    with office.db.reading() as session:
        batch = session.get_one(Batch, back)
        assert (batch.state, batch.done, batch.total) == ("done", 3, 3)
    entry = office.audit()[-1]
    assert (entry.action, json.loads(entry.before)) == (
        "tag.taken_off",
        {"tag": "老客户", "fans": 3, "batch": batch_id},
    )
    assert "收回这些标签" not in manager.get(f"/admin/batches/{back}").text


def test_a_rule_by_channel_can_be_held_to_who_came_before(office, shops):
    channel = make.channel(office.db, "c:1", account_id=office.runtime.accounts["head"].id, shop_id=shops[0])
    first = fan(office, "oFirst", first_channel_id=channel, last_shop_id=shops[0])
    last = fan(office, "oLast", last_channel_id=channel, last_shop_id=shops[1])
    fan(office, "oElsewhere", last_shop_id=shops[0])
    alice = office.inside("alice")
    alice.post("/admin/tags/new", name="展会", channels=str(channel))
    with office.db.reading() as session:
        key = session.scalars(select(Tag.id).filter_by(name="展会")).one()
    page = alice.get(f"/admin/tags/{key}").text
    assert "在此之前来的人" in page
    asked = {"tag": str(key), "what": "put", "filter_through": str(channel), "filter_without": str(key)}
    assert f'name="filter_through" value="{channel}"' in page

    assert "给 2 位粉丝打上“展会”" in alice.post("/admin/tags/many", **asked).text
    answer = alice.post("/admin/tags/many", sure="yes", **asked)
    put_many(office.runtime, int(answer.location.rsplit("/", 1)[1]))

    assert on(office, key) == {first, last}


def test_who_may_no_longer_tag_has_nothing_done(office, shops):
    key = tag(office)
    fan(office, "oMine", last_shop_id=shops[0])
    manager = office.inside("manager")
    answer = manager.post("/admin/tags/many", tag=str(key), what="put", sure="yes")
    with office.db.transaction() as session:
        session.scalars(select(User).filter_by(name="manager")).one().active = False

    put_many(office.runtime, int(answer.location.rsplit("/", 1)[1]))

    assert on(office, key) == set()


def test_fans_are_found_by_tag_and_by_the_days_of_touches(office):
    key = tag(office)
    first = fan(office, "oTagged_01", first_touch_at=utc_now(), last_touch_at=utc_now())
    fan(office, "oPlain_001")
    put(office, key, first)
    alice = office.inside("alice")

    def found(query):
        page = alice.get(f"/admin/fans/?{query}").text
        return {name for name in ("oTagged_01", "oPlain_001") if f"{name}</code>" in page}

    assert found(f"tag={key}") == {"oTagged_01"}
    assert found(f"without={key}") == {"oPlain_001"}
    assert found("first_since=2020-01-01") == {"oTagged_01"}
    assert found("last_until=2020-01-01") == set()
    assert found("tag=x&first_since=y&without=") == {"oTagged_01", "oPlain_001"}
    assert "标签：老客户" in alice.get(f"/admin/fans/?tag={key}").text


def test_what_wechat_will_not_take_is_shown_with_what_helps_and_tried_again(office):
    account_id = office.runtime.accounts["head"].id
    key, full = tag(office, "云南"), tag(office, "第一百零一个")
    one = fan(office, "oCrowded_1")
    put(office, key, one)
    with office.db.transaction() as session:
        needs.put(
            session, account="head", account_id=account_id, why="menu", tag_ids=[key, full], now=utc_now()
        )
        session.add(WeChatTag(account_id=account_id, tag_id=key, wechat_id=101, name="云南", made_here=True))
        trouble = "batchtagging: over 20 tags on a fan (errcode 45059)"
        session.add(WeChatFanTag(fan_id=one, tag_id=key, applied_at=utc_now(), trouble=trouble))
        words = "over 100 tags (errcode 45056)"
        session.add(WeChatTag(account_id=account_id, tag_id=full, made_here=False, trouble=words))
    alice = office.inside("alice")

    page = alice.get("/admin/tags/wechat").text
    assert "oCrowded_1" in page
    assert "这位粉丝已有 20 个标签" in page
    assert "公众号已有 100 个标签" in page
    assert alice.post("/admin/tags/wechat/again").status_code == 303

    with office.db.reading() as session:
        assert session.scalars(select(WeChatFanTag)).all() == []
        assert session.scalars(select(TagWish.fan_id)).all() == [one]
    assert {"tags.make", "tags.sync"} <= {one.job for one in make.promises(office.db)}
