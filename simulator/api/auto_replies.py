"""Reading the replies of the console. They are set there and nowhere else."""

from simulator.api.gate import Answer, Call, Calls
from simulator.world import auto_replies

calls = Calls()


@calls.get("/cgi-bin/get_current_autoreply_info", bare=True)
def read(call: Call) -> Answer:
    """The replies on follow, by default and by keyword; any account may ask."""
    return auto_replies.answer(call.account.console_replies)
