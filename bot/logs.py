"""Logs as JSON lines: a constant event, and its facts as fields (design §10).

No phone number, no secret and nothing a traveller wrote is ever a fact.
"""

import json
import logging
import logging.config
import sys
from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Any

from bot.config import LogConfig
from bot.wechat.redaction import Redaction

STANDARD = frozenset(logging.makeLogRecord({}).__dict__) | {"message", "asctime", "taskName", "color_message"}


class JsonFormatter(logging.Formatter):
    """One record, one line of JSON."""

    def format(self, record: logging.LogRecord) -> str:
        """Return the line: time, level, logger, event, then the facts given as `extra`."""
        line: dict[str, Any] = {
            "at": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "logger": record.name,
            "event": record.getMessage(),
        }
        line.update(facts(record))
        if traceback := _traceback(self, record):
            line["traceback"] = traceback
        return json.dumps(line, ensure_ascii=False, default=str)


class TextFormatter(logging.Formatter):
    """One record for a person at a terminal."""

    def format(self, record: logging.LogRecord) -> str:
        """Return time, level, event and facts on one line, a traceback below it."""
        words = " ".join(f"{name}={value}" for name, value in facts(record).items())
        at = datetime.fromtimestamp(record.created).astimezone().strftime("%H:%M:%S")
        line = f"{at} {record.levelname.lower():7} {record.name}: {record.getMessage()} {words}".rstrip()
        traceback = _traceback(self, record)
        return f"{line}\n{traceback}" if traceback else line


def _traceback(formatter: logging.Formatter, record: logging.LogRecord) -> str:
    """Return the traceback, cleaned where the filter has written it out already."""
    if record.exc_text:
        return record.exc_text
    return formatter.formatException(record.exc_info) if record.exc_info else ""


def facts(record: logging.LogRecord) -> dict[str, Any]:
    """Return what was given as `extra`."""
    return {name: value for name, value in record.__dict__.items() if name not in STANDARD}


def configure(config: LogConfig, secrets: Iterable[str] = ()) -> None:
    """Send this process's logs to standard error in the form the settings ask for, without `secrets`."""
    handler = logging.StreamHandler(sys.stderr)
    handler.addFilter(Redaction(secrets))
    handler.setFormatter(JsonFormatter() if config.format == "json" else TextFormatter())
    logging.basicConfig(level=config.level.upper(), handlers=[handler], force=True)
    for talkative in ("rq", "alembic"):
        logging.getLogger(talkative).setLevel(logging.WARNING)
