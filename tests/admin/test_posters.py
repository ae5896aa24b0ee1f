"""Posters in the back office: who may, what is refused, what changed, and the posters of many as one file."""

import base64
import io
import re
import zipfile
from datetime import date

import openpyxl
import pypdfium2
import pytest
import zxingcpp
from PIL import Image
from sqlalchemy import select

import posters
from bot.batches.models import Batch
from bot.channels.models import Channel
from bot.db import utc_now
from bot.files import store
from bot.organisation.models import Staff
from bot.posters import assets, differences, documents, making, packing
from bot.posters.models import PosterDesign, PosterDesignVersion, ShopPosterRank, StaffPoster
from bot.users.roles import Role
from tests import make
from tests.materials import files
from tests.support.posters_sent import bring, editor, preview, save

SVG = b'<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9"><script>alert(1)</script></svg>'


@pytest.fixture
def marketer(office):
    office.add("mei", Role.MARKETER)
    return office.inside("mei")


def rows(office, model=PosterDesign):
    with office.db.reading() as session:
        return list(session.scalars(select(model).order_by(model.id)))


def hire(office, shop_id, *names):
    with office.db.transaction() as session:
        found = [Staff(shop_id=shop_id, name=name, role="旅行顾问", active=True) for name in names]
        session.add_all(found)
        session.flush()
        return [one.id for one in found]


def begin(person, name="徽州", **more):
    person.get("/admin/posters/new")
    data = {"csrf": person.token, "name": name, "start": "blank", **more}
    return person.client.post("/admin/posters/new", data=data, content_type="multipart/form-data")


def scanned(picture):
    with Image.open(io.BytesIO(picture)) as one:
        return [found.text for found in zxingcpp.read_barcodes(one)]


def test_every_built_in_design_can_be_edited_as_it_is():
    for key, template in posters.builtin().items():
        assert posters.read(documents.of(template)) == template, key
        assert differences.changes(documents.of(template), documents.of(template)) == []


def test_a_marketer_makes_a_design_publishes_it_and_goes_back(office, marketer):
    picture = io.BytesIO(files.photograph())
    assert begin(marketer, file=(picture, "云海.jpg")).location == "/admin/posters/own-1/edit?number=1"
    page = editor(marketer, "own-1")
    document = page.document
    assert document["background"]["picture"].startswith("asset:")

    document["boxes"].append(
        {"kind": "text", "x": 90, "y": 200, "width": 900, "height": 120, "text": "去徽州", "size": 96}
    )
    document["boxes"][2]["size"] = 60
    answer = save(marketer, page, note="加了标题")
    assert answer.json == {"to": "/admin/posters/own-1/versions/2"}, answer.json

    shown = marketer.get("/admin/posters/own-1/versions/2").text
    assert "新增：“去徽州”" in shown
    assert "“〔姓名〕”：字号由 52 改为 60" in shown
    marketer.get("/admin/posters/own-1")
    for number in (2, 1):
        marketer.post("/admin/posters/own-1/publish", number=number)
        [row] = rows(office)
        assert (row.published, row.state) == (number, "active")
    for width in (1080, 750):
        found = marketer.get(f"/admin/posters/own-1/picture?width={width}")
        with Image.open(io.BytesIO(found.data)) as one:
            assert one.size == (width, {1080: 1920, 750: 1334}[width])
        assert len(scanned(found.data)) == 1
        assert found.headers["Cache-Control"].startswith("private")
    assert [one.action for one in office.audit() if one.action.startswith("poster")] == [
        "poster_design.added",
        "poster_design.version_added",
        "poster_design.published",
        "poster_design.published",
    ]


def test_what_differs_is_said_box_by_box(office, marketer):
    before = documents.blank("一", "One")
    after = documents.blank("一", "One")
    after["background"]["paint"] = "#000000"
    del after["boxes"][6]
    after["boxes"][2]["x"] += 10
    after["boxes"][0]["paint"] = "#FFFFFF"

    said = [(one.did.value, one.field) for one in differences.changes(before, after)]

    assert said == [("background", "paint"), ("changed", "paint"), ("moved", ""), ("removed", "")]


@pytest.mark.parametrize(
    ("sent", "words"),
    [
        (SVG, "SVG"),
        (b"<html><script>alert(1)</script>", "SVG"),
        (files.png_bomb(), "像素"),
        (files.photograph()[:4000], "损坏"),
    ],
)
def test_a_background_is_judged_by_its_content(office, marketer, sent, words):
    answer = begin(marketer, file=(io.BytesIO(sent), "a.png"))

    assert answer.status_code == 422
    [said] = re.findall(r'id="e-file">([^<]*)<', answer.text)
    assert words in said
    assert rows(office) == []


def test_a_picture_of_fifty_thousand_by_fifty_thousand_is_not_unpacked(office, marketer):
    head = b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR" + (50_000).to_bytes(4, "big") * 2 + b"\x08\x02\0\0\0"
    begin(marketer)

    answer = bring(marketer, editor(marketer, "own-1"), head + b"\0" * 99)

    assert answer.status_code == 422
    assert answer.json["says"]


def test_where_a_picture_was_taken_is_gone_and_nothing_else_can_be_shown_in_its_place(office, marketer):
    exif = Image.Exif()
    exif[0x010F] = "Camera of 138 1234 5678"
    out = io.BytesIO()
    Image.new("RGB", (600, 400), (9, 99, 99)).save(out, "JPEG", exif=exif)
    begin(marketer)
    page = editor(marketer, "own-1")

    name = bring(marketer, page, out.getvalue()).json["name"]

    with office.db.transaction() as session:
        kept = store.content(session, int(name.removeprefix("asset:")))
        assert b"Camera" not in kept
        secret = store.put(
            session, files.photograph(), name="export.jpg", media_type="image/jpeg", now=utc_now()
        ).id
    page.document["background"]["picture"] = name
    assert preview(marketer, page).json["picture"]
    page.document["background"]["picture"] = f"asset:{secret}"
    said = preview(marketer, page).json
    assert (said["picture"], said["problems"][0]["box"]) == (None, "background")
    assert save(marketer, page).status_code == 422


def test_a_picture_nobody_saved_goes_after_a_week_and_one_of_a_version_stays(office, marketer):
    begin(marketer)
    page = editor(marketer, "own-1")
    unused, used = (bring(marketer, page, files.photograph()).json["name"] for _ in range(2))
    page.document["background"]["picture"] = used
    assert save(marketer, page).status_code == 200

    with office.db.reading() as session:
        kept = {name: store.about(session, int(name[6:])).keep_until for name in (unused, used)}
    assert kept[used] is None
    assert kept[unused] - utc_now() < assets.UNUSED_KEPT


def test_problems_stand_beside_their_box_with_what_to_do(office, marketer):
    begin(marketer)
    page = editor(marketer, "own-1")
    boxes = page.document["boxes"]
    code = next(number for number, box in enumerate(boxes) if box["kind"] == "code")
    boxes[code] |= {"width": 90, "height": 90, "colour": "#DDDDDD"}
    boxes[2]["x"] = 2000
    boxes[3]["size"] = "large"

    said = preview(marketer, page).json

    found = {(one["box"], one["field"]) for one in said["problems"]}
    assert found >= {(code, "width"), (code, "colour"), (2, "x"), (3, "size")}
    assert all(
        re.search("[\u4e00-\u9fff]", one["says"]) and "%(" not in one["says"] for one in said["problems"]
    )
    assert said["picture"] is None
    assert save(marketer, page).status_code == 422
    del boxes[code]
    boxes[2]["x"], boxes[3]["size"] = 0, 40
    [one] = preview(marketer, page).json["problems"]
    assert "二维码" in one["says"]


def test_a_plate_over_the_code_is_found_by_scanning_and_advice_is_no_problem(office, marketer):
    begin(marketer)
    page = editor(marketer, "own-1")
    boxes = page.document["boxes"]
    boxes[2]["y"] = 4
    said = preview(marketer, page).json
    assert said["advice"][0]["box"] == 2
    assert scanned(base64.b64decode(said["picture"])) == ["http://weixin.qq.com/q/02yizhan-sample-nobody"]

    boxes.append({"kind": "shape", "x": 600, "y": 1300, "width": 400, "height": 400, "paint": "#FFFFFF"})
    said = preview(marketer, page).json

    assert said["picture"] is None
    assert [(one["box"], one["field"]) for one in said["problems"]] == [(6, "width")]


def test_whatever_is_sent_as_a_document_gets_an_answer(office, marketer):
    begin(marketer)
    page = editor(marketer, "own-1")
    good = page.document
    odd = [
        {"boxes": [None, 1, [], {"kind": []}, {"kind": "text", "x": "a", "size": [1]}, {"kind": "code"}]},
        {"canvas": {"width": None, "height": 10**30}, "background": "x"},
        {"canvas": {"width": float("nan"), "height": True}},
        {"background": {"paint": {"colours": [1, None], "places": [True, "x"]}, "picture": 9}},
        {"boxes": [{"kind": "shape", "paint": {"angle": {}}, "shadow": []}] * 70},
        {"title": None, "version": [], "boxes": {}},
        {"background": {"picture": "asset:../../etc/passwd"}},
        {"boxes": [*good["boxes"], {**good["boxes"][1], "source": "asset:99999999999999999999"}]},
    ]
    for one in odd:
        page.document = {**good, **one}
        for answer in (preview(marketer, page), save(marketer, page)):
            assert answer.status_code in {200, 422}, one
            assert answer.json["problems"], one
    page.document = None
    assert preview(marketer, page).status_code == save(marketer, page).status_code == 400
    assert len(rows(office, PosterDesignVersion)) == 1


def test_two_at_the_same_design_lose_nothing(office, marketer):
    office.add("lan", Role.MARKETER)
    lan = office.inside("lan")
    begin(marketer)
    mine, theirs = editor(marketer, "own-1"), editor(lan, "own-1")
    assert save(lan, theirs).status_code == 200

    answer = save(marketer, mine)

    assert answer.status_code == 409
    assert "lan" in answer.json["says"]
    assert save(marketer, mine, newest=answer.json["newest"]).status_code == 200
    assert [row.author for row in rows(office, PosterDesignVersion)] == ["mei", "lan", "mei"]


def test_a_built_in_design_is_changed_hidden_kept_to_some_and_put_first(office, marketer):
    shop_id = make.shop(office.db)
    key = list(posters.builtin())[2]
    marketer.get(f"/admin/posters/{key}")
    kept = {"begins_on": "2026-09-01", "ends_on": "2026-11-30", "shops": [shop_id], "name": ""}
    marketer.post(f"/admin/posters/{key}", **kept)
    marketer.post(f"/admin/posters/{key}/move", way="up")
    marketer.post(f"/admin/posters/{key}/shown", shown="no")

    row = next(one for one in rows(office) if one.key == key)
    assert (row.begins_on, row.ends_on, row.state) == (date(2026, 9, 1), date(2026, 11, 30), "archived")
    page = marketer.get("/admin/posters/").text
    assert re.findall(r'id="design-([\w-]+)"', page)[:3] == [list(posters.builtin())[n] for n in (0, 2, 1)]
    assert "上海人民广场店" in page
    wrong = marketer.post(f"/admin/posters/{key}", **{**kept, "ends_on": "2026-08-01"})
    assert wrong.status_code == 422
    assert "结束日期" in wrong.text
    marketer.post(f"/admin/posters/{key}/shown", shown="yes")
    assert next(one for one in rows(office) if one.key == key).state == "active"


def test_designs_are_the_head_offices_and_managers_look_only(office, marketer):
    shop_id = make.shop(office.db)
    office.add("li", Role.SHOP_MANAGER, shops=[shop_id])
    office.add("wu", Role.MARKETER, shops=[shop_id])
    begin(marketer)
    for name in ("li", "wu"):
        person = office.inside(name)
        assert person.get("/admin/posters/").status_code == 200
        page = person.get("/admin/posters/spring").text
        assert "/admin/posters/new" not in page
        for path in ("new", "own-1/edit"):
            assert person.get(f"/admin/posters/{path}").status_code == 403
        for path in ("own-1", "own-1/publish", "own-1/shown", "own-1/move", "own-1/assets", "own-1/preview"):
            assert person.post(f"/admin/posters/{path}").status_code == 403, path


def batch(office, person, **fields):
    """Ask for a batch, and do its slices as a worker would; return it and its file."""
    person.get("/admin/posters/staff")
    usual = {"form": "zip", "design": "", "width": 750, "width_mm": 90}
    answer = person.post("/admin/posters/staff", **{**usual, **fields})
    assert answer.status_code == 303, re.findall(r"invalid-feedback[^>]*>([^<]*)", answer.text)
    return int(answer.location.rsplit("/", 1)[1])


def work(office, key, *, slices=40):
    """Run slices until the batch has ended; codes are made in between, as WeChat would."""
    for _ in range(slices):
        packing.pack(office.runtime, key)
        with office.db.transaction() as session:
            for channel in session.scalars(select(Channel).where(Channel.url.is_(None))):
                channel.url = f"http://weixin.qq.com/q/02test{channel.id:06}"
            one = session.get_one(Batch, key)
            if one.finished_at is not None:
                return one
    raise AssertionError(one.notes)


def file_of(office, one):
    with office.db.reading() as session:
        return store.content(session, one.file_id)


def codes(office):
    with office.db.reading() as session:
        found = session.execute(
            select(StaffPoster.staff_id, Channel.url).join(Channel, Channel.id == StaffPoster.channel_id)
        )
        return dict(found.all())


def test_the_posters_of_six_as_an_archive_each_with_their_own_code(office, marketer, monkeypatch):
    monkeypatch.setattr(packing, "PART", 2)
    shop_id = make.shop(office.db)
    ids = hire(office, shop_id, "王珊", "李娜", "=cmd()", "../赵磊", "䶮㛃", "阿依古丽")

    one = work(office, batch(office, marketer, shops=[shop_id]))

    assert (one.state, one.done, one.failed) == ("done", 6, 0), one.problems
    with zipfile.ZipFile(io.BytesIO(file_of(office, one))) as archive:
        names = archive.namelist()
        assert not any(".." in name or name.startswith("/") for name in names)
        sheet = openpyxl.load_workbook(io.BytesIO(archive.read("posters.xlsx"))).active
        lines = [[cell.value for cell in row] for row in sheet.iter_rows(min_row=2)]
        assert [line[0] for line in lines] == [name for name in names if name.endswith(".jpg")]
        made = codes(office)
        for staff_id, line in zip(ids, lines, strict=True):
            assert f"/{staff_id:06}-" in line[0]
            assert scanned(archive.read(line[0])) == [made[staff_id]] == [line[5]]
    assert len(set(made.values())) == 6
    assert not any(cell.data_type == "f" for row in sheet.iter_rows() for cell in row)


def test_the_posters_of_six_as_pages_for_the_print_shop(office, marketer, monkeypatch):
    monkeypatch.setattr(packing, "PART", 4)
    shop_id = make.shop(office.db)
    ids = hire(office, shop_id, *"甲乙丙丁戊己")

    one = work(office, batch(office, marketer, shops=[shop_id], form="pdf", design="autumn"))

    assert one.state == "done", one.problems
    made = codes(office)
    book = pypdfium2.PdfDocument(file_of(office, one))
    assert len(book) == 6
    for staff_id, page in zip(ids, book, strict=True):
        assert page.get_size()[0] == pytest.approx((90 + 6) / 25.4 * 72, abs=0.5)
        assert page.get_trimbox()[0] == pytest.approx(3 / 25.4 * 72, abs=0.5)
        found = zxingcpp.read_barcodes(page.render(scale=2).to_pil())
        assert [one.text for one in found] == [made[staff_id]]


def test_who_has_no_poster_is_named_with_the_reason_and_a_stopped_batch_makes_no_more(office, marketer):
    shop_id = make.shop(office.db)
    _here, left, retired = hire(office, shop_id, "王珊", "李娜", "赵磊")
    key = batch(office, marketer, shops=[shop_id])
    with office.db.transaction() as session:
        session.get_one(Staff, left).active = False
    packing.pack(office.runtime, key)
    with office.db.transaction() as session:
        channel_id = session.scalar(select(StaffPoster.channel_id).filter_by(staff_id=retired))
        session.get_one(Channel, channel_id).state = "retired"

    one = work(office, key)

    assert (one.state, one.done, one.failed) == ("done", 3, 2)
    assert {problem["why"] for problem in one.problems} == {
        "已不在所选门店在职",
        "二维码已停用；请在渠道页恢复后再生成",
    }
    key = batch(office, marketer, shops=[shop_id])
    marketer.get(f"/admin/batches/{key}")
    marketer.post(f"/admin/batches/{key}/cancel")
    packing.pack(office.runtime, key)
    assert work(office, key, slices=1).state == "cancelled"


def test_a_slice_that_broke_off_is_done_again_and_nobody_is_there_twice(office, marketer, monkeypatch):
    monkeypatch.setattr(packing, "PART", 2)
    shop_id = make.shop(office.db)
    hire(office, shop_id, "王珊", "李娜", "赵磊")
    key = batch(office, marketer, shops=[shop_id])
    draw, drawn = making.draw, []

    def breaks(one, **options):
        drawn.append(one.subject.name)
        if len(drawn) in {2, 4}:
            raise RuntimeError("the power is gone")
        return draw(one, **options)

    monkeypatch.setattr(making, "draw", breaks)
    for _ in range(2):
        with pytest.raises(RuntimeError):
            work(office, key)
    one = work(office, key)

    assert (one.state, one.done, one.failed) == ("done", 3, 0)
    with zipfile.ZipFile(io.BytesIO(file_of(office, one))) as archive:
        assert len(archive.namelist()) == len(set(archive.namelist())) == 4


def test_wechat_is_waited_for_and_in_the_end_named(office, marketer, monkeypatch):
    monkeypatch.setattr(packing, "ROUNDS", 2)
    shop_id = make.shop(office.db)
    hire(office, shop_id, "王珊")
    key = batch(office, marketer, shops=[shop_id])

    for _ in range(12):
        packing.pack(office.runtime, key)

    [one] = rows(office, Batch)
    assert (one.state, one.failed) == ("failed", 1)
    assert one.problems == [{"what": "王珊", "why": "微信还没有生成二维码；请稍后再生成一次"}]
    assert one.notes["round"] == 2


def test_a_manager_says_whether_the_shop_shows_its_ranks(office):
    mine, other = make.shop(office.db), make.shop(office.db, "济南泉城路店", "济南分公司")
    office.add("li", Role.SHOP_MANAGER, shops=[mine])
    li = office.inside("li")
    assert "济南" not in li.get("/admin/posters/ranks").text

    assert li.post("/admin/posters/ranks", shops=[mine]).status_code == 303
    li.get("/admin/posters/ranks")
    assert li.post("/admin/posters/ranks", shops=[other]).status_code == 404
    with office.db.reading() as session:
        assert list(session.scalars(select(ShopPosterRank.shop_id))) == [mine]
    li.get("/admin/posters/ranks")
    li.post("/admin/posters/ranks")
    said = [one.action for one in office.audit() if one.action.startswith("shop.poster")]
    assert said == ["shop.poster_rank_shown", "shop.poster_rank_hidden"]


def test_a_shop_manager_gets_the_posters_of_their_own_shop_only(office):
    mine, other = make.shop(office.db), make.shop(office.db, "济南泉城路店", "济南分公司")
    hire(office, mine, "王珊")
    [stranger] = hire(office, other, "李娜")
    office.add("li", Role.SHOP_MANAGER, shops=[mine])
    li = office.inside("li")

    page = li.get("/admin/posters/staff").text
    assert "上海人民广场店（1）" in page
    assert "济南泉城路店" not in page
    assert (
        li.post("/admin/posters/staff", form="zip", width=750, width_mm=90, shops=[other]).status_code == 404
    )
    assert li.get(f"/admin/posters/spring/picture?whom=staff:{stranger}").status_code == 404
    assert "李娜" not in li.get("/admin/posters/spring").text
    one = work(office, batch(office, li, shops=[mine]))
    assert (one.state, one.total, one.created_by) == ("done", 1, "li")
