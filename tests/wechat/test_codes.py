import re

import pytest

from bot.errors import BadRequest, CredentialsRefused, QuotaUsedUp, WeChatUnavailable
from bot.wechat.codes import TABLE, UNKNOWN, reopening, translate

IN_THE_NOTES = """
-1 40001 40002 40003 40007 40013 40014 40029 40030 40033 40035 40037 40053 40125 40163 40164 40243 41001
42001 42003 42007 42010 43004 43019 43101 44002 45009 45011 45015 45028 45047 45056 45064 45066 45080
45157 45159 46003 47001 47003 48001 48002 48004 48006 50002 61003 61004 61450 61459 61503 63178 65317
65400 65413 65414 65415 70000 76021 87014 89503 89505 200011 200100 9410013
"""


def test_the_notes_codes_are_in_the_table():
    codes = {int(code) for code in re.findall(r"-?\d+", IN_THE_NOTES)}

    assert codes <= TABLE.keys()


def test_every_code_has_a_short_meaning_and_a_remedy():
    for code in [*TABLE.values(), UNKNOWN]:
        assert 0 < len(code.meaning) <= 60
        assert code.remedy


def test_no_code_is_listed_twice():
    from bot.wechat.codes import _ROWS

    listed = [number for _, _, meanings in _ROWS for number in meanings]

    assert len(listed) == len(set(listed))


@pytest.mark.parametrize(
    ("code", "kind"),
    [(-1, WeChatUnavailable), (45009, QuotaUsedUp), (40164, CredentialsRefused), (1, BadRequest)],
)
def test_a_code_becomes_one_kind_of_error(code, kind):
    assert type(translate(code, "", "/cgi-bin/user/info", now=0)) is kind


def test_a_day_ends_at_midnight_in_beijing_and_a_minute_with_the_minute():
    # 2026-10-30 15:59:30 UTC is half a minute to midnight in Beijing
    assert reopening(45009, 1793375970) == 1793376000
    assert reopening(45009, 1793376000) == 1793376000 + 86400
    assert reopening(45011, 1793375970) == 1793376000
