"""Forms of rules and groups: from what is typed to a piece of the definition, and back."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import asdict
from decimal import Decimal, InvalidOperation
from typing import Any

from flask_babel import gettext as _

from admin.earning.sentences import Names
from admin.forms import Form
from bot.coupons.terms import Circle
from bot.earning.rules.book import AwardKind, Mixing, Mode, Rounding, Span, Trigger, Window
from bot.purchases.models import Payment

MOST_YUAN = Decimal(10_000_000)
ASPECTS = ("payment", "shop", "weekday")
SEPARATORS = re.compile(r"[,，、\n]+")
LIMITS = (1, 2)


def rule_of(form: Form, names: Names, *, known: Mapping[str, Any] | None = None) -> dict[str, Any]:
    """Return the definition of the rule in the form; what cannot be read, or chosen, is wrong in the form.

    Limits of the `known` rule beyond those the form has room for are kept.
    """
    kind = form.choice("kind", AwardKind) or AwardKind.FIXED
    rule: dict[str, Any] = {
        "code": form.text("code", longest=32),
        "name": form.text("name", longest=64),
        "trigger": (form.choice("trigger", Trigger) or Trigger.CUSTOM).value,
        "event": form.text("event", longest=64, required=False),
        "lunar": form.ticked("lunar"),
        "award": {
            "kind": kind.value,
            "points": _whole(form, "points") or 0,
            "per": _fen(form, "per") or 100,
            "whole": form.ticked("whole"),
            "rounding": (form.choice("rounding", Rounding) or Rounding.FLOOR).value,
            "categories": words_in(form, "categories"),
            "skus": words_in(form, "skus"),
            "tiers": _tiers(form) if kind is AwardKind.TIERED else [],
        },
        "coefficients": [
            *(
                {"by": "level", "factors": by_level}
                for by_level in [_by_level(form, names.levels)]
                if by_level
            ),
            *({"by": aspect, "factors": one} for aspect in ASPECTS if (one := _factors(form, aspect))),
        ],
        "mixing": (form.choice("mixing", Mixing) or Mixing.MULTIPLY).value,
        "when": {
            "starts": form.text("starts", longest=10, required=False) or None,
            "ends": form.text("ends", longest=10, required=False) or None,
            "weekdays": form.ids("weekdays", among=range(7)),
            "shops": form.ids("shops", among=names.shops),
            "levels": [one for one in _chosen(form, "levels") if one in names.levels],
            "segments": words_in(form, "segments"),
            "payments": [one for one in _chosen(form, "payments") if one in set(Payment)],
            "least_amount": _fen(form, "least_amount") or 0,
            "birthday": form.ticked("on_birthday"),
            "staff": form.ticked("staff"),
            "circle": _circle(form, names.circles),
        },
        "limits": [
            *(limit for number in LIMITS if (limit := _limit(form, number))),
            *(known or {}).get("limits", [])[len(LIMITS) :],
        ],
        "budget": {"total": _whole(form, "budget_total"), "daily": _whole(form, "budget_daily")},
        "cap": _whole(form, "cap"),
        "priority": _whole(form, "priority") or 0,
        "days": _whole(form, "days"),
        "coupon": _whole(form, "coupon"),
        "campaign": next(iter(form.ids("campaign", among=names.campaigns)), None),
    }
    return rule


def levels_in(rule: Mapping[str, Any]) -> list[str]:
    """Return the levels a rule names, by key: one that is gone from the ladder stays in the form."""
    factors = [one["factors"] for one in rule.get("coefficients", []) if one.get("by") == "level"]
    return [*rule.get("when", {}).get("levels", []), *(key for one in factors for key in one)]


def circle_in(rule: Mapping[str, Any]) -> list[Circle]:
    """Return the segment a rule names, as it was saved: it stays in the form though the segment be gone."""
    kept = rule.get("when", {}).get("circle")
    return [Circle(**kept)] if kept else []


def _circle(form: Form, circles: Mapping[int, Circle]) -> dict[str, Any] | None:
    chosen = form.ids("circle", among=circles)
    return asdict(circles[chosen[0]]) if chosen else None


def rule_values(rule: Mapping[str, Any]) -> dict[str, Any]:
    """Return what the form shows of a rule's definition."""
    award, when = rule.get("award", {}), rule.get("when", {})
    values: dict[str, Any] = {
        **{name: rule.get(name) for name in ("code", "name", "trigger", "event", "lunar", "mixing", "cap")},
        **{name: rule.get(name) for name in ("priority", "days", "coupon", "campaign")},
        **{name: award.get(name) for name in ("kind", "points", "whole", "rounding")},
        "per": _yuan(award.get("per", 100)),
        "categories": "、".join(award.get("categories", [])),
        "skus": "、".join(award.get("skus", [])),
        "tiers": "\n".join(f"{_yuan(one['least'])}={one['points']}" for one in award.get("tiers", [])),
        **{name: when.get(name) for name in ("starts", "ends", "weekdays", "shops", "payments", "staff")},
        "levels": when.get("levels", []),
        "circle": (when.get("circle") or {}).get("id"),
        "segments": "、".join(when.get("segments", [])),
        "least_amount": _yuan(when["least_amount"]) if when.get("least_amount") else "",
        "on_birthday": when.get("birthday"),
        "budget_total": rule.get("budget", {}).get("total"),
        "budget_daily": rule.get("budget", {}).get("daily"),
    }
    for one in rule.get("coefficients", []):
        if one["by"] == "level":
            values |= {f"by_level_{key}": f"{Decimal(n) / 100:f}" for key, n in one["factors"].items()}
        said = (f"{name}={Decimal(factor) / 100:f}" for name, factor in one["factors"].items())
        values[f"by_{one['by']}"] = "、".join(said)
    for number, one in zip(LIMITS, rule.get("limits", []), strict=False):
        for name in ("window", "times", "points"):
            values[f"limit{number}_{name}"] = one.get(name)
    return {name: "" if value is None else value for name, value in values.items()}


def group_of(form: Form, *, rules: Iterable[str], known: Mapping[str, Any] | None = None) -> dict[str, Any]:
    """Return the definition of the group in the form.

    Groups the `known` one held stay in it, and so do its campaigns after the
    first, which alone has room in the form.
    """
    inner = [one for one in (known or {}).get("members", []) if isinstance(one, Mapping)]
    chosen = [one for one in _chosen(form, "members") if one in set(rules)]
    group: dict[str, Any] = {
        "code": form.text("code", longest=32),
        "name": form.text("name", longest=64),
        "mode": (form.choice("mode", Mode) or Mode.STACK).value,
        "span": (form.choice("span", Span) or Span.DAY).value,
        "cap": _whole(form, "cap"),
        "members": [*chosen, *inner],
        "campaigns": list((known or {}).get("campaigns", [])[1:]),
    }
    if name := form.text("campaign", longest=64, required=False):
        campaign = {
            "name": name,
            "mode": (form.choice("campaign_mode", Mode) or Mode.STACK).value,
            "starts": form.text("campaign_starts", longest=10),
            "ends": form.text("campaign_ends", longest=10),
        }
        group["campaigns"].insert(0, campaign)
    return group


def group_values(group: Mapping[str, Any]) -> dict[str, Any]:
    """Return what the form shows of a group's definition."""
    values = {name: group.get(name) for name in ("code", "name", "mode", "span", "cap")}
    values["members"] = [one for one in group.get("members", []) if isinstance(one, str)]
    for campaign in group.get("campaigns", [])[:1]:
        values["campaign"] = campaign["name"]
        values |= {f"campaign_{name}": campaign[name] for name in ("mode", "starts", "ends")}
    return {name: "" if value is None else value for name, value in values.items()}


def fen(form: Form, name: str, *, required: bool = True) -> int | None:
    """Return an amount typed in yuan; None, and wrong, for anything else."""
    found = _fen(form, name)
    if found is None and required:
        form.wrong(name, _("Please fill this in."))
    return found


def _fen(form: Form, name: str) -> int | None:
    typed = str(form.values.get(name) or "").strip().lstrip("¥￥").replace(",", "")
    if not typed:
        return None
    try:
        value = Decimal(typed)
    except InvalidOperation:
        value = Decimal(-1)
    if not value.is_finite() or not 0 <= value <= MOST_YUAN or value * 100 != int(value * 100):
        form.wrong(name, _("An amount in yuan, such as 128.50."))
        return None
    return int(value * 100)


def _yuan(amount: int) -> str:
    return f"{Decimal(amount) / 100:f}"


def _whole(form: Form, name: str) -> int | None:
    typed = str(form.values.get(name) or "").strip()
    if not typed:
        return None
    if not (typed.isascii() and typed.isdigit() and len(typed) <= 10):
        form.wrong(name, _("A whole number."))
        return None
    return int(typed)


def _chosen(form: Form, name: str) -> list[str]:
    found = form.values.get(name, [])
    return [str(one) for one in (found if isinstance(found, list) else [found]) if one != ""]


def words_in(form: Form, name: str) -> list[str]:
    """Return the words of a field, however they are set apart."""
    typed = form.text(name, longest=400, required=False)
    return [one.strip() for one in SEPARATORS.split(typed) if one.strip()]


def _factors(form: Form, aspect: str) -> dict[str, int]:
    found = {}
    for one in words_in(form, f"by_{aspect}"):
        name, _equals, factor = one.replace("＝", "=").partition("=")
        value = _hundredths(factor)
        if not name.strip() or value is None:
            form.wrong(f"by_{aspect}", _("Write each as name=factor, such as gold=1.5."))
            return {}
        found[name.strip()] = value
    return found


def _by_level(form: Form, levels: Iterable[str]) -> dict[str, int]:
    """Return the factors of the levels, each in a field of its own."""
    found = {}
    for key in levels:
        typed = form.text(f"by_level_{key}", longest=12, required=False)
        value = _hundredths(typed) if typed else None
        if typed and value is None:
            form.wrong(f"by_level_{key}", _("A factor from 0 to 100, such as 1.5."))
        if value is not None:
            found[key] = value
    return found


def _hundredths(typed: str) -> int | None:
    try:
        value = Decimal(typed.strip().lstrip("×x"))
    except InvalidOperation:
        return None
    is_right = value.is_finite() and 0 <= value <= 100 and value * 100 == int(value * 100)
    return int(value * 100) if is_right else None


def _tiers(form: Form) -> list[dict[str, int]]:
    found = []
    for one in words_in(form, "tiers"):
        least, _equals, points = one.replace("＝", "=").partition("=")
        part = Form({"least": least, "points": points})
        row = {"least": _fen(part, "least"), "points": _whole(part, "points")}
        if not part.is_right or None in row.values():
            form.wrong("tiers", _("Write each as amount=points, such as 1000=50."))
            return []
        found.append({name: value or 0 for name, value in row.items()})
    return found


def _limit(form: Form, number: int) -> dict[str, Any] | None:
    times, points = (_whole(form, f"limit{number}_{name}") for name in ("times", "points"))
    if times is None and points is None:
        return None
    window = form.choice(f"limit{number}_window", Window) or Window.DAY
    return {"window": window.value, "times": times, "points": points}
