"""The control API over HTTP: its parts, its guard, its errors."""

import flask
from werkzeug.exceptions import HTTPException

from simulator.control import (
    accounts,
    acts,
    broadcasts,
    desk_control,
    faults,
    guard,
    phone,
    rooms,
    traffic,
    travellers,
    watching,
    world,
)
from simulator.platform import Platform
from simulator.return_codes import Refused

PARTS = [world, accounts, travellers, acts, desk_control, broadcasts, watching, traffic, faults, rooms, phone]


def make_blueprint(platform: Platform, bound_host: str) -> flask.Blueprint:
    """Everything under `/sim`.  Access: this machine's own programs and pages, see `guard`."""
    control = flask.Blueprint("control", __name__, url_prefix="/sim")
    control.before_request(lambda: guard.check(bound_host))
    for part in PARTS:
        control.register_blueprint(part.make_blueprint(platform))

    @control.errorhandler(guard.Wrong)
    def wrong(error: guard.Wrong) -> flask.typing.ResponseReturnValue:
        return {"error": str(error)}, error.status

    @control.errorhandler(Refused)
    def refused(error: Refused) -> flask.typing.ResponseReturnValue:
        return {"error": f"the platform refuses: {error}", "errcode": error.code}, 409

    @control.errorhandler(ValueError)
    def mistaken(error: ValueError) -> flask.typing.ResponseReturnValue:
        return {"error": f"a value is of the wrong kind: {error}"}, 400

    @control.errorhandler(HTTPException)
    def http_error(error: HTTPException) -> flask.typing.ResponseReturnValue:
        return {"error": str(error.description)}, error.code or 500

    return control
