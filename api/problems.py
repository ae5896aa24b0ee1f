"""What the API answers when it does not do it: a status, a code for programs, a text for people."""

from typing import Any

from flask.typing import ResponseReturnValue


class Problem(Exception):
    """Ends a request with an answer. Nothing was changed."""

    def __init__(self, status: int, code: str, message: str, *, field: str = "") -> None:
        super().__init__(code)
        self.status = status
        self.code = code
        self.message = message
        self.field = field

    def said(self) -> dict[str, Any]:
        """Return the problem as the document describes it."""
        return {"code": self.code, "message": self.message, "field": self.field}


def answer(problem: Problem) -> ResponseReturnValue:
    """Return the response of a problem."""
    headers = {"Retry-After": "2"} if problem.status == 503 else {}
    return {"error": problem.said()}, problem.status, headers
