"""Reading what a control request names: accounts, travellers, numbers; each error says the remedy."""

from typing import Any

import flask

from simulator.control.guard import Wrong
from simulator.platform import Platform
from simulator.world.accounts import Account
from simulator.world.fans import Fan
from simulator.world.people import Traveller


def body() -> dict[str, Any]:
    """The JSON object that was sent; an empty body is an empty object."""
    if not flask.request.get_data():
        return {}
    facts = flask.request.get_json(silent=True)
    if not isinstance(facts, dict):
        raise Wrong("the body must be a JSON object")
    return facts


def text(facts: dict[str, Any], name: str) -> str:
    """A text field that must be there."""
    value = facts.get(name)
    if not isinstance(value, str) or not value:
        raise Wrong(f"say {name} (text)")
    return value


def number(facts: dict[str, Any], name: str, default: int | None = None) -> int:
    """A whole number."""
    value = facts.get(name, default)
    if not isinstance(value, int) or isinstance(value, bool):
        raise Wrong(f"say {name} (a whole number)")
    return value


def account(platform: Platform, name: Any) -> Account:
    """The account named by app id or name; when there is only one, it need not be named."""
    accounts = list(platform.state.accounts.values())
    if not name and len(accounts) == 1:
        return accounts[0]
    found = platform.account(str(name or ""))
    if found is None:
        known = ", ".join(each.app_id for each in accounts) or "none yet: PUT /sim/accounts/<app_id>"
        raise Wrong(f"no account {name!r}; there are: {known}", 404)
    return found


def traveller(platform: Platform, number: str) -> Traveller:
    """The traveller of that id."""
    found = platform.state.travellers.get(number)
    if found is None:
        raise Wrong(f"no traveller {number!r}; POST /sim/travellers makes one", 404)
    return found


def fan(platform: Platform, owner: Account, named: str) -> Fan:
    """The fan named by traveller id or OpenID."""
    if named in owner.fans:
        return owner.fans[named]
    return owner.fan(traveller(platform, named).id)
