"""A traveller has no more offers sent, or has them sent again."""

from bot.reach import opting, standings
from bot.router import Incoming
from bot.wechat.replies import Reply, Text


def by_word(incoming: Incoming, said: str) -> Reply | None:
    """Do what the word asks for and say so; None for any other word.

    Who never opted out and says 恢复 means something else.
    """
    session, fan = incoming.work.session, incoming.fan
    if opting.is_out(said):
        how = standings.BY_WORD
        standings.opt_out(session, fan_id=fan.id, member_id=fan.member_id, how=how, now=incoming.now)
        incoming.answered_by = "opting"
        return Text(opting.OPTED_OUT)
    if opting.is_back(said) and standings.opt_in(
        session, fan_id=fan.id, member_id=fan.member_id, now=incoming.now
    ):
        incoming.answered_by = "opting"
        return Text(opting.WELCOME_BACK)
    return None
