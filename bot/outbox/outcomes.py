"""How a job may end other than by returning."""

from bot.errors import YizhanError


class Pointless(YizhanError):
    """Nothing is left to do, for a reason worth keeping: the promise is done, with the reason beside it."""
