"""Materials and articles in the back office: who may, what is refused, what is shown, two editors."""

import io
import re

import pytest
from sqlalchemy import select

from bot.db import utc_now
from bot.materials import adding, uses
from bot.materials.models import Article, ArticleAtWeChat, Kind, Material, MaterialAtWeChat, MaterialUse
from bot.replies.models import AutoReply
from bot.users.roles import Role
from tests import make
from tests.materials import files


@pytest.fixture
def marketer(office_anywhere):
    office_anywhere.add("mei", Role.MARKETER)
    return office_anywhere.inside("mei")


def upload(person, sent, name="云海.png", kind="image", **more):
    person.get("/admin/materials/new")
    data = {"csrf": person.token, "kind": kind, "file": (io.BytesIO(sent), name), **more}
    return person.client.post("/admin/materials/new", data=data, content_type="multipart/form-data")


def rows(office, model=Material):
    with office.db.reading() as session:
        return list(session.scalars(select(model)))


def add(office, kind=Kind.IMAGE, sent=None, title="云海"):
    checked = adding.check(kind, sent or files.picture())
    with office.db.transaction() as session:
        return adding.put(session, checked, title=title, by="mei", now=utc_now()).id


def article(cover="", body="<p>看日出。</p>", **more):
    return {
        "title": "云海日出",
        "author": "梅",
        "digest": "",
        "cover": cover,
        "source_url": "",
        "body": body,
        "version": "1",
        **more,
    }


def test_a_picture_is_kept_shown_small_and_whole_and_stands_in_the_audit(office_anywhere, marketer):
    answer = upload(marketer, files.photograph())

    assert answer.status_code == 303, answer.text
    [row] = rows(office_anywhere)
    assert (row.title, row.kind, row.created_by) == ("云海", "image", "mei")
    assert office_anywhere.audit()[-1].action == "material.added"
    for path in ("preview", "file"):
        shown = marketer.get(f"/admin/materials/{row.id}/{path}")
        assert shown.mimetype == "image/jpeg"
        assert shown.headers["Cache-Control"] == "private, max-age=31536000, immutable"
        assert shown.headers["X-Content-Type-Options"] == "nosniff"
        assert shown.headers["Content-Disposition"].startswith("inline; filename=")
        assert len(shown.data) == int(shown.headers["Content-Length"])
    assert "云海" in marketer.get("/admin/materials/").text


def test_everything_else_is_still_not_kept_by_browsers(office):
    assert office.inside("alice").get("/admin/materials/").headers["Cache-Control"] == "no-store"


@pytest.mark.parametrize(
    ("sent", "name", "kind", "words"),
    [
        (files.SVG, "logo.png", "image", "SVG"),
        (files.HTML, "a.jpg", "image", "SVG"),
        (files.gif_and_script(), "a.gif", "image", "JPEG"),
        (files.png_bomb(), "bomb.png", "image", "像素"),
        (files.picture(), "a.mp3", "voice", "MP3"),
        (files.HTML, "a.mp4", "video", "MP4"),
        (b"", "a.png", "image", "空"),
    ],
)
def test_what_is_refused_is_said_beside_the_field_and_nothing_is_kept(office, sent, name, kind, words):
    answer = upload(office.inside("alice"), sent, name, kind)

    assert answer.status_code == 422
    [said] = re.findall(r'id="e-file">([^<]*)<', answer.text)
    assert words in said
    assert rows(office) == []


def test_an_upload_larger_than_any_kind_is_not_even_read(office):
    alice = office.inside("alice")
    sent = b"--x\r\n" + b"\0" * (13 * 1024 * 1024)

    answer = alice.client.post(
        "/admin/materials/new", data=sent, content_type="multipart/form-data; boundary=x"
    )

    assert answer.status_code == 413


def test_names_are_only_labels_and_are_shown_as_words(office):
    alice = office.inside("alice")

    upload(alice, files.picture(), "../../<script>alert(1)<\u202egnp.png")

    [row] = rows(office)
    assert row.title == "<script>alert(1)<gnp"
    page = alice.get(f"/admin/materials/{row.id}").text
    assert "<script>alert(1)" not in page
    assert "../" not in alice.get(f"/admin/materials/{row.id}/file").headers["Content-Disposition"]


def test_a_recording_comes_as_a_download(office):
    key = add(office, Kind.VOICE, files.mp3())

    sent = office.inside("alice").get(f"/admin/materials/{key}/file")

    assert (sent.mimetype, sent.headers["Content-Disposition"][:10]) == ("audio/mpeg", "attachment")
    assert sent.data == files.mp3()


def test_the_script_that_shows_progress_is_told_where_to_go(office):
    alice = office.inside("alice")
    alice.get("/admin/materials/new")
    data = {"csrf": alice.token, "kind": "image", "file": (io.BytesIO(files.picture()), "a.png")}

    answer = alice.client.post("/admin/materials/new", data=data, headers={"X-Progress": "1"})

    assert answer.json == {"to": f"/admin/materials/{rows(office)[0].id}"}


def test_a_shop_manager_sees_materials_and_changes_none(office):
    shop_id = make.shop(office.db)
    office.add("li", Role.SHOP_MANAGER, shops=[shop_id])
    key = add(office)
    li = office.inside("li")

    assert li.get(f"/admin/materials/{key}").status_code == 200
    assert li.get(f"/admin/materials/{key}/preview").status_code == 200
    assert upload(li, files.picture()).status_code == 403
    assert li.post(f"/admin/materials/{key}", title="x").status_code == 403


def test_a_marketer_of_one_shop_cannot_change_what_is_the_head_offices(office):
    shop_id = make.shop(office.db)
    office.add("wu", Role.MARKETER, shops=[shop_id])
    key = add(office)
    wu = office.inside("wu")

    assert upload(wu, files.picture()).status_code == 404
    wu.get("/admin/")
    assert wu.post(f"/admin/materials/{key}", title="mine").status_code == 404
    assert [row.title for row in rows(office)] == ["云海"]


def test_what_is_in_use_is_not_archived_and_says_where(office_anywhere, marketer):
    office = office_anywhere
    key = add(office)
    rule_id = make.rule(office.db, title="看海", words=["海"], reply={"type": "image", "material_id": key})

    answer = marketer.post(f"/admin/materials/{key}/archived", follow=True, archived="yes")

    assert "正在使用" in answer.text
    assert f'href="/admin/replies/{rule_id}"' in answer.text
    assert rows(office)[0].archived_at is None
    marketer.post(f"/admin/replies/{rule_id}/delete")
    marketer.get(f"/admin/materials/{key}")
    marketer.post(f"/admin/materials/{key}/archived", archived="yes")
    assert rows(office)[0].archived_at is not None
    assert rows(office, MaterialUse) == []


def test_an_account_is_asked_to_keep_it_for_good(office_anywhere, marketer):
    key = add(office_anywhere)
    marketer.get(f"/admin/materials/{key}")

    marketer.post(f"/admin/materials/{key}/permanent", account="head")

    [row] = rows(office_anywhere, MaterialAtWeChat)
    assert (row.lifetime, row.state) == ("permanent", "asking")
    assert [one.job for one in make.promises(office_anywhere.db)] == ["materials.supply"]
    assert marketer.post(f"/admin/materials/{key}/permanent", account="nobody").status_code == 400


def test_an_auto_reply_names_a_material_and_has_it_brought_at_once(office_anywhere, marketer):
    office = office_anywhere
    key = add(office)
    thumb = add(office, Kind.THUMB)
    marketer.get("/admin/replies/new")

    answer = marketer.post(
        "/admin/replies/new",
        title="看海",
        trigger="keyword",
        match="exact",
        words="海",
        reply_type="image",
        reply_image=str(key),
        f1_type="music",
        f1_thumb=str(thumb),
        f1_title="渔歌",
        f1_url="https://example.com/a.mp3",
        version="0",
    )

    assert answer.status_code == 303, re.findall(r"invalid-feedback[^>]*>([^<]*)", answer.text)
    [row] = rows(office, AutoReply)
    assert row.reply == {"type": "image", "material_id": key}
    assert row.follow_ups[0]["material_id"] == thumb
    assert {one.material_id for one in rows(office, MaterialUse)} == {key, thumb}
    assert "materials.supply" in {one.job for one in make.promises(office.db)}
    shown = marketer.get(f"/admin/replies/{row.id}").text
    assert re.search(rf'name="reply_image">.*?value="{key}"[^>]* selected', shown, re.DOTALL)


@pytest.mark.parametrize("chosen", ["", "999", "x", "article"])
def test_a_material_that_is_none_of_the_kind_is_not_taken(office, chosen):
    add(office)
    if chosen == "article":
        with office.db.transaction() as session:
            row = Material(kind="article", title="x", created_at=utc_now())
            session.add(row)
            session.flush()
            chosen = str(row.id)
    alice = office.inside("alice")
    alice.get("/admin/replies/new")

    answer = alice.post(
        "/admin/replies/new", title="x", trigger="follow", reply_type="image", reply_image=chosen, version="0"
    )

    assert answer.status_code == 422
    assert 'id="e-reply_image"' in answer.text
    assert rows(office, AutoReply) == []


def test_an_article_that_is_not_published_cannot_be_said(office):
    alice = office.inside("alice")
    alice.get("/admin/materials/articles/new")
    alice.post("/admin/materials/articles/new", **article())
    [row] = rows(office)
    sent = {
        "title": "x",
        "trigger": "follow",
        "reply_type": "article",
        "reply_articles": str(row.id),
        "version": "0",
    }
    alice.get("/admin/replies/new")

    assert alice.post("/admin/replies/new", **sent).status_code == 422
    with office.db.transaction() as session:
        session.add(
            ArticleAtWeChat(
                account_id=office.runtime.accounts["head"].id,
                material_id=row.id,
                state="published",
                wants_publishing=True,
                url="http://mp.weixin.qq.com/s/x",
                changed_at=utc_now(),
            )
        )
    assert alice.post("/admin/replies/new", **sent).status_code == 303


def test_an_article_is_cleaned_kept_and_notes_what_it_shows(office_anywhere, marketer):
    office = office_anywhere
    cover, picture = add(office, title="封面"), add(office, title="山")
    marketer.get("/admin/materials/articles/new")
    body = f'<div>看<b onclick="x()">日出</b><script>alert(1)</script></div><img src="/x" data-material="{picture}" alt="山">'

    answer = marketer.post("/admin/materials/articles/new", **article(cover, body))

    assert answer.status_code == 303, answer.text
    [text] = rows(office, Article)
    assert text.body == f'<p>看<b>日出</b></p><img data-material="{picture}" alt="山">'
    assert text.digest == "看 日出"
    assert {one.material_id for one in rows(office, MaterialUse)} == {cover, picture}
    assert office.audit()[-1].action == "article.added"
    with office.db.transaction() as session:
        assert not uses.archive(session, picture, now=utc_now())


@pytest.mark.parametrize(
    "sent",
    [
        "<script>alert(1)</script>",
        '<p>x</p><img src=x onerror="alert(1)" data-material="1">',
        "</textarea><script>alert(1)</script><p>x</p>",
        '<a href="javascript:alert(1)">x</a>',
    ],
)
def test_what_an_article_holds_never_runs_in_the_back_office(office, sent):
    add(office)
    alice = office.inside("alice")
    alice.get("/admin/materials/articles/new")

    alice.post("/admin/materials/articles/new", **article(body=sent, title='"><script>alert(2)</script>'))

    pages = [alice.get("/admin/materials/").text, alice.get("/admin/materials/articles/2").text]
    for page in pages:
        assert "<script>alert" not in page
        assert "onerror" not in page
        assert "javascript:" not in page


def test_a_picture_that_is_not_there_is_named_beside_the_text(office):
    alice = office.inside("alice")
    alice.get("/admin/materials/articles/new")

    answer = alice.post("/admin/materials/articles/new", **article(body='<img data-material="77" alt="">'))

    assert answer.status_code == 422
    assert "77" in re.findall(r'id="e-body">([^<]*)', answer.text)[0]


def test_the_second_editor_is_told_and_loses_nothing(office_anywhere, marketer):
    office = office_anywhere
    office.add("wei", Role.MARKETER)
    wei = office.inside("wei")
    marketer.get("/admin/materials/articles/new")
    marketer.post("/admin/materials/articles/new", **article())
    [row] = rows(office)
    wei.get(f"/admin/materials/articles/{row.id}")
    marketer.get(f"/admin/materials/articles/{row.id}")
    marketer.post(f"/admin/materials/articles/{row.id}", **article(body="<p>梅的。</p>"))

    answer = wei.post(f"/admin/materials/articles/{row.id}", **article(body="<p>伟的。</p>"))

    assert answer.status_code == 409
    assert "梅的。" in answer.text
    assert "伟的。" in answer.text
    assert rows(office, Article)[0].body == "<p>梅的。</p>"
    again = wei.post(f"/admin/materials/articles/{row.id}", **article(body="<p>伟的。</p>", version="2"))
    assert again.status_code == 303
    assert rows(office, Article)[0].body == "<p>伟的。</p>"


def test_publishing_asks_for_a_cover_first_and_then_is_promised(office_anywhere, marketer):
    office = office_anywhere
    cover = add(office)
    marketer.get("/admin/materials/articles/new")
    marketer.post("/admin/materials/articles/new", **article())
    key = rows(office)[-1].id
    push = f"/admin/materials/articles/{key}/push"

    assert "封面" in marketer.post(push, follow=True, account="head", publish="yes").text
    assert rows(office, ArticleAtWeChat) == []
    marketer.post(f"/admin/materials/articles/{key}", **article(cover))
    marketer.get(f"/admin/materials/articles/{key}")
    marketer.post(push, account="head", publish="yes")

    [there] = rows(office, ArticleAtWeChat)
    assert (there.state, there.wants_publishing) == ("wanted", True)
    assert [one.job for one in make.promises(office.db)] == ["materials.supply"]
    assert office.audit()[-1].action == "article.published"


def test_the_picker_is_told_of_what_can_be_chosen(office):
    shown, archived = add(office, title="山"), add(office, title="海")
    with office.db.transaction() as session:
        session.get_one(Material, archived).archived_at = utc_now()

    answer = office.inside("alice").get("/admin/materials/choose?kind=image&q=山")

    assert [(one["id"], one["title"]) for one in answer.json["rows"]] == [(shown, "山")]
    assert office.inside("alice").get("/admin/materials/choose?kind=nonsense").json == {"rows": []}
