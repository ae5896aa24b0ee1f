"""Mass messages and publications seen from the console: what is under way, and how it ends."""

from dataclasses import asdict
from typing import Any

import flask

from simulator.control import asking
from simulator.control.guard import Wrong
from simulator.jobs import end_broadcast
from simulator.platform import Platform

OUTCOMES = range(7)  # publish_status (protocol §8.6)


def make_blueprint(platform: Platform) -> flask.Blueprint:
    """The admin's half of mass sending and publishing."""
    views = flask.Blueprint("broadcasts", __name__)

    @views.get("/broadcasts")
    def broadcasts() -> dict[str, Any]:
        """Every mass message of an account."""
        with platform.lock:
            account = asking.account(platform, flask.request.args.get("account"))
            return {"broadcasts": [asdict(each) for each in account.broadcasts.values()]}

    @views.post("/broadcasts/<int:msg_id>")
    def decide(msg_id: int) -> dict[str, Any]:
        """Confirm (`confirm` true or false), or end with an `outcome` such as `err(20001)`, at once."""
        facts = asking.body()
        with platform.lock:
            account = asking.account(platform, facts.get("account"))
            broadcast = account.broadcasts.get(msg_id)
            if broadcast is None or broadcast.status != "SENDING":
                raise Wrong("no mass message of that number is under way", 409)
            broadcast.confirmed = facts.get("confirm") is not False
            refused = "" if broadcast.confirmed else "err(40001)"
            broadcast.outcome = str(facts.get("outcome") or refused)
            end_broadcast(platform, account, {"msg_id": msg_id})
            platform.touch()
            return asdict(broadcast)

    @views.post("/publications")
    def next_publication() -> dict[str, Any]:
        """Decide how the next publication ends: `outcome` is its publish_status, 0 is success."""
        facts = asking.body()
        outcome = asking.number(facts, "outcome")
        if outcome not in OUTCOMES or outcome == 1:
            raise Wrong("outcome is 0, or 2 to 6")
        with platform.lock:
            asking.account(platform, facts.get("account")).publications.next_outcome = outcome
            platform.touch()
        return {"ok": True}

    return views
