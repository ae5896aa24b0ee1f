"""Switching faults on and off."""

from dataclasses import asdict
from typing import Any

import flask

from simulator.control import asking
from simulator.control.guard import Wrong
from simulator.faults import KINDS
from simulator.platform import Platform


def make_blueprint(platform: Platform) -> flask.Blueprint:
    """The faults that are on, and the kinds there are."""
    views = flask.Blueprint("faults", __name__)

    @views.get("/faults")
    def faults() -> dict[str, Any]:
        return {"faults": [asdict(each) for each in platform.faults.all()], "kinds": KINDS}

    @views.post("/faults")
    def add_fault() -> dict[str, Any]:
        """Switch a fault on."""
        facts = asking.body()
        if facts.get("account"):
            facts["account"] = asking.account(platform, facts["account"]).app_id
        try:
            fault = platform.faults.add(facts)
        except ValueError as error:
            raise Wrong(str(error)) from error
        return {"fault": asdict(fault)}

    @views.delete("/faults")
    def clear_faults() -> dict[str, Any]:
        return {"removed": platform.faults.remove()}

    @views.delete("/faults/<int:number>")
    def remove_fault(number: int) -> dict[str, Any]:
        if not platform.faults.remove(number):
            raise Wrong(f"no fault has the number {number}", 404)
        return {"removed": 1}

    return views
