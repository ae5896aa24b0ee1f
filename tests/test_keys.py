import pytest

from bot.keys import key_in


@pytest.mark.parametrize(("sent", "key"), [("12", 12), (7, 7), ("0", 0), ("9" * 18, 10**18 - 1)])
def test_a_key_is_a_whole_number(sent, key):
    assert key_in(sent) == key


@pytest.mark.parametrize("sent", [None, "", "-1", "+1", " 1", "1.0", "１２", "²", "1e3", "9" * 19, "x"])
def test_anything_else_is_none(sent):
    assert key_in(sent) is None


def test_a_place_may_be_kept_shorter():
    assert (key_in("999", longest=3), key_in("1000", longest=3)) == (999, None)
