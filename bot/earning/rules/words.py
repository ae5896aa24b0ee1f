"""A reckoning in words, for a clerk to read to a traveller: Chinese, from the data of the trace alone."""

from collections.abc import Callable, Mapping
from datetime import date
from decimal import Decimal
from typing import Any

from bot.earning.rules.book import Aspect, Mode
from bot.earning.rules.facts import Line, Step

WEEKDAYS = "一二三四五六日"
WINDOWS = {"day": "每天", "week": "每周", "month": "每月", "year": "每年", "ever": "总共"}
PAYMENTS = {
    "wechat": "微信支付",
    "alipay": "支付宝",
    "card": "银行卡",
    "cash": "现金",
    "transfer": "转账",
    "other": "其他",
}
Facts = Mapping[str, Any]


def read_out(
    line: Line, shops: Mapping[int, str] | None = None, levels: Mapping[str, str] | None = None
) -> str:
    """Return one sentence: the rule, what it comes to, and how."""
    steps = "；".join(say(step, shops, levels) for step in line.steps)
    result = f"得 {line.points} 分" if line.points else "未计入"
    if any(step.what == "coupon" for step in line.steps):
        result = f"得 {line.points} 分和优惠券" if line.points else "得优惠券"
    return f"“{line.name}”{result}：{steps}。" if steps else f"“{line.name}”{result}。"


def say(step: Step, shops: Mapping[int, str] | None = None, levels: Mapping[str, str] | None = None) -> str:
    """Return one step in words; `shops` and `levels` are their names."""
    facts = dict(step.facts)
    called = levels or {}
    if step.what == "level":
        facts["wanted"] = [called.get(key, key) for key in facts["wanted"]]
    if step.what == "factor" and facts["aspect"] == Aspect.LEVEL:
        facts["value"] = called.get(facts["value"], facts["value"])
    if step.what == "shop":
        facts["shop"] = (shops or {}).get(facts.get("shop") or 0, "这家门店" if facts.get("shop") else "线上")
    if step.what == "factor" and facts["aspect"] == Aspect.SHOP:
        facts["value"] = (shops or {}).get(int(facts["value"] or 0), "本店")
    words = SAID.get(step.what)
    return words(facts) if words else step.what


def money(fen: int) -> str:
    """Return ¥1,280.00."""
    return f"¥{Decimal(fen) / 100:,.2f}"


def payment(name: str) -> str:
    """Return how it was paid."""
    return PAYMENTS.get(name, name) or "未注明"


def day(iso: str) -> str:
    """Return 2026年12月1日."""
    found = date.fromisoformat(iso)
    return f"{found.year}年{found.month}月{found.day}日"


def times(hundredths: int) -> str:
    """Return 1.5 for 150."""
    return f"{Decimal(hundredths) / 100:f}"


def _weekdays(numbers: list[int]) -> str:
    return "、".join(f"周{WEEKDAYS[number]}" for number in numbers)


def _factor(facts: Facts) -> str:
    value = facts["value"]
    names = {
        Aspect.LEVEL.value: f"等级“{value or '无'}”",
        Aspect.PAYMENT.value: payment(value),
        Aspect.SHOP.value: value,
        Aspect.WEEKDAY.value: f"周{WEEKDAYS[int(value)]}" if facts["aspect"] == Aspect.WEEKDAY else "",
    }
    return f"{names[facts['aspect']]} ×{times(facts['hundredths'])}"


def _mixed(facts: Facts) -> str:
    how = {"multiply": "相乘", "largest": "取最大", "add": "相加"}[facts["how"]]
    numerator, _slash, divisor = str(facts["hundredths"]).partition("/")
    total = Decimal(numerator) / Decimal(divisor or 1) / 100
    return f"系数{how}，合计 ×{total.normalize():f}"


def _window(facts: Facts) -> str:
    what = f"{facts['times']} 次" if facts.get("times") is not None else f"{facts['most']} 分"
    return f"{WINDOWS[facts['window']]}最多 {what}"


def _tier(facts: Facts) -> str:
    if facts["least"] is None:
        return f"消费 {money(facts['amount'])}，未到最低一档"
    return f"消费 {money(facts['amount'])}，满 {money(facts['least'])} 得 {facts['points']} 分"


def _campaign(facts: Facts) -> str:
    how = {Mode.STACK: "各项都算", Mode.LARGEST: "取最大一项", Mode.FIRST: "按优先级取一项"}[
        Mode(facts["mode"])
    ]
    return f"“{facts['campaign']}”期间{how}"


SAID: dict[str, Callable[[Facts], str]] = {
    "not_begun": lambda facts: f"{day(facts['starts'])}起才有",
    "over": lambda facts: f"已于{day(facts['ends'])}结束",
    "weekday": lambda facts: f"只在{_weekdays(facts['wanted'])}有，当天是周{WEEKDAYS[facts['weekday']]}",
    "shop": lambda facts: f"{facts['shop']}不参加",
    "staff": lambda _facts: "员工本人不参加",
    "level": lambda facts: f"限{'、'.join(facts['wanted'])}会员",
    "segment": lambda facts: f"限带“{'、'.join(facts['wanted'])}”标签的会员",
    "circle": lambda facts: f"限人群“{facts['name']}”中的会员",
    "payment": lambda facts: f"限{'、'.join(payment(one) for one in facts['wanted'])}",
    "birthday": lambda facts: f"限{'农历' if facts['lunar'] else ''}生日当天",
    "amount": lambda facts: f"满 {money(facts['least'])} 才有，这笔 {money(facts['amount'])}",
    "fixed": lambda facts: f"{facts['points']} 分",
    "per_item": lambda facts: f"每件 {facts['points']} 分，共 {facts['pieces']} 件",
    "per_amount": lambda facts: f"{money(facts['amount'])}，每 {money(facts['per'])} 得 {facts['points']} 分",
    "tier": _tier,
    "factor": _factor,
    "mixed": _mixed,
    "rounded": lambda facts: (
        f"{'四舍五入' if facts['how'] == 'half_up' else '舍去零头'}为 {facts['points']} 分"
    ),
    "cap": lambda facts: f"每次最多 {facts['most']} 分",
    "nothing": lambda _facts: "不足 1 分",
    "times": lambda facts: f"{_window(facts)}，已满",
    "limit": lambda facts: f"{_window({**facts, 'times': None})}，这次还可得 {facts['points']} 分",
    "budget": lambda facts: (
        f"活动预算将尽，这次得 {facts['points']} 分" if facts["points"] else "活动预算已用完"
    ),
    "smaller": lambda facts: (
        f"“{facts['group']}”取最大一项，“{facts['by']}”{facts['points']} 分，不少于本项 {facts['own']} 分"
    ),
    "later": lambda facts: f"“{facts['group']}”按优先级只取“{facts['by']}”",
    "group_cap": lambda facts: f"“{facts['group']}”合计最多 {facts['most']} 分，本项计 {facts['points']} 分",
    "coupon": lambda _facts: "送优惠券一张，送完为止",
    "campaign": _campaign,
}
