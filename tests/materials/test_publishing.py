"""Articles on their way: draft, publication, its end, and what a crash leaves."""

import time

import pytest
from sqlalchemy import select

from bot.app import assemble
from bot.materials import publishing
from bot.materials.models import Article, ArticleAtWeChat, ArticleState
from bot.wechat.gateway import AccountGateway
from tests import make
from tests.support.phone import Phone


def ask(studio, article_id, *, publish):
    with studio.db.transaction() as session:
        publishing.ask(session, account_id=studio.account_id("head"), material_id=article_id, publish=publish)


@pytest.fixture
def article_id(studio):
    picture = studio.add(title="山")
    return studio.write(
        f'<p>看日出。</p><img data-material="{picture}" alt="山">', cover_id=studio.add(title="封面")
    )


def until_published(studio):
    for _ in range(60):
        studio.supply()
        if studio.article().state != ArticleState.PUBLISHING:
            return
        time.sleep(0.1)


def test_a_draft_holds_the_article_with_wechats_own_pictures(studio, article_id):
    ask(studio, article_id, publish=False)

    studio.supply()

    row = studio.article()
    assert (row.state, row.draft_version) == ("draft", 1)
    [kept] = studio.line().draft_get(row.draft_media_id)
    assert (kept["title"], kept["author"], kept["digest"]) == ("云海日出", "梅", "早起值得")
    assert "/mmbiz/" in kept["content"]
    assert "data-material" not in kept["content"]
    assert {place.lifetime for place in studio.places()} == {"permanent", "inline"}


def test_bringing_it_again_changes_the_same_draft(studio, article_id):
    ask(studio, article_id, publish=False)
    studio.supply()
    first = studio.article().draft_media_id
    with studio.db.transaction() as session:
        session.scalars(select(Article)).one().body = "<p>改过了。</p>"

    ask(studio, article_id, publish=False)
    studio.supply()

    row = studio.article()
    assert (row.draft_media_id, row.draft_version) == (first, 2)
    assert studio.line().draft_get(first)[0]["content"] == "<p>改过了。</p>"


def test_publishing_ends_in_an_address_and_replies_show_its_card(studio, article_id):
    make.rule(studio.db, words=["云海"], reply={"type": "news", "material_ids": [article_id]})
    alice = Phone(assemble(studio.runtime), studio.runtime.config.accounts[0])
    assert alice.say("云海").text == "您要的内容还在准备，请稍后再来看看。"

    ask(studio, article_id, publish=True)
    until_published(studio)

    row = studio.article()
    assert (row.state, row.published_version, row.draft_media_id) == ("published", 1, None)
    time.sleep(0.6)
    answer = alice.say("云海")
    assert answer.type == "news"
    assert answer.node("Articles/item/Url") == row.url
    assert answer.node("Articles/item/PicUrl").startswith("http")


@pytest.mark.parametrize(
    "left",
    [
        pytest.param({"state": "asking", "draft_media_id": None}, id="after the draft was made"),
        pytest.param({"state": "publishing", "publish_id": None}, id="after publishing was asked for"),
    ],
)
def test_a_crash_between_wechats_answer_and_our_commit_publishes_once(studio, article_id, left):
    ask(studio, article_id, publish="publish_id" in left)
    studio.supply()
    studio.change(ArticleAtWeChat, **left, wants_publishing=True)

    until_published(studio)

    assert studio.article().state == "published"
    assert len(studio.line().published_page()) == 1
    assert studio.line().draft_page() == []


def test_a_publication_that_ends_between_our_look_and_our_asking_is_found_all_the_same(
    studio, article_id, monkeypatch
):
    ask(studio, article_id, publish=True)
    studio.supply()
    while not studio.line().published_page():
        time.sleep(0.05)
    studio.change(ArticleAtWeChat, state="publishing", publish_id=None, wants_publishing=True)
    looked, look = [], AccountGateway.published_page

    def at_first_nothing(line):
        looked.append(line)
        return look(line) if len(looked) > 1 else []

    monkeypatch.setattr(AccountGateway, "published_page", at_first_nothing)
    studio.supply()

    assert studio.article().state == "published"
    assert len(studio.line().published_page()) == 1


def test_what_wechat_refuses_is_said_in_words_and_can_be_asked_for_again(studio, article_id):
    with studio.db.transaction() as session:
        session.scalars(select(Article)).one().cover_id = None
    ask(studio, article_id, publish=True)

    studio.supply()

    row = studio.article()
    assert row.state == "refused"
    assert "cover" in row.trouble
    ask(studio, article_id, publish=True)
    assert studio.article().state == "wanted"


def test_the_platforms_word_that_it_is_published_has_us_ask(studio, article_id):
    alice = Phone(assemble(studio.runtime), studio.runtime.config.accounts[0])

    alice.event("PUBLISHJOBFINISH", PublishEventInfo={"publish_id": "1", "publish_status": 0})

    [promise] = make.promises(studio.db)
    assert (promise.job, promise.arguments) == ("materials.supply", {"account": "head"})
