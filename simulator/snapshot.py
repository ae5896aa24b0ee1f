"""The state as JSON and back, driven by the dataclasses' own annotations."""

import json
import types
from dataclasses import fields, is_dataclass
from functools import cache
from typing import Any, TypeVar, Union, get_args, get_origin, get_type_hints

T = TypeVar("T")


def dump(value: Any) -> str:
    """Write dataclasses, dicts, lists and plain values as JSON."""
    return json.dumps(value, ensure_ascii=False, default=vars)


def as_json(value: Any) -> Any:
    """The same as plain dicts and lists, sharing nothing with `value`."""
    return json.loads(dump(value))


def load(kind: type[T], data: Any) -> T:
    """Build `kind` from what `as_json` gave; unknown fields are ignored, missing ones get their default."""
    made: T = _build(kind, data)
    return made


@cache
def _hints(kind: type) -> dict[str, Any]:
    hints = get_type_hints(kind)
    return {each.name: hints[each.name] for each in fields(kind) if each.init}


def _build(kind: Any, data: Any) -> Any:
    origin = get_origin(kind)
    if origin in (Union, types.UnionType):
        inner = next(each for each in get_args(kind) if each is not type(None))
        return None if data is None else _build(inner, data)
    if origin is dict:
        key, value = get_args(kind)
        return {key(name): _build(value, each) for name, each in data.items()}
    if origin is list:
        return [_build(get_args(kind)[0], each) for each in data]
    if is_dataclass(kind):
        hints = _hints(kind)  # type: ignore[arg-type]
        known = {name: _build(hints[name], each) for name, each in data.items() if name in hints}
        return kind(**known)  # type: ignore[operator]
    return data
