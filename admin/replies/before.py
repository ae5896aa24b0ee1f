"""What answers before any rule is asked, of everybody or of some; the handlers decide in the same order."""

import enum

from sqlalchemy.orm import Session

from bot.desk import desks
from bot.posters import asking
from bot.reach import opting
from bot.replies.models import Trigger
from bot.replies.trying import Question


class Before(enum.StrEnum):
    """The first two take the words of everybody; of the others whoever is meant is told on the page."""

    OPTING_OUT = "opting_out"
    DESK = "desk"
    OPTING_IN = "opting_in"
    POSTER = "poster"
    WELCOME = "welcome"

    @property
    def takes_all(self) -> bool:
        """Whether no rule is asked, whoever says it."""
        return self in {Before.OPTING_OUT, Before.DESK}


def before(session: Session, question: Question) -> Before | None:
    """Return what comes before the rules; None where they are asked first."""
    said, trigger = question.said, question.trigger
    if trigger is Trigger.FOLLOW:
        return Before.WELCOME
    if trigger is Trigger.KEYWORD and opting.is_out(said):
        return Before.OPTING_OUT
    if _desk_takes(session, question):
        return Before.DESK
    if trigger is Trigger.KEYWORD and opting.is_back(said):
        return Before.OPTING_IN
    is_poster = asking.is_word(said) if trigger is Trigger.KEYWORD else said == asking.KEY
    return Before.POSTER if is_poster and trigger is not Trigger.DEFAULT else None


def _desk_takes(session: Session, question: Question) -> bool:
    """Tell whether the desk takes this before any rule is asked: its words and buttons ask for a person."""
    account_id = question.account_id
    book = desks.load(session)
    if account_id is None or account_id not in book.staffed:
        return False
    holds = book.of(account_id, question.at.shop_id)
    if question.trigger is Trigger.EVENT_KEY:
        return question.said in holds.ask_keys
    return question.trigger is Trigger.KEYWORD and holds.is_asked_for(question.said)
