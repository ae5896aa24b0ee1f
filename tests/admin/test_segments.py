"""Segments in the back office: rows to conditions and back, whose they are, the live count."""

import json

import pytest
from sqlalchemy import select

from admin.segments import rows
from admin.segments.rows import Row
from bot.db import utc_now
from bot.segments.models import Segment
from bot.users.roles import Role
from tests import make
from tests.admin.test_fans import fan


def condition(block, key, field, ask, value=None, **more):
    """Return the fields of one row as a form sends them."""
    sent = {f"{key}-field": field, f"{key}-ask": ask}
    if value is not None:
        sent[f"{key}-value"] = value
    return {"row": f"{block}:{key}", **sent, **{f"{key}-{name}": said for name, said in more.items()}}


def joined(*parts, **more):
    sent = {"row": [part["row"] for part in parts], **more}
    for part in parts:
        sent |= {name: said for name, said in part.items() if name != "row"}
    return sent


@pytest.fixture
def world(office):
    here, there = make.shop(office.db), make.shop(office.db, "济南泉城路店", "济南分公司")
    with office.db.transaction() as session:
        tag = make.tag(session, "云南").id
    office.add("manager", Role.SHOP_MANAGER, shops=[here])
    for number in range(3):
        fan(office, f"oMine_{number}", last_shop_id=here)
    fan(office, "oTheirs", last_shop_id=there)
    return {"here": here, "there": there, "tag": tag}


def segments(office):
    with office.db.reading() as session:
        return list(session.scalars(select(Segment).order_by(Segment.id)))


def test_a_segment_is_written_shown_counted_changed_and_deleted(office, world):
    alice = office.inside("alice")
    assert "人群" in alice.get("/admin/segments/new").text
    sent = joined(
        condition("all", "a1", "standing", "any", ["following"]),
        condition("all", "a2", "last_active", "within", days="30"),
        condition("all", "a3", "", ""),
        condition("any", "a4", "followed", "between", since="2020-01-01", until=""),
        condition("none", "a5", "tags", "any", [str(world["tag"])]),
        name="活跃旅客",
        note="",
        shared="yes",
    )
    answer = alice.post("/admin/segments/new", **sent)
    assert answer.status_code == 303
    [row] = segments(office)
    assert row.document == {
        "all": [
            {"field": "standing", "ask": "any", "value": ["following"]},
            {"field": "last_active", "ask": "within", "value": 30},
            {"any": [{"field": "followed", "ask": "between", "value": {"since": "2020-01-01"}}]},
            {"none": [{"field": "tags", "ask": "any", "value": [world["tag"]]}]},
        ]
    }
    page = alice.get(f"/admin/segments/{row.id}").text
    assert "30 天以内" in page
    assert "排除：" in page
    assert rows.document_of(rows.rows_of(row.document)) == row.document
    assert "4" in alice.post("/admin/segments/count", **joined(sent | {"row": "all:a1"})).text

    stale = alice.post(f"/admin/segments/{row.id}", **{**sent, "version": "0"})
    assert stale.status_code == 409
    assert (
        alice.post(f"/admin/segments/{row.id}", **{**sent, "name": "旅客", "version": "1"}).status_code == 303
    )
    assert segments(office)[0].name == "旅客"
    assert alice.post(f"/admin/segments/{row.id}/delete").status_code == 303
    assert segments(office) == []
    actions = [entry.action for entry in office.audit()]
    assert actions[-3:] == ["segment.added", "segment.changed", "segment.deleted"]


def test_what_is_wrong_stands_beside_its_row_and_nothing_is_changed(office, world):
    alice = office.inside("alice")
    alice.get("/admin/segments/new")
    wrong = joined(
        condition("all", "a1", "last_active", "within", days="0"),
        condition("any", "a2", "tags", "any"),
        condition("none", "a3", "last_shop", "any", ["999999"]),
        name="x",
        note="",
    )
    page = alice.post("/admin/segments/new", **wrong)
    assert page.status_code == 422
    for key in ("a1", "a2", "a3"):
        assert f'id="e-{key}"' in page.text
    assert segments(office) == []
    assert "先把条件填完整" in alice.post("/admin/segments/count", **wrong).text
    # Without a script a button adds a row and saves nothing.
    more = alice.post("/admin/segments/new", name="x", note="", add="none")
    assert more.status_code == 200
    assert 'value="none:' in more.text
    assert segments(office) == []
    changed = joined(condition("all", "a8", "member", "is"), condition("all", "a9", "followed", "any"))
    assert 'name="a9-days"' in alice.post("/admin/segments/row?of=a9", **changed).text
    assert alice.post("/admin/segments/row", **changed).status_code == 404
    assert 'value="any:' in alice.post("/admin/segments/row?new=any").text


def test_a_managers_count_is_of_their_fans_and_their_segments_are_their_own(office, world):
    manager, alice = office.inside("manager"), office.inside("alice")
    everybody = joined(condition("all", "a1", "standing", "any", ["following"]), name="全部", note="")
    manager.get("/admin/segments/new")
    assert '<strong class="big">3</strong>' in manager.post("/admin/segments/count", **everybody).text
    assert '<strong class="big">4</strong>' in alice.post("/admin/segments/count", **everybody).text
    assert manager.post("/admin/segments/new", **everybody).status_code == 303
    others = joined(condition("all", "a1", "last_shop", "any", [str(world["there"])]), name="别店", note="")
    assert manager.post("/admin/segments/new", **others).status_code == 404
    assert alice.post("/admin/segments/new", **{**others, "shared": ""}).status_code == 303
    private = segments(office)[1].id
    assert manager.get(f"/admin/segments/{private}").status_code == 404
    with office.db.transaction() as session:
        session.get_one(Segment, private).shared_at = utc_now()
    assert manager.get(f"/admin/segments/{private}").status_code == 200
    assert manager.post(f"/admin/segments/{private}", **{**everybody, "version": "2"}).status_code == 404
    assert manager.post(f"/admin/segments/{private}/delete").status_code == 404
    assert json.loads(office.audit()[-1].after or "{}") == {}


def test_what_the_editor_cannot_show_is_left_as_it_is(office, world):
    deep = {"all": [{"any": [{"none": [{"field": "member", "ask": "is", "value": True}]}]}]}
    assert rows.rows_of(deep) is None
    with office.db.transaction() as session:
        session.add(Segment(name="深", document=deep, created_by_id=1, created_by="x", created_at=utc_now()))
    alice = office.inside("alice")
    [row] = segments(office)
    assert 'name="kept"' in alice.get(f"/admin/segments/{row.id}").text
    alice.post(f"/admin/segments/{row.id}", name="更深", note="", kept="yes", version="1")
    assert (segments(office)[0].name, segments(office)[0].document) == ("更深", deep)


def test_values_of_each_kind_survive_the_form():
    one = Row("x", "all", "member", "is", ["no"])
    assert rows.document_of([one])["all"][0]["value"] is False
    assert not one.error
