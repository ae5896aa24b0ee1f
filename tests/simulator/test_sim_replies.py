"""What a passive reply may be (protocol §1.6)."""

import pytest

from simulator import xml


def reply(kind, **nodes):
    def answer(query, body):
        fields = xml.parse(body)
        head = {
            "ToUserName": fields["FromUserName"],
            "FromUserName": fields["ToUserName"],
            "CreateTime": 1760000000,
        }
        return xml.render({**head, "MsgType": kind, **nodes})

    return answer


def article(number):
    return {"Title": f"t{number}", "Description": "d", "PicUrl": "p", "Url": "https://a.example"}


@pytest.fixture
def say(sim, bot):
    sim.act("alice", "follow")

    def say(answer):
        bot.answer = answer
        return sim.act("alice", "say", text="hi")["push"]

    return say


def test_one_article_answers_a_message(say, sim):
    one = reply("news", ArticleCount=1, Articles={"item": [article(1)]})
    two = reply("news", ArticleCount=2, Articles={"item": [article(1), article(2)]})

    assert say(one)["reply"]["articles"][0]["title"] == "t1"
    assert "only 1 article" in say(two)["problem"]
    sim.put("settings", reply_extra_articles="cut")
    assert len(say(two)["reply"]["articles"]) == 1


def test_more_articles_answer_a_menu_tap(say, sim, bot):
    bot.answer = reply("news", ArticleCount=2, Articles={"item": [article(1), article(2)]})

    assert len(sim.act("alice", "click", key="K")["push"]["reply"]["articles"]) == 2


@pytest.mark.parametrize(
    ("answer", "problem"),
    [
        (reply("dance"), "MsgType"),
        (reply("image", Image={"MediaId": "no"}), "MediaId"),
        (reply("image"), "<Image>"),
        (reply("music", Music={"Title": "t", "ThumbMediaId": ""}), "ThumbMediaId"),
        (reply("music", Music={"Title": "t", "ThumbMediaId": "no"}), "ThumbMediaId"),
        (reply("news", ArticleCount=3, Articles={"item": [article(1)]}), "ArticleCount"),
        (lambda query, body: "<!DOCTYPE xml><xml></xml>", "document type"),
    ],
)
def test_what_is_refused_and_why(say, answer, problem):
    assert problem in say(answer)["problem"]


def test_music_may_come_without_a_picture(say):
    """As `co-wechat` sends it, which knows no ThumbMediaId."""
    push = say(reply("music", Music={"Title": "t", "MusicUrl": "http://x.test/a.mp3"}))

    assert (push["problem"], push["reply"]["musicurl"]) == ("", "http://x.test/a.mp3")


def test_a_text_too_long_is_dropped_without_a_notice(say, sim):
    push = say(reply("text", Content="x" * 2049))

    assert push["delivered"]
    assert push["warnings"]
    assert sim.chat("alice")[-1]["sender"] == "traveller"


def test_an_injected_node_stays_text(say):
    push = say(reply("text", Content="]]></Content><Content>x"))

    assert push["reply"]["content"] == "]]></Content><Content>x"


def test_a_picture_that_the_traveller_sent_can_be_sent_back(sim, bot):
    sim.act("alice", "follow")
    bot.answer = lambda query, body: reply("image", Image={"MediaId": xml.parse(body)["MediaId"]})(
        query, body
    )

    push = sim.act("alice", "send", type="image")["push"]

    assert push["reply"]["type"] == "image"
    assert sim.http.get(sim.chat("alice")[-1]["content"]["media_url"]).content.startswith(b"\xff\xd8")


def test_silence_after_a_view_shows_no_notice(sim, bot):
    sim.act("alice", "follow")
    bot.answer = lambda query, body: (500, "")

    sim.act("alice", "view", url="https://a.example")

    assert sim.chat("alice") == []


@pytest.mark.parametrize("kind", ["image", "voice", "video", "shortvideo", "location", "link"])
def test_everything_a_traveller_can_send(sim, bot, kind):
    sim.act("alice", "follow")

    assert sim.act("alice", "send", type=kind)["push"]["delivered"]
    fields = xml.parse(bot.received[-1][1])
    assert fields["MsgType"] == kind
    assert fields["MsgId"].isdecimal()


def test_every_kind_of_button(sim, bot):
    sim.act("alice", "follow")
    kinds = ["scancode_push", "scancode_waitmsg", "pic_sysphoto", "pic_photo_or_album"]
    more = ["pic_weixin", "location_select", "click"]
    menu = [
        {"name": name, "sub_button": [{"type": kind, "name": kind[:10], "key": kind} for kind in group]}
        for name, group in (("a", kinds), ("b", more))
    ]
    assert (
        sim.code(
            "/cgi-bin/menu/create", {"button": [*menu, {"type": "view", "name": "v", "url": "https://a.b"}]}
        )
        == 0
    )
    bot.received.clear()

    for top, group in enumerate((kinds, more)):
        for number in range(len(group)):
            sim.act("alice", "menu", path=[top, number])
    sim.act("alice", "menu", path=[2])

    pushed = [xml.parse(body) for _, body in bot.received]
    events = [each["Event"] for each in pushed if each["MsgType"] == "event"]
    assert events == [*kinds, *more[:-1], "CLICK", "VIEW"]
    assert [each["MsgType"] for each in pushed].count("image") == 3
    assert sim.act("alice", "menu", path=[0])["push"] is None
