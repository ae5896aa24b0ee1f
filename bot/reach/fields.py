"""What may stand in a template's fields, by the beginning of a field's name (protocol §7.2)."""

import re
from collections.abc import Callable, Mapping
from typing import Final

from bot.reach import words

FIELD: Final = re.compile(r"\{\{([A-Za-z_]+\d*)\.DATA\}\}")
LABEL: Final = re.compile(r"([^\n{}：:]{1,20})[：:]\s*\{\{([A-Za-z_]+\d*)\.DATA\}\}")
CHINESE: Final = re.compile(r"[\u4e00-\u9fff]")
LONGEST_OLD: Final = 200  # keyword1, first, remark: templates from before the rules


def _up_to(number: int) -> Callable[[str], bool]:
    return lambda said: len(said) <= number


def _like(pattern: str) -> Callable[[str], bool]:
    compiled = re.compile(pattern)
    return lambda said: compiled.fullmatch(said) is not None


def _name(said: str) -> bool:
    return len(said) <= (10 if CHINESE.search(said) else 20)


RULES: Final[Mapping[str, Callable[[str], bool]]] = {
    "thing": _up_to(20),
    "number": _like(r"\d{1,32}(\.\d{1,10})?"),
    "letter": _like(r"[A-Za-z]{1,32}"),
    "symbol": _up_to(5),
    "character_string": _like(r"[\x20-\x7e]{1,32}"),
    "time": _like(r".{0,30}\d{1,2}[:：]\d{2}.{0,30}"),
    "date": _like(r"\d{4}([-/]\d{1,2}[-/]\d{1,2}|年\d{1,2}月\d{1,2}日).{0,20}"),
    "amount": _like(r"[¥￥$€]?\d{1,10}(\.\d{1,2})?元?"),
    "phone_number": _like(r"[\d+\- ()*]{1,17}"),
    "car_number": _up_to(8),
    "name": _name,
    "phrase": _like(r"[\u4e00-\u9fff]{1,5}"),
    "const": _up_to(20),
}


def of(content: str) -> list[str]:
    """Return the names of the fields a template's content shows, in order."""
    return list(dict.fromkeys(FIELD.findall(content)))


def labels(content: str) -> dict[str, str]:
    """Return what stands before each field in a template's content: what travellers read it as."""
    return {name: label.strip() for label, name in LABEL.findall(content)}


def rule_of(name: str) -> str:
    """Return which rule a field's name begins with; empty for a field of before the rules."""
    return next((rule for rule in sorted(RULES, key=len, reverse=True) if name.startswith(rule)), "")


def is_right(name: str, said: str) -> bool:
    """Tell whether WeChat takes `said` in the field: it refuses the whole message otherwise (47003)."""
    if not said.strip():
        return False
    rule = rule_of(name)
    return RULES[rule](said) if rule else len(said) <= LONGEST_OLD


def fitted(name: str, said: str) -> str:
    """Return `said` cut to what the field takes where cutting helps: words, names and the like."""
    limit = {"thing": 20, "const": 20, "symbol": 5, "car_number": 8, "phrase": 5}.get(rule_of(name))
    if rule_of(name) == "name":
        limit = 10 if CHINESE.search(said) else 20
    if limit is None or len(said) <= limit:
        return said
    return said[: limit - 1] + "…" if limit > 5 else said[:limit]


def problems(content: str, fields: Mapping[str, str], facts: Mapping[str, str]) -> dict[str, str]:
    """Return what is wrong with a mapping, by field: `missing`, `unknown`, or the rule that `facts` break."""
    shown = of(content)
    found = {name: "missing" for name in shown if not fields.get(name, "").strip()}
    found |= {name: "unknown" for name in fields if name not in shown and fields[name].strip()}
    for name in shown:
        said = words.fill(fields.get(name, ""), facts)
        if name not in found and not words.names(said) and not is_right(name, fitted(name, said)):
            found[name] = rule_of(name) or "length"
    return found
