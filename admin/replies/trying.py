"""Which rule would answer, and why the others would not: asked of the rules that answer travellers."""

from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import datetime

from flask import render_template, request
from flask_babel import gettext as _
from sqlalchemy import select
from sqlalchemy.orm import Session

from admin.access import allowed
from admin.choices import account
from admin.formats import HERE
from admin.forms import Form
from admin.office import reading, runtime
from admin.replies import words
from admin.replies.before import before
from admin.replies.blueprint import pages
from admin.replies.names import Names, names_in
from bot.channels.models import Channel
from bot.db import Base, utc_now
from bot.desk import words as desk_words
from bot.materials.documents import to_document
from bot.organisation import directory
from bot.organisation.models import Shop
from bot.posters import asking
from bot.reach import opting
from bot.replies import answers, trying
from bot.replies.answers import Turn
from bot.replies.conditions import Circumstances, WhyNot
from bot.replies.models import AutoReply, Choosing, Trigger
from bot.replies.rules import Rule
from bot.replies.trying import Question
from bot.users.roles import Permission


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
        question = _question(form, session, names) if "said" in request.args else None
        found = trying.ask(session.scalars(select(AutoReply)).all(), question) if question else None
        first = before(session, question) if question else None
        said = _said(found.winner, question, names.materials) if found and question else []
        shown = render_template(
            "admin/replies/try.html",
            form=form,
            names=names,
            words=words,
            trial=found,
            said=said,
            before=first,
            opted_out=opting.OPTED_OUT,
            not_for_you=asking.NOT_FOR_YOU,
            desk_says=desk_words.looking(names.shops.get(question.at.shop_id or 0)) if question else "",
            NO_MATCH=WhyNot.NO_MATCH,
            received=answers.RECEIVED.content,
        )
    return shown if form.is_right else (shown, 422)


def _question(form: Form, session: Session, names: Names) -> Question | None:
    trigger = form.choice("trigger", Trigger)
    needs = trigger in {Trigger.KEYWORD, Trigger.EVENT_KEY}
    said = form.text("said", longest=2000, required=needs)
    account_id = _chosen(form, "account", names.accounts)
    shop_id = _chosen(form, "shop", names.shops, of=Shop)
    channel_id = _chosen(form, "channel", names.channels, of=Channel)
    channel = session.get(Channel, channel_id) if channel_id is not None else None
    if channel is not None and shop_id is None:  # who came through a code came through its shop
        shop_id = channel.shop_id
    form.values.update(account=account_id or "", shop=shop_id or "", channel=channel_id or "")
    try:
        there = datetime.fromisoformat(str(form.values["moment"])).replace(tzinfo=HERE)
    except ValueError:
        form.wrong("moment", _("A day and a time."))
        return None
    if not form.is_right or trigger is None:
        return None
    return Question(trigger, said, account_id, Circumstances(there, shop_id, channel_id))


def _chosen(form: Form, name: str, known: Iterable[int], *, of: type[Base] | None = None) -> int | None:
    found = form.ids(name, among=known, of=of)
    return found[0] if found else None


def _said(rule: Rule | None, question: Question, titles: Mapping[int, str]) -> list[list[str]]:
    """Return what the fan would read: for each of the rule's answers, that and what follows."""
    if rule is None:
        return []
    with runtime.db.reading() as everything:  # shops as the webhook knows them
        shop = directory.load(everything).get(question.at.shop_id or 0)
    after = [words.said(to_document(reply), titles) for reply in answers.follow_ups(rule, shop)]
    at, found = question.at.now or utc_now(), []
    for number in range(1, len(rule.answers) + 1):
        turn = Turn(0, at, number)
        reply = answers.answer(replace(rule, choosing=Choosing.SEQUENCE.value), shop, turn)
        found.append([words.said(to_document(reply), titles), *after] if reply else after)
    return found or [after]
