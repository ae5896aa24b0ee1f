"""What is said after a code was asked for or compared: the same words on every form that takes one."""

from collections.abc import Callable
from typing import Any

from flask import request

from bot.members.codes import Asked, NotProved
from h5 import friction
from h5.forms import Form
from h5.friction import Deed, Puzzle

SENT = "验证码短信已经发出，请查看手机。一分钟还没收到，请检查号码后重发。"
SOON = "刚刚发过一条，请先看看手机。"
LATER = "今天试得有些多了，请{when}再来。"
A_WHILE = 120


def asked(form: Form, answer: Asked, show: Callable[..., Any], *, had_one: bool) -> Any:
    """Show the form after a code was asked for; nothing in it tells whose the number is."""
    if answer.needs_friction:
        friction.note(Deed.ASKING, is_next=True)
    if answer.sent:
        return show(form, sent=True, note=SENT, seconds=answer.seconds)
    if answer.seconds <= A_WHILE:
        return show(form, sent=True, note=SOON, kind="warn", seconds=answer.seconds, status=429)
    return show(form, sent=had_one, note=LATER.format(when=when(answer.seconds)), kind="wrong", status=429)


def not_proved(form: Form, answer: NotProved, show: Callable[..., Any]) -> Any:
    """Show the form after a code was not the right one."""
    friction.note(Deed.PROVING)
    if answer.why == "expired":
        form.wrong("code", "这个验证码已经用过或过期了，请重发一条")
    elif answer.why == "locked":
        form.wrong("code", LATER.format(when=when(answer.seconds)))
    else:
        left = f"，还可以试 {answer.left} 次" if answer.left else "，请重发一条"
        form.wrong("code", f"验证码不对{left}")
    return show(form, sent=True, status=422)


def puzzle(form: Form, *, sent: bool) -> Puzzle | None:
    """Return what the form shows: a puzzle before a code is asked for or compared once more; mostly none."""
    is_due = friction.is_wanted(Deed.PROVING if sent else Deed.ASKING)
    return friction.make() if is_due or "puzzle" in form.errors else None


def puzzle_solved(form: Form, deed: Deed) -> bool:
    """Tell whether no puzzle was due, or it was solved; else say so beside it."""
    if not friction.is_wanted(deed):
        return True
    place, answer = request.form.get("place", "0"), request.form.get("answer", "")[:20]
    if friction.is_solved(request.form.get("puzzle", "")[:500], place=place, answer=answer):
        return True
    is_tried = place != "0" or answer
    form.wrong("puzzle", "没有对上，请再试一次" if is_tried else "请先移动滑块，或回答问题")
    return False


def when(seconds: int) -> str:
    """Return 10 分钟后, 2 小时后 or 明天."""
    if seconds < 3600:
        return f"{max(1, -(-seconds // 60))} 分钟后"
    return f"{-(-seconds // 3600)} 小时后" if seconds < 6 * 3600 else "明天"
