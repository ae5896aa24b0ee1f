import pytest

from bot.errors import BadRequest
from tests.wechat.fake_platform import Raw


def test_the_last_page_of_followers_has_no_next_one(platform, wechat):
    page = {"total": 2, "count": 2, "data": {"openid": ["oAlice", "oBob"]}, "next_openid": "oBob"}
    platform.answers["/cgi-bin/user/get"] = [page, {"total": 2, "count": 0, "next_openid": ""}]

    first, second = wechat.followers(), wechat.followers("oBob")

    assert (first.openids, first.next_openid) == (["oAlice", "oBob"], "oBob")
    assert (second.openids, second.next_openid) == ([], "")


def test_no_menu_is_an_empty_one(platform, wechat):
    platform.answers["/cgi-bin/menu/get"] = {"errcode": 46003, "errmsg": "menu no exist"}

    assert wechat.menu_get() == {}


def test_typing_to_someone_who_has_been_silent_is_no_error(platform, wechat):
    platform.answers["/cgi-bin/message/custom/typing"] = {"errcode": 45080, "errmsg": "not in 30 s"}

    wechat.typing("oAlice", on=True)

    assert platform.last("/cgi-bin/message/custom/typing").json["command"] == "Typing"


def test_nobody_serves_a_traveller_without_a_session(platform, wechat):
    platform.answers["/customservice/kfsession/getsession"] = {"createtime": 0, "kf_account": ""}

    assert wechat.session_of("oAlice") is None


def test_a_video_is_an_address(platform, wechat):
    platform.answers["/cgi-bin/media/get"] = {"video_url": "http://198.51.100.7/v.mp4"}

    media = wechat.download("MEDIA")

    assert (media.content, media.video_url) == (b"", "http://198.51.100.7/v.mp4")


def test_a_file_that_reads_as_json_is_still_a_file(platform, wechat):
    platform.answers["/cgi-bin/media/get"] = Raw(b"123", content_type="audio/amr")

    assert wechat.download("MEDIA").content == b"123"


def test_a_file_that_is_gone_is_an_error_and_not_a_file(platform, wechat):
    gone = b'{"errcode": 40007, "errmsg": "invalid media_id"}'
    platform.answers["/cgi-bin/media/get"] = Raw(gone, content_type="text/plain")

    with pytest.raises(BadRequest) as error:
        wechat.download("MEDIA")

    assert error.value.code == 40007


def test_a_ticket_nobody_knows_has_no_picture(platform, wechat):
    platform.answers["/cgi-bin/showqrcode"] = Raw(status=404)

    with pytest.raises(BadRequest):
        wechat.code_image("gQ==")


@pytest.mark.parametrize(
    ("action", "scene", "sent"),
    [
        ("QR_STR_SCENE", "c:7", {"scene_str": "c:7"}),
        ("QR_LIMIT_STR_SCENE", "c:7", {"scene_str": "c:7"}),
        ("QR_LIMIT_SCENE", 7, {"scene_id": 7}),
    ],
)
def test_a_code_names_its_scene_and_a_temporary_one_its_end(platform, wechat, action, scene, sent):
    wechat.create_code(action, scene)

    body = platform.last("/cgi-bin/qrcode/create").json
    assert body["action_info"]["scene"] == sent
    assert body.get("expire_seconds") == (2592000 if action == "QR_STR_SCENE" else None)


def test_a_scene_of_the_wrong_kind_is_not_sent(platform, wechat):
    with pytest.raises(BadRequest):
        wechat.create_code("QR_LIMIT_SCENE", "c:7")

    assert platform.hits == []


def test_more_fans_than_a_call_takes_are_not_sent(platform, wechat):
    with pytest.raises(BadRequest):
        wechat.tag(101, ["o"] * 51)
    with pytest.raises(BadRequest):
        wechat.user_infos(["o"] * 101)

    assert platform.hits == []


def test_nobody_is_nothing_to_ask_about(platform, wechat):
    wechat.tag(101, [])

    assert wechat.user_infos([]) == []
    assert platform.hits == []
