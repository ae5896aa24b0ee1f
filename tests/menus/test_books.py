"""Editing a book, and saying what changed."""

import pytest

from bot.menus import books, diff, editing
from bot.menus.diff import Did
from bot.menus.editing import Gone, NoRoom
from tests.menus.make_menus import book, click, group, view


def names(made, menu="default"):
    buttons = books.buttons_of(made, menu)
    return [
        (one["name"], [sub["name"] for sub in one["sub_button"]]) if one.get("sub_button") else one["name"]
        for one in buttons
    ]


def full():
    return book(
        group("甲", click("a", id="a"), click("b", id="b"), id="G"), click("乙", id="y"), click("丙", id="z")
    )


@pytest.mark.parametrize(
    ("button", "way", "then"),
    [
        ("b", "up", [("甲", ["b", "a"]), "乙", "丙"]),
        ("a", "up", [("甲", ["a", "b"]), "乙", "丙"]),
        ("a", "down", [("甲", ["b", "a"]), "乙", "丙"]),
        ("a", "right", [("甲", ["b"]), ("乙", ["a", "乙"]), "丙"]),
        ("a", "left", [("甲", ["a", "b"]), "乙", "丙"]),
        ("y", "left", ["乙", ("甲", ["a", "b"]), "丙"]),
        ("z", "right", [("甲", ["a", "b"]), "乙", "丙"]),
        ("y", "up", [("甲", ["a", "b"]), "乙", "丙"]),
    ],
)
def test_a_button_moves_one_step(button, way, then):
    made = full()

    assert names(editing.move(made, button, way)) == then
    assert names(made) == names(full())  # the book it came from is as it was


def test_a_button_is_dropped_anywhere_there_is_room():
    made = full()

    assert names(editing.drop(made, "z", "default", under="G", at=1)) == [("甲", ["a", "丙", "b"]), "乙"]
    assert names(editing.drop(made, "z", "default", at=0)) == ["丙", ("甲", ["a", "b"]), "乙"]
    with pytest.raises(NoRoom):
        editing.drop(made, "a", "default", at=0)  # there are three already
    with pytest.raises(NoRoom):
        editing.drop(made, "G", "default", under="y")
    with pytest.raises(Gone):
        editing.drop(made, "nobody", "default", at=0)


def test_a_button_that_becomes_a_group_keeps_what_it_did_as_its_first():
    made, key = editing.add(full(), "default", under="y")

    parent = books.find(made, key).parent
    assert parent["name"] == "乙"
    assert "key" not in parent
    assert [(sub["name"], sub["key"]) for sub in parent["sub_button"]] == [("乙", "KEY_乙"), ("", "")]


def test_the_last_one_taken_out_of_a_group_leaves_a_button():
    made = editing.remove(editing.remove(full(), "a"), "b")

    assert names(made) == ["甲", "乙", "丙"]
    assert books.buttons_of(made, "default")[0]["type"] == "click"


def test_three_and_five_are_all_there_is_room_for():
    with pytest.raises(NoRoom):
        editing.add(full(), "default")
    made = full()
    for _ in range(3):
        made, _key = editing.add(made, "default", under="G")
    with pytest.raises(NoRoom):
        editing.add(made, "default", under="G")


def test_a_conditional_menu_begins_as_a_copy_with_ids_of_its_own():
    made, menu = editing.add_menu(full(), 7)
    made, second = editing.add_menu(made, 8)

    assert books.tag_ids(made) == [8, 7]
    assert names(made, menu) == names(made)
    ids = [place.button["id"] for place in books.places(made)]
    assert len(set(ids)) == len(ids)
    assert books.tag_ids(editing.move_menu(made, second, "down")) == [7, 8]
    assert books.tag_ids(editing.remove_menu(made, menu)) == [8]
    assert books.tag_ids(editing.put_tag(made, menu, 9)) == [8, 9]


def said(old, new):
    return [(one.did, one.name, one.field, one.before, one.after) for one in diff.changes(old, new)]


def test_changes_are_said_one_by_one():
    old = full()
    renamed = editing.put(old, "a", {"name": "新", "type": "click", "key": "KEY_a"})
    opened = editing.put(old, "z", {"name": "丙", "type": "view", "url": "https://a.example/"})

    assert said(old, old) == []
    assert said(old, renamed) == [(Did.CHANGED, "甲 → 新", "name", "a", "新")]
    assert said(old, editing.remove(old, "b")) == [(Did.REMOVED, "甲 → b", "", "", "")]
    assert said(old, editing.move(old, "b", "up")) == [(Did.MOVED, "甲 → b", "", "", "")]
    assert said(old, editing.drop(old, "z", "default", under="G", at=0)) == [
        (Did.MOVED, "甲 → 丙", "", "丙", "")
    ]
    assert said(old, opened) == [
        (Did.CHANGED, "丙", "type", "click", "view"),
        (Did.CHANGED, "丙", "key", "KEY_丙", ""),
        (Did.CHANGED, "丙", "url", "", "https://a.example/"),
    ]


def test_without_ids_buttons_are_known_by_what_they_do():
    old = {"default": [click("甲"), view("乙")], "conditional": []}
    new = {"default": [click("甲"), view("丁")], "conditional": []}

    assert said(old, new) == [(Did.CHANGED, "丁", "name", "乙", "丁")]


def test_menus_by_tag_come_go_and_change_places():
    one, two = (1, click("a", id="a")), (2, click("b", id="b"))
    base = book(click("x", id="x"), one=one, two=two)

    assert [(c.did, c.menu) for c in diff.changes(base, book(click("x", id="x"), two=two, one=one))] == [
        (Did.ORDER, None)
    ]
    assert [(c.did, c.menu) for c in diff.changes(base, book(click("x", id="x"), one=one))] == [
        (Did.MENU_REMOVED, 2)
    ]
    assert [(c.did, c.menu) for c in diff.changes(book(click("x", id="x"), one=one), base)] == [
        (Did.MENU_ADDED, 2)
    ]
