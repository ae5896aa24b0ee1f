"""How one section of the settings becomes one dataclass, with an error an operator can act on."""

import difflib
import re
from collections.abc import Mapping
from dataclasses import MISSING, Field, fields
from pathlib import Path
from typing import Any, Literal, get_args, get_origin, get_type_hints
from urllib.parse import urlsplit

from bot.errors import ConfigError

NOUNS = {str: "a text in quotes", int: "a whole number", float: "a number", bool: "true or false"}


def read_section(
    kind: type,
    table: object,
    *,
    where: str,
    environ: Mapping[str, str],
    prefix: str,
    folder: Path,
) -> Any:
    """Build a `kind` from a TOML `table`, files named by `<key>_file`, and `environ`.

    The environment wins over a file, a file over the table.  Raise
    `ConfigError` naming `where`, the key, the reason and the remedy.
    """
    if not isinstance(table, dict):
        raise ConfigError(f"{where}: not a table; write its keys on lines of their own below the heading")
    known = {entry.name: entry for entry in fields(kind)}
    hints = get_type_hints(kind)
    values = _gather(known, table, where=where, environ=environ, prefix=prefix, folder=folder)
    for name, entry in known.items():
        if name not in values:
            if entry.default is MISSING:
                raise ConfigError(f"{where}: {name}: missing; config.example.toml says where to find it")
            continue
        values[name] = _checked(values[name], hints[name], entry, f"{where}: {name}")
    return kind(**values)


def _gather(
    known: Mapping[str, Field[Any]],
    table: Mapping[str, Any],
    *,
    where: str,
    environ: Mapping[str, str],
    prefix: str,
    folder: Path,
) -> dict[str, Any]:
    values: dict[str, Any] = {}
    for key, value in table.items():
        name = key.removesuffix("_file")
        if key in known:
            values[key] = value
        elif name != key and name in known and known[name].metadata.get("secret"):
            if name in table:
                raise ConfigError(f"{where}: {key}: given beside {name}; keep one of the two")
            values[name] = _read_secret(folder / str(value), f"{where}: {key}")
        else:
            close = difflib.get_close_matches(key, known, n=1)
            remedy = f'did you mean "{close[0]}"?' if close else f"the keys are {', '.join(known)}"
            raise ConfigError(f"{where}: {key}: unknown key; {remedy}")
    for name in known:
        if (text := environ.get(prefix + name.upper())) is not None:
            values[name] = _Text(text)
    return values


class _Text(str):
    """A value from the environment, where everything is text and numbers must be read from it."""

    __slots__ = ()


def _read_secret(path: Path, where: str) -> str:
    try:
        return path.read_text("utf-8").strip()
    except (OSError, UnicodeDecodeError):
        raise ConfigError(f"{where}: {path} cannot be read; check the path, its owner and mode") from None


def _checked(value: Any, hint: Any, entry: Field[Any], where: str) -> Any:
    """Return `value` in the type its field asks for, or raise. A secret's value is never shown."""
    secret = entry.metadata.get("secret", False)
    shown = "the value" if secret else repr(value)
    if get_origin(hint) is Literal:
        choices = get_args(hint)
        if value not in choices:
            raise ConfigError(f"{where}: {shown} is not one of {', '.join(choices)}; choose one")
        return str(value)
    if isinstance(value, _Text) and hint in {int, float}:
        try:
            value = hint(value)
        except ValueError:
            raise ConfigError(f"{where}: {shown} is not {NOUNS[hint]}; mend it") from None
    if hint is float and type(value) is int:
        value = float(value)
    if not isinstance(value, hint) or (hint is not bool and isinstance(value, bool)):
        raise ConfigError(f"{where}: {shown} is not {NOUNS[hint]}; mend it")
    _check_limits(value, entry, where, shown)
    return str(value) if hint is str else value


def _check_limits(value: Any, entry: Field[Any], where: str, shown: str) -> None:
    if bounds := entry.metadata.get("between"):
        low, high = bounds
        if not low <= value <= high:
            raise ConfigError(f"{where}: {shown} is outside {low} to {high}; choose a number between them")
    if (pattern := entry.metadata.get("pattern")) and not re.fullmatch(pattern, value):
        raise ConfigError(f"{where}: {shown} does not look right; it must match {pattern}")
    if entry.metadata.get("url") and value:
        _check_url(value, where)


def _check_url(value: str, where: str) -> None:
    parts = urlsplit(value)
    if parts.scheme not in {"http", "https"} or not parts.hostname or parts.query or parts.fragment:
        raise ConfigError(f"{where}: {value!r} is not a base address; write one like https://wx.example.com")
