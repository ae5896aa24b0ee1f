"""Bringing materials to the accounts that say them: once, again where needed, and never twice after a crash."""

from datetime import timedelta

import pytest

from bot.app import assemble
from bot.db import utc_now
from bot.errors import BadRequest
from bot.fans.models import Fan
from bot.materials import jobs, uploading, uses
from bot.materials.models import Kind, Lifetime, MaterialAtWeChat, MaterialUse, PlaceState
from bot.replies.jobs import say
from tests import make
from tests.materials import files
from tests.support.phone import Phone

DAY = timedelta(days=1)


def rule(studio, reply, **facts):
    return make.rule(studio.db, title="云海", words=["云海"], reply=reply, **facts)


def image_rule(studio, **facts):
    material_id = studio.add()
    rule(studio, {"type": "image", "material_id": material_id}, **facts)
    return material_id


def phone(studio, number=0):
    return Phone(assemble(studio.runtime), studio.runtime.config.accounts[number])


def test_a_shared_rules_picture_is_brought_to_each_account_once(studio):
    image_rule(studio)

    for account in ("head", "second", "head"):
        studio.supply(account)

    rows = studio.places()
    assert [(row.state, row.lifetime) for row in rows] == [("there", "temporary")] * 2
    assert len({row.media_id for row in rows}) == 2
    assert studio.calls("/cgi-bin/media/upload") == 2
    assert all(
        studio.line(name).download(row.media_id).content
        for name, row in zip(("head", "second"), rows, strict=True)
    )


def test_what_only_one_account_says_the_others_are_not_given(studio):
    image_rule(studio, account_id=studio.account_id("second"))

    studio.supply("head")
    studio.supply("second")

    assert [row.account_id for row in studio.places()] == [studio.account_id("second")]


def test_each_traveller_is_answered_with_the_media_id_of_their_own_account(studio):
    image_rule(studio)
    studio.supply("head")
    studio.supply("second")

    said = [phone(studio, number).say("云海").node("Image/MediaId") for number in (0, 1)]

    assert said == [row.media_id for row in studio.places()]
    assert make.promises(studio.db) == []


def test_what_is_not_there_yet_is_promised_kindly_and_follows(studio):
    material_id = image_rule(studio)
    alice = phone(studio)

    answer = alice.say("云海")

    assert answer.text == "您要的内容正在准备，马上发给您。"
    [promise] = make.promises(studio.db)
    assert promise.job == "replies.say"
    assert promise.arguments["reply"]["material_id"] == material_id


def follower(studio, account="head"):
    """Return a fan whom WeChat knows and lets us write to."""
    app_id = next(one.app_id for one in studio.runtime.config.accounts if one.name == account)
    studio.sim("POST", "travellers", id="alice", name="Alice")
    studio.sim("POST", "travellers/alice/follow", account=app_id, wait=False)
    studio.sim("POST", "travellers/alice/say", account=app_id, text="您好", wait=False)
    openid = studio.sim("GET", "travellers/alice")["accounts"][app_id]["openid"]
    with studio.db.transaction() as session:
        fan = Fan(
            account_id=studio.account_id(account),
            openid=openid,
            standing="following",
            created_at=utc_now(),
            follow_count=1,
            message_count=1,
        )
        session.add(fan)
        session.flush()
        return fan.id, app_id


def pictures(studio, app_id):
    bubbles = studio.sim("GET", f"travellers/alice/chat?account={app_id}")["bubbles"]
    return [one for one in bubbles if one.get("type", one.get("kind")) == "image"]


def test_the_promise_brings_the_file_and_shows_it(studio):
    material_id = studio.add()
    fan_id, app_id = follower(studio)

    say(studio.runtime, fan_id, {"type": "image", "material_id": material_id})

    assert len(pictures(studio, app_id)) == 1
    assert studio.calls("/cgi-bin/media/upload") == 1


def test_an_id_that_wechat_has_forgotten_is_replaced_and_the_traveller_sees_the_picture(studio):
    material_id = studio.add()
    fan_id, app_id = follower(studio)
    uploading.ensure(studio.runtime, studio.runtime.accounts["head"], material_id, Lifetime.TEMPORARY)
    theirs = uploading.ensure(
        studio.runtime, studio.runtime.accounts["second"], material_id, Lifetime.TEMPORARY
    )
    with studio.db.transaction() as session:  # an id of another account, as a copied database would hold
        session.get_one(MaterialAtWeChat, studio.places()[0].id).media_id = theirs.media_id

    say(studio.runtime, fan_id, {"type": "image", "material_id": material_id})

    assert len(pictures(studio, app_id)) == 1
    mine = studio.places(account_id=studio.account_id("head"))[0]
    assert (mine.state, mine.media_id != theirs.media_id) == ("there", True)


def test_a_temporary_file_is_renewed_a_day_before_it_ends_and_the_old_id_serves_until_then(studio):
    image_rule(studio, account_id=studio.account_id("head"))
    studio.supply()
    [old] = studio.places()
    studio.change(MaterialAtWeChat, expires_at=utc_now() + timedelta(hours=25))
    studio.supply()
    assert studio.places()[0].media_id == old.media_id

    studio.change(MaterialAtWeChat, expires_at=utc_now() + timedelta(hours=23))
    assert phone(studio).say("云海").node("Image/MediaId") == old.media_id
    studio.supply()

    [new] = studio.places()
    assert new.media_id != old.media_id
    assert new.expires_at > utc_now() + 2 * DAY


def test_an_id_whose_time_is_over_is_not_said(studio):
    image_rule(studio, account_id=studio.account_id("head"))
    studio.supply()
    studio.change(MaterialAtWeChat, expires_at=utc_now() + timedelta(seconds=30))

    assert phone(studio).say("云海").type == "text"


def test_a_permanent_copy_serves_replies_too_and_no_temporary_one_is_made(studio):
    material_id = image_rule(studio, account_id=studio.account_id("head"))
    place = uploading.ensure(studio.runtime, studio.runtime.accounts["head"], material_id, Lifetime.PERMANENT)

    studio.supply()

    assert place.url.startswith("http")
    assert [row.lifetime for row in studio.places()] == ["permanent"]
    assert phone(studio).say("云海").node("Image/MediaId") == place.media_id


def test_a_crash_between_wechats_answer_and_our_commit_makes_no_second_permanent_copy(studio):
    material_id = studio.add()
    served = studio.runtime.accounts["head"]
    first = uploading.ensure(studio.runtime, served, material_id, Lifetime.PERMANENT)
    # What is left when we die after the answer: that we asked.
    studio.change(MaterialAtWeChat, state=PlaceState.ASKING.value, media_id=None, url=None)

    studio.supply()

    [row] = studio.places()
    assert (row.state, row.media_id) == ("there", first.media_id)
    assert studio.line().material_counts()["image"] == 1


def test_what_wechat_refuses_is_noted_in_its_words_and_the_rest_goes_on(studio):
    refused, taken = studio.add(), studio.add(Kind.VOICE, files.amr())
    for number, (kind, one) in enumerate((("image", refused), ("voice", taken))):
        make.rule(studio.db, words=[f"w{number}"], reply={"type": kind, "material_id": one})
    with studio.db.transaction() as session:
        session.execute(MaterialUse.__table__.update().values(lifetime=Lifetime.PERMANENT.value))
    studio.sim("PUT", "settings", material_limits={"image": 0, "voice": 10, "video": 10, "thumb": 10})

    studio.supply()
    studio.supply()

    by_id = {row.material_id: row for row in studio.places()}
    assert (by_id[refused].state, by_id[taken].state) == ("refused", "there")
    assert "45001" in by_id[refused].trouble
    assert studio.calls("/cgi-bin/material/add_material") == 2


def test_a_material_in_use_is_not_archived_and_one_no_longer_used_is(studio):
    material_id = image_rule(studio)
    with studio.db.transaction() as session:
        assert not uses.archive(session, material_id, now=utc_now())
        [use] = uses.of(session, material_id)
        assert (use.user, use.title) == ("auto_reply", "云海")
        uses.drop(session, "auto_reply", use.user_id)
    with studio.db.transaction() as session:
        assert uses.archive(session, material_id, now=utc_now())
    with pytest.raises(ValueError, match="archived"):
        rule(studio, {"type": "image", "material_id": material_id})


def test_withdrawing_deletes_the_permanent_copy_and_doing_it_again_is_no_error(studio):
    material_id = studio.add()
    uploading.ensure(studio.runtime, studio.runtime.accounts["head"], material_id, Lifetime.PERMANENT)

    jobs.withdraw(studio.runtime, "head", material_id)
    jobs.withdraw(studio.runtime, "head", material_id)

    assert studio.places() == []
    assert studio.line().material_counts()["image"] == 0


def test_films_voices_and_thumbs_are_taken_permanently_too(studio):
    for kind, sent in ((Kind.VIDEO, files.mp4()), (Kind.VOICE, files.mp3()), (Kind.THUMB, files.picture())):
        material_id = studio.add(kind, sent)
        uploading.ensure(studio.runtime, studio.runtime.accounts["head"], material_id, Lifetime.PERMANENT)

    counts = studio.line().material_counts()
    assert (counts["video"], counts["voice"]) == (1, 1)
    jobs.count(studio.runtime, "head")
    jobs.count(studio.runtime, "head")


def test_every_type_of_reply_names_its_material(studio):
    thumb = studio.add(Kind.THUMB, files.picture())
    film = studio.add(Kind.VIDEO, files.mp4(), "徽州")
    make.rule(
        studio.db,
        words=["歌"],
        reply={"type": "music", "material_id": thumb, "title": "渔歌", "url": "https://example.com/a.mp3"},
    )
    make.rule(studio.db, words=["片"], reply={"type": "video", "material_id": film})
    studio.supply()
    alice = phone(studio)

    song, shown = alice.say("歌"), alice.say("片")

    assert (song.type, song.node("Music/MusicUrl")) == ("music", "https://example.com/a.mp3")
    assert song.node("Music/ThumbMediaId") in {row.media_id for row in studio.places()}
    assert (shown.type, shown.node("Video/Title")) == ("video", "徽州")


@pytest.mark.parametrize(
    "document",
    [
        {"type": "text", "material_id": 1},
        {"type": "image", "material_id": "1"},
        {"type": "image", "material_id": 0},
        {"type": "news", "material_ids": []},
        {"type": "news", "material_ids": list(range(1, 10))},
    ],
)
def test_a_document_that_names_no_material_rightly_is_not_saved(studio, document):
    with pytest.raises(ValueError):
        rule(studio, document)


def test_a_picture_wechat_does_not_take_says_so_to_who_asked(studio):
    material_id = studio.add()
    studio.sim("PUT", "settings", material_limits={"image": 0})

    with pytest.raises(BadRequest):
        uploading.ensure(studio.runtime, studio.runtime.accounts["head"], material_id, Lifetime.PERMANENT)

    assert studio.places()[0].state == "refused"
