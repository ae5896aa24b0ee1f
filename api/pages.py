"""Putting the API into the application."""

import logging
from typing import TYPE_CHECKING

from flask import Blueprint, Flask, Response
from flask.typing import ResponseReturnValue
from sqlalchemy.exc import DBAPIError
from werkzeug.exceptions import HTTPException

from api import coupons, happenings, holds, members, purchases
from api.document import DOCUMENT
from api.guard import admit
from api.problems import Problem, answer
from bot.db.database import is_passing

if TYPE_CHECKING:
    from bot.runtime import Runtime

log = logging.getLogger(__name__)
PREFIX = "/api/v1"
PAGES = (members.pages, purchases.pages, holds.pages, coupons.pages, happenings.pages)
METHODS = ["GET", "POST", "PUT", "PATCH", "DELETE"]


def register(app: Flask, runtime: "Runtime") -> None:
    """Add the API to `app`. Every address but the document's wants a till's signature (`api.guard`)."""
    app.extensions["yizhan"] = runtime
    api = Blueprint("api", __name__, url_prefix=PREFIX)
    for pages in PAGES:
        api.register_blueprint(pages)
    api.add_url_rule("/openapi.json", endpoint="openapi", view_func=_document)
    api.add_url_rule("/<path:rest>", endpoint="rest", view_func=_nothing_here, methods=METHODS)
    api.before_request(admit)
    api.after_request(_seal)
    api.register_error_handler(Problem, answer)
    api.register_error_handler(HTTPException, _problem)
    api.register_error_handler(DBAPIError, _busy)
    api.register_error_handler(Exception, _bug)
    app.register_blueprint(api)


def _document() -> ResponseReturnValue:
    """Return the OpenAPI document. Open to everyone: it says how to ask, and nothing of anybody."""
    return DOCUMENT


def _nothing_here(rest: str) -> ResponseReturnValue:
    if f"/{rest}" in DOCUMENT["paths"]:
        raise Problem(405, "method_not_allowed", "this address is not asked so; see /api/v1/openapi.json")
    raise Problem(404, "nothing_here", "there is no such address; see /api/v1/openapi.json")


def _seal(response: Response) -> Response:
    response.headers["Cache-Control"] = "no-store"
    response.headers["X-Content-Type-Options"] = "nosniff"
    return response


def _problem(error: HTTPException) -> ResponseReturnValue:
    code = (error.name or "problem").lower().replace(" ", "_")
    return answer(Problem(error.code or 500, code, error.description or ""))


def _busy(error: DBAPIError) -> ResponseReturnValue:
    if not is_passing(error):
        return _bug(error)
    return answer(Problem(503, "busy", "the database is busy; send the same again in a moment"))


def _bug(error: Exception) -> ResponseReturnValue:
    log.error("api request failed", exc_info=error)
    return answer(Problem(500, "failed", "this went wrong on our side; send the same again later"))
