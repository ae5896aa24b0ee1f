"""A good document, changed in a few places as bytes say: bytes alone seldom stay JSON."""

import copy
from typing import Any

ODD: tuple[Any, ...] = (
    None, True, False, 0, 1, -1, 2**63, 10**400, 0.5, float("nan"), float("inf"), -1e308, "", " ", "a", "1", "\x00", "\ud800",
    "2026-06-01", "9" * 60, "长" * 9000, "#ffffff", "../../etc/passwd", "{{7*7}}", [], [[]], {}, {"": {}}, ["a", "a"], [None], [1] * 300,
    {"all": []}, {"fixed": 1},
)  # fmt: skip
MOST = 12  # changes


def graft(document: Any, data: bytes) -> Any:
    """Return the document with a place replaced, left out, wrapped or repeated for every four bytes."""
    whole = [copy.deepcopy(document)]
    for start in range(0, min(len(data) - 3, MOST * 4), 4):
        where, what, how = int.from_bytes(data[start : start + 2], "big"), data[start + 2], data[start + 3]
        places = list(_places(whole))
        holder, key = places[where % len(places)]
        if how % 8 == 0 and isinstance(holder, dict):
            del holder[key]
        elif how % 8 == 1:
            holder[key] = [holder[key]] * (what % 3 + 1)
        elif how % 8 == 2:
            holder[key] = {str(key): holder[key]}
        elif how % 8 == 3:
            other, name = places[(where // 7 + what) % len(places)]
            holder[key] = copy.deepcopy(other[name])
        elif how % 8 == 4 and isinstance(holder, dict):
            holder[str(ODD[what % len(ODD)])] = holder[key]
        else:
            holder[key] = copy.deepcopy(ODD[what % len(ODD)])
    return whole[0]


def _places(holder: Any) -> Any:
    keys = list(holder) if isinstance(holder, dict) else range(min(len(holder), 50))
    for key in keys:
        yield holder, key
        if isinstance(holder[key], dict | list):
            yield from _places(holder[key])
