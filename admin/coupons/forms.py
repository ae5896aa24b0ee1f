"""The form of a template: from what is typed to terms, and back."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from flask_babel import gettext as _

from admin.coupons import words
from admin.earning.rule_forms import fen, words_in
from admin.forms import Form
from bot.coupons import templates
from bot.coupons.models import CouponTemplate
from bot.coupons.terms import LONGEST_DAYS, Circle, Dates, Goods, Hours, Kind, Scope, Terms, Who
from bot.coupons.who import named
from bot.keys import key_in
from bot.organisation.models import Shop

CLOCK = re.compile(r"([01]\d|2[0-3]):[0-5]\d")
SPAN = re.compile(r"\s*(\d{4}-\d{2}-\d{2})(?:\s*(?:-|–|~|至|到)\s*(\d{4}-\d{2}-\d{2}))?\s*")
GOODS = ("categories", "brands", "products")
MOST = 10_000_000


@dataclass(frozen=True, slots=True)
class Sent:
    """What the form holds."""

    name: str
    terms: Terms
    total: int | None
    per_member: int | None


def read(
    form: Form, *, shops: Iterable[int], levels: Mapping[str, str], circles: Mapping[int, Circle]
) -> Sent:
    """Return what was sent, with what is wrong beside each field of `form`; `levels` are names by key."""
    known = list(shops)
    kind = form.choice("kind", Kind) or Kind.AMOUNT
    terms = Terms(
        kind=kind,
        amount=(fen(form, "amount", required=False) or 0) if kind is Kind.AMOUNT else 0,
        percent=(_whole(form, "percent", most=99) or 0) if kind is Kind.PERCENT else 0,
        cap=fen(form, "cap", required=False) if kind is Kind.PERCENT else None,
        gift=form.text("gift", longest=40, required=False) if kind is Kind.GIFT else "",
        least=fen(form, "least", required=False) or 0,
        scope=Scope(
            include=_goods(form, "include"),
            exclude=_goods(form, "exclude"),
            shops=frozenset(form.ids("shops", among=known, of=Shop)),
            not_shops=frozenset(form.ids("not_shops", among=known, of=Shop)),
        ),
        dates=Dates(
            begins=form.day("begins"),
            ends=form.day("ends"),
            days=_whole(form, "days", most=LONGEST_DAYS),
            wait=_whole(form, "wait", most=LONGEST_DAYS, least=0) or 0,
        ),
        hours=Hours(
            weekdays=frozenset(form.ids("weekdays", among=range(7))),
            since=_clock(form, "since"),
            until=_clock(form, "until"),
            not_days=_spans(form, "not_days"),
        ),
        gets=_who(form, "gets", levels, circles),
        uses=_who(form, "uses", levels, circles),
        transferable=form.ticked("transferable"),
        group=form.text("group", longest=32, required=False),
        alone=form.ticked("alone"),
        grace=_whole(form, "grace", most=90, least=0) or 0,
        note=form.text("note", longest=100, required=False),
    )
    for name, code in templates.problems(terms).items():
        form.wrong(name, str(words.PROBLEMS[code]))
    return Sent(
        form.text("name", longest=20),
        terms,
        _whole(form, "total", most=MOST),
        _whole(form, "per_member", most=1000),
    )


def filled(row: CouponTemplate, terms: Terms, levels: Mapping[str, str]) -> dict[str, Any]:
    """Return what the form shows of a template."""
    dates, hours, scope = terms.dates, terms.hours, terms.scope
    values: dict[str, Any] = {
        "name": row.name,
        "total": row.total,
        "per_member": row.per_member,
        "kind": terms.kind.value,
        **{name: _yuan(getattr(terms, name)) for name in ("amount", "cap", "least")},
        "percent": terms.percent or "",
        **{name: getattr(terms, name) for name in ("gift", "transferable", "group", "alone", "note")},
        "grace": terms.grace or "",
        "begins": dates.begins,
        "ends": dates.ends,
        "days": dates.days,
        "wait": dates.wait or "",
        "weekdays": sorted(hours.weekdays),
        "since": hours.since,
        "until": hours.until,
        "not_days": "\n".join(f"{first} – {last}" for first, last in hours.not_days),
        "shops": sorted(scope.shops),
        "not_shops": sorted(scope.not_shops),
    }
    for side, goods in (("include", scope.include), ("exclude", scope.exclude)):
        values |= {f"{side}_{name}": "、".join(sorted(getattr(goods, name))) for name in GOODS}
    for side, who in (("gets", terms.gets), ("uses", terms.uses)):
        values[f"{side}_levels"] = named(who.levels, levels)
        values[f"{side}_tags"] = "、".join(sorted(who.tags))
        values[f"{side}_first"] = who.first_purchase
        values[f"{side}_segment"] = who.circle.id if who.circle else ""
    return {name: "" if value is None else value for name, value in values.items()}


def _goods(form: Form, side: str) -> Goods:
    return Goods(*(frozenset(words_in(form, f"{side}_{name}")) for name in GOODS))


def _who(form: Form, side: str, levels: Mapping[str, str], circles: Mapping[int, Circle]) -> Who:
    keys = {name: key for key, name in levels.items()} | {key: key for key in levels}
    typed = words_in(form, f"{side}_levels")
    if strangers := [name for name in typed if name not in keys]:
        form.wrong(f"{side}_levels", _("There is no level called %(name)s.", name=strangers[0]))
    return Who(
        levels=frozenset(keys[name] for name in typed if name in keys),
        tags=frozenset(words_in(form, f"{side}_tags")),
        first_purchase=form.ticked(f"{side}_first"),
        circle=_circle(form, f"{side}_segment", circles),
    )


def _circle(form: Form, name: str, circles: Mapping[int, Circle]) -> Circle | None:
    if not (sent := str(form.values.get(name) or "").strip()):
        return None
    found = circles.get(key_in(sent) or 0)
    if found is None:
        form.wrong(name, _("Please choose one of these."))
    return found


def _whole(form: Form, name: str, *, most: int, least: int = 1) -> int | None:
    if not str(form.values.get(name) or "").strip():
        return None
    return form.number(name, least=least, most=most)


def _clock(form: Form, name: str) -> str:
    typed = form.text(name, longest=5, required=False)
    if typed and not CLOCK.fullmatch(typed):
        form.wrong(name, _("A time such as 09:30."))
        return ""
    return typed


def _spans(form: Form, name: str) -> tuple[tuple[date, date], ...]:
    typed = form.text(name, longest=1000, required=False)
    found = []
    for line in filter(str.strip, typed.splitlines()):
        said = SPAN.fullmatch(line)
        try:
            first = date.fromisoformat(said[1]) if said else None
            last = date.fromisoformat(said[2] or said[1]) if said else None
        except ValueError:
            first = last = None
        if first is None or last is None:
            form.wrong(name, _("A line each, such as 2026-10-01 – 2026-10-07."))
            return ()
        found.append((first, last))
    return tuple(found)


def _yuan(amount: int | None) -> str:
    return f"{amount / 100:.2f}".removesuffix(".00") if amount else ""
