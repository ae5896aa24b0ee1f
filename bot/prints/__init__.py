"""印刷: codes as pictures and label sheets. Facts in, bytes out, each read back before it is handed out."""

from bot.errors import YizhanError


class Unreadable(YizhanError):
    """Our move: a finished picture does not lead where it should. `whose` names it."""

    def __init__(self, whose: str, what: str) -> None:
        super().__init__(f"{whose}: {what}")
        self.whose = whose


class BadLogo(YizhanError):
    """The sender's move: what was uploaded is no picture we print. `reason` is a constant word."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason
