"""What is written down while we work."""

import json
import logging

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


def test_a_person_reads_facts_beside_the_event():
    assert TextFormatter().format(record(account="head")).endswith("bot.x: promise kept account=head")
