"""What is written down while we work."""

import json
import logging

import pytest

from bot.logs import JsonFormatter, TextFormatter
from bot.wechat.redaction import Redaction


def record(**facts: object) -> logging.LogRecord:
    made = logging.LogRecord("bot.x", logging.INFO, "x.py", 1, "promise kept", (), None)
    made.__dict__.update(facts)
    return made


def test_a_line_is_json_with_the_event_and_its_facts():
    line = json.loads(JsonFormatter().format(record(account="head", job_id=7)))

    assert (line["event"], line["account"], line["job_id"], line["level"]) == (
        "promise kept",
        "head",
        7,
        "info",
    )
    assert line["at"].endswith("+00:00")


def test_a_traceback_is_kept_without_its_secrets():
    try:
        raise ValueError("GET /cgi-bin/token?secret=topsecret&access_token=abc123")
    except ValueError:
        import sys

        failed = record(exc_info=sys.exc_info())
    Redaction(["hunter2"]).filter(failed)

    for formatter in (JsonFormatter(), TextFormatter()):
        said = formatter.format(failed)
        assert "ValueError" in said
        assert "topsecret" not in said
        assert "abc123" not in said


@pytest.mark.parametrize("said", ["13900130100", "+8613900130100", "8613900130100", "+85291234567"])
def test_a_number_in_an_errors_words_is_hidden_and_other_digits_are_not(said):
    failed = record(reason=f"no such number {said}.", path=f"/bind?phone={said}")
    failed.msg = f"failed for '{said}' at 2026-11-25T13:59:00 as oA13900130100b after 1764078000 s"
    Redaction().filter(failed)

    text = JsonFormatter().format(failed)
    assert said not in text.replace("oA13900130100b", "")
    assert "2026-11-25T13:59:00 as oA13900130100b after 1764078000 s" in text


def test_a_person_reads_facts_beside_the_event():
    assert TextFormatter().format(record(account="head")).endswith("bot.x: promise kept account=head")
