"""What is answered where there is no page, or not for this method: no blueprint sees to those."""

from flask import Flask, Response
from werkzeug.exceptions import HTTPException, MethodNotAllowed, NotFound

WORDS = "这里没有页面。  There is nothing here.\n"
HEADERS = {
    "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
}


def register(app: Flask) -> None:
    """Answer in a line, with headers that let nothing be made of it; pages' own headers stay as they are."""
    # For all of them and not by their numbers, which Flask would ask before the blueprints' own.
    app.register_error_handler(HTTPException, _nothing)
    app.after_request(_seal)


def _nothing(error: HTTPException) -> Response | HTTPException:
    if not isinstance(error, NotFound | MethodNotAllowed):
        return error
    answer = Response(WORDS, error.code, mimetype="text/plain")
    if isinstance(error, MethodNotAllowed) and error.valid_methods:
        answer.headers["Allow"] = ", ".join(sorted(error.valid_methods))
    return answer


def _seal(answer: Response) -> Response:
    for name, value in HEADERS.items():
        answer.headers.setdefault(name, value)
    return answer
