"""Which rule would answer, and why the others would not: asked of the rules that answer travellers."""

from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime

from flask import render_template, request
from flask_babel import gettext as _
from sqlalchemy import select

from admin.access import allowed
from admin.choices import account
from admin.formats import HERE
from admin.forms import Form
from admin.office import reading, runtime
from admin.replies import words
from admin.replies.blueprint import pages
from admin.replies.names import names_in
from bot.db import utc_now
from bot.organisation import directory
from bot.replies import answers, trying
from bot.replies.answers import Turn
from bot.replies.conditions import Circumstances, WhyNot
from bot.replies.models import AutoReply, Choosing, Trigger
from bot.replies.rules import Rule
from bot.replies.trying import Question
from bot.users.roles import Permission
from bot.wechat.replies import to_document


@pages.get("/try")
@allowed(Permission.REPLIES_SEE)
def trial() -> str | tuple[str, int]:
    """Ask the rules, as a message of a fan would. Nothing is sent and nothing counted."""
    form = Form(request.args.to_dict())
    form.values.setdefault("trigger", Trigger.KEYWORD.value)
    form.values.setdefault("moment", f"{utc_now().astimezone(HERE):%Y-%m-%dT%H:%M}")
    if "account" not in form.values and (current := account()) is not None:
        form.values["account"] = current.id
    with reading() as session:
        names = names_in(session)
        question = _question(form, names.accounts, names.shops) if "said" in request.args else None
        found = trying.ask(session.scalars(select(AutoReply)).all(), question) if question else None
        said = _said(found.winner, question) if found and question else []
        shown = render_template(
            "admin/replies/try.html",
            form=form,
            names=names,
            words=words,
            trial=found,
            said=said,
            NO_MATCH=WhyNot.NO_MATCH,
            received=answers.RECEIVED.content,
        )
    return shown if form.is_right else (shown, 422)


def _question(form: Form, accounts: Iterable[int], shops: Iterable[int]) -> Question | None:
    trigger = form.choice("trigger", Trigger)
    needs = trigger in {Trigger.KEYWORD, Trigger.EVENT_KEY}
    said = form.text("said", longest=2000, required=needs)
    account_id, shop_id = _chosen(form, "account", accounts), _chosen(form, "shop", shops)
    form.values.update(account=account_id or "", shop=shop_id or "")
    try:
        there = datetime.fromisoformat(str(form.values["moment"])).replace(tzinfo=HERE)
    except ValueError:
        form.wrong("moment", _("A day and a time."))
        return None
    if not form.is_right or trigger is None:
        return None
    return Question(trigger, said, account_id, Circumstances(there, shop_id))


def _chosen(form: Form, name: str, known: Iterable[int]) -> int | None:
    found = form.ids(name, among=known)
    return found[0] if found else None


def _said(rule: Rule | None, question: Question) -> list[list[str]]:
    """Return what the fan would read: for each of the rule's answers, that and what follows."""
    if rule is None:
        return []
    with runtime.db.reading() as everything:  # shops as the webhook knows them
        shop = directory.load(everything).get(question.at.shop_id or 0)
    after = [words.said(to_document(reply)) for reply in answers.follow_ups(rule, shop)]
    at, found = question.at.now or utc_now(), []
    for number in range(1, len(rule.answers) + 1):
        turn = Turn(0, at, number)
        reply = answers.answer(replace(rule, choosing=Choosing.SEQUENCE.value), shop, turn)
        found.append([words.said(to_document(reply)), *after] if reply else after)
    return found or [after]
