"""Trying the draft: on a day that is made up, or on what happened, before it is published."""

from collections.abc import Collection, Mapping
from datetime import date, datetime, time, timedelta
from typing import Any

from flask import redirect, render_template, request, url_for
from flask_babel import gettext as _
from sqlalchemy import select
from werkzeug.wrappers import Response as AnyResponse

from admin.access import allowed
from admin.earning import books, rule_forms, sentences
from admin.earning.blueprint import pages
from admin.earning.sentences import Names
from admin.forms import Form
from admin.head_office import head_office_only
from admin.office import OutOfSight, actor, changing, reading, record, visitor
from bot.audit import Subject
from bot.batches.models import Batch
from bot.db import utc_now
from bot.earning import replay as replaying
from bot.earning.rules.book import Book, Trigger
from bot.earning.rules.evaluating import evaluate
from bot.earning.rules.facts import Facts, Item, Occasion, Traveller
from bot.earning.rules.reading import BadBook, read
from bot.earning.rules.words import read_out
from bot.moments import HERE
from bot.organisation.models import Shop
from bot.purchases.models import Payment
from bot.users.roles import Permission

LONGEST_REPLAY = timedelta(days=400)


@pages.get("/try")
@allowed(Permission.EARNING_SEE)
def dry_run() -> str:
    """Judge a made-up day by the draft and by what is in force, and say why. Nothing is written."""
    form = Form(request.args.to_dict())
    with reading() as session:
        draft, names = books.draft_of(session), books.names(session)
        _current, book = books.in_force(session)
    outcomes = []
    if form.values:
        asked = (*book.circles, *(draft.book.circles if draft.book is not None else ()))
        facts = _facts(form, names.shops, {one.mark for one in asked})
        if form.is_right:
            outcomes.append((_("In force"), *_judged(book, facts, names)))
            if draft.book is not None and draft.row is not None:
                outcomes.insert(0, (_("The draft"), *_judged(draft.book, facts, names)))
    else:
        form.values = {
            "day": utc_now().astimezone(HERE).date().isoformat(),
            "amount": "300",
            "payment": "wechat",
        }
    return render_template(
        "admin/earning/try.html",
        form=form,
        outcomes=outcomes,
        shops=list(names.shops.items()),
        levels=list(names.levels.items()),
        words=sentences,
        draft=draft,
    )


@pages.get("/replay")
@allowed(Permission.EARNING_PUBLISH)
@head_office_only
def ask_replay() -> str:
    """Ask for the period."""
    today = utc_now().astimezone(HERE).date()
    form = Form({"first": (today - timedelta(days=30)).isoformat(), "last": today.isoformat()})
    return _replay_form(form)


@pages.post("/replay")
@allowed(Permission.EARNING_PUBLISH)
@head_office_only
def replay() -> AnyResponse | tuple[str, int]:
    """Begin to try the draft on what happened in the period, beside what is in force."""
    form = Form.sent()
    first, last = _day(form, "first"), _day(form, "last")
    if first and last and not timedelta() <= last - first <= LONGEST_REPLAY:
        form.wrong("last", _("From one day to another, at most %(n)s days.", n=LONGEST_REPLAY.days))
    with changing() as session:
        draft = books.draft_of(session)
        current, _book = books.in_force(session)
        if form.is_right and first and last:
            try:
                batch = replaying.begin(
                    session,
                    definition=draft.definition,
                    against=current.definition if current else {"rules": [], "groups": []},
                    first=first,
                    last=last,
                    maker=actor(),
                    now=utc_now(),
                )
                record(session, "earning_draft.replayed", batch, after={"first": first, "last": last})
            except BadBook:
                form.wrong("first", _("The draft has no rules, or something is wrong with it."))
    if not form.is_right:
        return _replay_form(form), 422
    return redirect(url_for("admin.earning_rules.replayed", key=batch.id), 303)


@pages.get("/replay/<int:key>")
@allowed(Permission.EARNING_PUBLISH)
@head_office_only
def replayed(key: int) -> str:
    """Show what the draft would have given, by rule and shop; the page reloads until it is done."""
    with reading() as session:
        mine = Batch.created_by_id == visitor.user_id
        batch = session.scalar(select(Batch).where(Batch.id == key, Batch.kind == replaying.KIND, mine))
        if batch is None:
            raise OutOfSight(Subject(Batch.__tablename__, str(key)))
        shops = books.shop_names(session)
    new, old = read(batch.arguments["definition"]), read(batch.arguments["against"])
    nothing: dict[str, Any] = {"rules": {}, "shops": {}, "days": {}}
    found_new, found_old = batch.notes.get("new", nothing), batch.notes.get("old", nothing)
    cut = replaying.cut_by_budgets(new, found_new)
    codes = dict.fromkeys([rule.code for rule in (*new.rules, *old.rules)])
    rules = [
        {
            "name": (new.rule(code) or old.rule(code)).name,  # type: ignore[union-attr]
            "new": found_new["rules"].get(code, [0, 0]),
            "old": found_old["rules"].get(code, [0, 0]),
            "cut": cut.get(code, 0),
        }
        for code in codes
    ]
    places = dict.fromkeys([*found_new["shops"], *found_old["shops"]])
    by_shop = sorted(
        (
            (
                shops.get(int(key), _("no shop")),
                found_new["shops"].get(key, 0),
                found_old["shops"].get(key, 0),
            )
            for key in places
        ),
        key=lambda row: -row[1],
    )
    total_new, total_old = (sum(one["shops"].values()) for one in (found_new, found_old))
    return render_template(
        "admin/earning/replayed.html",
        batch=batch,
        rules=rules,
        shops=by_shop,
        total_new=total_new,
        total_old=total_old,
        is_over=batch.finished_at is not None,
    )


def _judged(book: Book, facts: Facts, names: Names) -> tuple[int, list[str]]:
    outcome = evaluate(facts, book)
    return outcome.points, [read_out(line, names.shops, names.levels) for line in outcome.trace]


def _facts(form: Form, shops: Mapping[int, str], circles: Collection[str]) -> Facts:
    day = _day(form, "day") or date(2000, 1, 1)
    at = datetime.combine(day, time(12), HERE)
    birthday = form.ticked("birthday")
    who = Traveller(
        level=form.text("level", longest=64, required=False),
        segments=frozenset(rule_forms.words_in(form, "segments")),
        birthday=birthday,
        lunar_birthday=birthday,
        staff=form.ticked("staff"),
        circles=frozenset(circles if form.ticked("inside") else ()),
    )
    amount = rule_forms.fen(form, "amount", required=False)
    shop = form.ids("shop", among=shops, of=Shop)
    ticked = (Trigger.REGISTER, Trigger.BIRTHDAY, Trigger.FOLLOW, Trigger.REFERRAL)
    happened = [Occasion(one.value, one, at, who) for one in ticked if form.ticked(one.value)]
    if amount:
        category = form.text("category", longest=64, required=False)
        payment = form.choice("payment", Payment) or Payment.OTHER
        items = (Item("", category, 1, amount),) if category else ()
        bought = Occasion(
            "purchase",
            Trigger.PURCHASE,
            at,
            who,
            shop_id=shop[0] if shop else None,
            amount=amount,
            payment=payment.value,
            items=items,
        )
        happened.append(bought)
    return Facts(day, tuple(happened))


def _replay_form(form: Form) -> str:
    with reading() as session:
        draft = books.draft_of(session)
    return render_template("admin/earning/replay.html", form=form, draft=draft)


def _day(form: Form, name: str) -> date | None:
    try:
        return date.fromisoformat(form.text(name, longest=10))
    except ValueError:
        form.wrong(name, _("A day such as 2026-11-03."))
        return None
