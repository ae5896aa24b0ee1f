"""Terms in short Chinese, as a traveller reads them on the ticket and a clerk reads them out."""

from collections.abc import Mapping
from decimal import Decimal

from bot.coupons.scopes import WEEKDAYS, money
from bot.coupons.terms import Goods, Kind, Terms
from bot.coupons.who import named


def face(terms: Terms) -> tuple[str, str]:
    """Return the sign on the ticket and its figure: ("¥", "50"), ("折", "8.5"), ("", "礼")."""
    if terms.kind is Kind.AMOUNT:
        return "¥", money(terms.amount).removeprefix("¥")
    if terms.kind is Kind.PERCENT:
        left = Decimal(100 - terms.percent) / 10
        return "折", f"{left.normalize():f}"
    return "", "礼"


def worth(terms: Terms) -> str:
    """Return what it is worth, in a few words: 满300减50, 8.5折, 保温杯一只."""
    if terms.kind is Kind.GIFT:
        return terms.gift
    if terms.kind is Kind.PERCENT:
        sign, number = face(terms)
        said = f"{number}{sign}"
        if terms.cap is not None:
            said += f"，最多减{money(terms.cap)}"
        return f"满{money(terms.least)}打{said}" if terms.least else said
    if terms.least:
        return f"满{money(terms.least)}减{money(terms.amount)}"
    return f"立减{money(terms.amount)}"


def condition(terms: Terms) -> str:
    """Return from what amount on it goes."""
    return f"满{money(terms.least)}可用" if terms.least else "无门槛"


def rules(terms: Terms, shops: Mapping[int, str], levels: Mapping[str, str]) -> list[str]:
    """Return what else is asked, a line each; `shops` and `levels` are their names."""
    said = [*_where(terms, shops), *_when(terms), *_who(terms, levels)]
    if terms.cap is not None:
        said.append(f"最多减{money(terms.cap)}")
    said.append("不与其他券同用" if terms.alone else "同类券每单限用一张")
    said.append("可以转赠给朋友" if terms.transferable else "限本人使用，不能转赠")
    return [*said, terms.note] if terms.note else said


def _where(terms: Terms, shops: Mapping[int, str]) -> list[str]:
    scope, said = terms.scope, []
    if scope.include:
        said.append(f"限{_goods(scope.include)}")
    if scope.exclude:
        said.append(f"{_goods(scope.exclude)}除外")
    if scope.shops:
        said.append(f"限{_shops(scope.shops, shops)}使用")
    if scope.not_shops:
        said.append(f"{_shops(scope.not_shops, shops)}不可用")
    return said


def _when(terms: Terms) -> list[str]:
    hours, said = terms.hours, []
    if hours.weekdays:
        said.append(f"限{'、'.join(f'周{WEEKDAYS[number]}' for number in sorted(hours.weekdays))}使用")
    if hours.since or hours.until:
        said.append(f"每天 {hours.since or '00:00'}–{hours.until or '24:00'} 可用")
    days = (
        f"{first.month}月{first.day}日至{last.month}月{last.day}日不可用" for first, last in hours.not_days
    )
    return [*said, *days]


def _who(terms: Terms, levels: Mapping[str, str]) -> list[str]:
    said = []
    if terms.uses.levels:
        said.append(f"限{named(terms.uses.levels, levels)}使用")
    if terms.uses.tags:
        said.append("限受邀会员使用")
    if terms.uses.circle is not None:
        said.append(f"限「{terms.uses.circle.name}」使用")
    if terms.uses.first_purchase:
        said.append("限首次消费使用")
    return said


def _goods(goods: Goods) -> str:
    return "、".join([*sorted(goods.categories), *sorted(goods.brands), *sorted(goods.products)])


def _shops(wanted: frozenset[int], names: Mapping[int, str]) -> str:
    known = [names[key] for key in sorted(wanted) if key in names]
    more = f"等 {len(wanted)} 家门店" if len(wanted) > 3 else ""
    return "、".join(known[:3]) + more if known else f"{len(wanted)} 家门店"
