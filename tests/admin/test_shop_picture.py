"""A shop's picture and its place on the map."""

import io
from functools import partial

import pytest
from PIL import Image
from sqlalchemy import func, select

from bot.files import pictures
from bot.files.models import File
from bot.files.pictures import NotAPicture
from bot.organisation import places
from bot.organisation.models import Shop
from bot.users.roles import Role
from tests import make


def picture(kind="JPEG", size=(640, 480), **options):
    out = io.BytesIO()
    Image.new("RGB", size, "teal").save(out, kind, **options)
    return out.getvalue()


def with_exif():
    exif = Image.Exif()
    exif[0x0112] = 6  # turned by a quarter
    exif[0x010F] = "Secret Camera"
    return picture(exif=exif)


def put(person, key, content, name="店.jpg"):
    person.get(f"/admin/shops/{key}")
    return person.client.post(
        f"/admin/shops/{key}/picture",
        data={"csrf": person.token, "picture": (io.BytesIO(content), name)},
        content_type="multipart/form-data",
    )


def test_a_picture_is_shown_upright_and_without_what_the_camera_knew(office_anywhere):
    office = office_anywhere
    key = make.shop(office.db)
    alice = office.inside("alice")

    assert put(alice, key, with_exif()).status_code == 303

    assert f"/admin/shops/{key}/picture" in alice.get(f"/admin/shops/{key}").text
    content = alice.get(f"/admin/shops/{key}/picture").data
    kept = Image.open(io.BytesIO(content))
    assert kept.size == (480, 640)
    assert not kept.getexif()
    assert b"Secret Camera" not in content
    assert office.audit()[-1].action == "shop.picture_changed"


def test_the_old_picture_goes_with_a_new_one_and_the_last_when_it_is_taken_away(office):
    key = make.shop(office.db)
    alice = office.inside("alice")
    put(alice, key, picture())
    put(alice, key, picture("PNG"))

    with office.db.reading() as session:
        assert session.scalar(select(func.count(File.id))) == 1
        version = session.get_one(Shop, key).version
    alice.post(f"/admin/shops/{key}/picture/remove")

    with office.db.reading() as session:
        assert session.scalar(select(func.count(File.id))) == 0
        assert (session.get_one(Shop, key).picture_id, session.get_one(Shop, key).version) == (None, version)
    assert alice.get(f"/admin/shops/{key}/picture").status_code == 404


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (b"<svg onload='alert(1)'>", "not_a_picture"),
        (b"GIF89a" + b"\0" * 40, "not_a_picture"),
        (picture("BMP"), "not_a_picture"),
        (
            partial(picture, "PNG", (9000, 9000)),
            "too_many_pixels",
        ),  # a second's work, not for each who collects
        (picture(size=(20, 20)), "too_small"),
        (b"\xff" * (8 * 1024 * 1024 + 1), "too_large"),
    ],
)
def test_what_is_no_picture_is_refused(content, code):
    with pytest.raises(NotAPicture) as refused:
        pictures.renewed(content() if callable(content) else content)

    assert refused.value.code == code


def test_a_picture_with_something_behind_it_is_only_a_picture_afterwards():
    made = pictures.renewed(picture("PNG") + b"<script>alert(1)</script>PK\x03\x04")

    assert b"script" not in made
    assert b"PK\x03\x04" not in made


def test_another_shops_picture_is_neither_seen_nor_changed(office):
    here, there = make.shop(office.db), make.shop(office.db, "济南泉城路店", "济南分公司")
    put(office.inside("alice"), there, picture())
    office.add("bob", Role.SHOP_MANAGER, shops=[here])
    bob = office.inside("bob")
    bob.get(f"/admin/shops/{here}")

    assert bob.get(f"/admin/shops/{there}/picture").status_code == 404
    assert bob.post(f"/admin/shops/{there}/picture/remove").status_code == 404
    data = {"csrf": bob.token, "picture": (io.BytesIO(picture()), "x.jpg")}
    assert bob.client.post(f"/admin/shops/{there}/picture", data=data).status_code == 404


@pytest.mark.parametrize(
    "text",
    [
        "31.2304,121.4737",
        "121.4737，31.2304",
        "https://uri.amap.com/marker?position=121.4737,31.2304&name=x",
        "https://map.qq.com/?marker=coord:31.2304,121.4737;title:店",
        "https://api.map.baidu.com/marker?location=31.2304%2C121.4737&title=x",
        "https://www.google.com/maps/@31.2304,121.4737,17z",
        "https://example.com/?lng=121.4737&lat=31.2304",
        "https://www.openstreetmap.org/#map=17/31.2304/121.4737?mlat=31.2304&mlon=121.4737",
    ],
)
def test_a_place_is_read_out_of_what_maps_give_to_copy(text):
    assert places.from_text(text) == (31.2304, 121.4737)


@pytest.mark.parametrize("text", ["", "上海", "https://surl.amap.com/abc", "1.5,2.5", "9" * 3000])
def test_where_there_is_no_place_none_is_made_up(text):
    assert places.from_text(text) is None
