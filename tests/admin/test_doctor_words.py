"""What doctor finds is said in the visitor's language, and none of it is forgotten."""

import ast
from pathlib import Path

import pytest
from flask_babel import force_locale

from admin import doctor_words
from bot.doctor import checks, findings
from bot.doctor.findings import Finding, Verdict
from bot.errors import WeChatUnavailable
from bot.told import told
from bot.wechat import wire
from bot.wechat.codes import TABLE, translate

ROOT = Path(__file__).parents[2]
REPORTING = {"good": (0, 1), "advice": (0, 1, 2), "wrong": (0, 1, 2), "failed": (0, 2)}


def in_chinese(office, text):
    with office.app.test_request_context(), force_locale("zh_CN"):
        return doctor_words.said(doctor_words.kept(text))


def test_a_text_keeps_its_facts_and_loses_its_language(office):
    text = told("%(n)s promises overdue", n=7)

    assert text == "7 promises overdue"
    assert in_chinese(office, text) == "7 个任务过期未办"
    assert (
        in_chinese(office, told("%(account)s: %(right)s", account="head", right="tags (标签)"))
        == "head：标签"
    )


def test_a_telephone_in_a_finding_is_masked(office):
    assert "13812345678" not in in_chinese(
        office, told("WeChat did not answer: %(words)s", words="13812345678")
    )


@pytest.mark.parametrize("code", [-1, 40164, 48001, 40125, 45009])
def test_an_errcode_of_wechats_is_said_with_its_remedy(office, code):
    seen = findings.failed("x", translate(code, "", "/cgi-bin/x", now=0), TABLE[code].remedy)

    assert f"微信返回 errcode {code}" in in_chinese(office, seen.detail)
    assert not in_chinese(office, seen.remedy).isascii()


def test_no_answer_at_all_is_said(office):
    seen = findings.failed("x", WeChatUnavailable(None, "timed out"), "")

    assert in_chinese(office, seen.detail) == "微信没有应答：timed out"


def test_every_remedy_the_gateway_gives_is_in_the_catalogue():
    given = {code.remedy for code in TABLE.values()} | {wire._BETWEEN}
    for file in sorted((ROOT / "bot" / "wechat").rglob("*.py")):
        for node in ast.walk(ast.parse(file.read_text("utf-8"))):
            if (
                isinstance(node, ast.keyword)
                and node.arg == "remedy"
                and isinstance(node.value, ast.Constant)
            ):
                given.add(node.value.value)

    assert given == {one._args[0] for one in doctor_words.ADVICE}


def test_every_sentence_of_doctors_is_marked_for_translation():
    """Look for English texts in the reports that went around `told`."""
    bare = []
    for file in sorted((ROOT / "bot" / "doctor").glob("*.py")):
        for node in ast.walk(ast.parse(file.read_text("utf-8"))):
            if isinstance(node, ast.Call) and getattr(node.func, "id", "") in REPORTING:
                for place in REPORTING[node.func.id]:
                    given = node.args[place]
                    is_text = isinstance(given, ast.JoinedStr | ast.Constant)
                    if is_text and " " in ast.unparse(given) and "ALTER TABLE" not in ast.unparse(given):
                        bare.append(f"{file.name}:{node.lineno} {ast.unparse(given)}")

    assert bare == []


def test_the_health_page_says_it_in_both_languages(office):
    def check(_runtime):
        yield Finding(Verdict.ADVICE, "redis", told("not set"), told("try again in a minute"))

    office.app.extensions["yizhan.checks"] = (check,)
    alice = office.inside("alice")
    alice.get("/admin/health/")
    alice.post("/admin/health/check")
    chinese = alice.get("/admin/health/").text
    alice.post("/admin/language", language="en", back="/admin/health/")
    english = alice.get("/admin/health/").text

    assert "一分钟后再试" in chinese
    assert "try again in a minute" in english
    assert "try again" not in chinese
    assert checks.CHECKS
