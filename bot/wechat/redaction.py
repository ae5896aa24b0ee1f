"""Nothing secret reaches a log, and no telephone number.

WeChat puts secrets into addresses (`?access_token=…`, `?secret=…&code=…`), and
libraries put addresses into exceptions and debug lines.  `Redaction` is hung on
the log handlers, where every record of every library passes.
"""

import logging
import re
from collections.abc import Iterable
from typing import Any, Final

HIDDEN: Final = "[hidden]"

_NAME = (
    r"(?:\w*access_?token|\w*refresh_?token|\w*secret|\w*ticket|encoding_aes_key|password|token|code"
    r"|msg_signature|signature)"
)
_PATTERNS: Final = (
    # name=value in an address or a form, also where the address was quoted once more
    # (code=40001 is an errcode and stays)
    re.compile(rf"(?i)(?<![A-Za-z0-9])({_NAME}(?:=|%3D))(?!-?\d{{1,7}}(?![\w-]))(?!%26)[^&\s\"'#<>%\\)]+"),
    # "name": "value" in JSON or in the repr of a dict, also where the JSON was quoted once more
    re.compile(rf"(?i)((?:\\?[\"']){_NAME}(?:\\?[\"'])\s*:\s*b?(?:\\?[\"']))[^\"'\\]+"),
)
# A number somebody put into an error's words; digits inside of longer names are none.
_PHONE: Final = re.compile(
    r"(?<![0-9A-Za-z_.-])(?:(?:\+|%2B)\d{8,15}|(?:86)?1[3-9]\d{9})(?![0-9A-Za-z_]|\.\d)"
)
_STANDARD: Final = frozenset(vars(logging.makeLogRecord({}))) | {"message", "asctime", "taskName"}


def redact(text: str, secrets: Iterable[str] = ()) -> str:
    """Return `text` without token, secret, code and ticket values, and without any of `secrets`."""
    for secret in secrets:
        if secret:
            text = text.replace(secret, HIDDEN)
    for pattern in _PATTERNS:
        text = pattern.sub(rf"\g<1>{HIDDEN}", text)
    return text


def without_phones(text: str, secrets: Iterable[str] = ()) -> str:
    """Do as `redact`, and hide telephones as well: for what nobody reads who may see them."""
    return _PHONE.sub(HIDDEN, redact(text, secrets))


class Redaction(logging.Filter):
    """Clean every record that passes: its message, its `extra`, its traceback.

    Hang it on handlers: a filter on a logger does not see what the loggers
    below it say.  The traceback is left as text in `exc_text`, which
    `logging.Formatter` prints; `exc_info` is gone, because it holds the
    exception with its secrets.
    """

    def __init__(self, secrets: Iterable[str] = ()) -> None:
        super().__init__()
        self._secrets = tuple(secrets)

    def filter(self, record: logging.LogRecord) -> bool:
        """Clean `record` in place; True, always."""
        record.msg = without_phones(record.getMessage(), self._secrets)
        record.args = None
        if record.exc_info:
            record.exc_text = record.exc_text or logging.Formatter().formatException(record.exc_info)
            record.exc_info = None
        if record.exc_text:
            record.exc_text = without_phones(record.exc_text, self._secrets)
        for name in vars(record).keys() - _STANDARD:
            setattr(record, name, self._cleaned(getattr(record, name)))
        return True

    def _cleaned(self, value: Any) -> Any:
        if isinstance(value, str):
            return without_phones(value, self._secrets)
        if isinstance(value, BaseException):
            return without_phones(repr(value), self._secrets)
        if isinstance(value, dict):
            return {key: self._entry(key, item) for key, item in value.items()}
        if isinstance(value, (list, tuple)):
            return [self._cleaned(item) for item in value]
        return value

    def _entry(self, key: Any, item: Any) -> Any:
        if isinstance(key, str) and isinstance(item, str) and re.fullmatch(f"(?i){_NAME}", key):
            return HIDDEN
        return self._cleaned(item)


def guard_http_logs() -> None:
    """Keep urllib3, which logs each address at debug level, from naming a secret. Twice is once."""
    logger = logging.getLogger("urllib3.connectionpool")
    if not any(isinstance(known, Redaction) for known in logger.filters):
        logger.addFilter(Redaction())
