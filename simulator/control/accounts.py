"""Official accounts as their owners configure them."""

from typing import Any

import flask

from simulator.control import asking
from simulator.control.guard import Wrong
from simulator.platform import Platform
from simulator.push.delivery import Address
from simulator.world import auto_replies
from simulator.world.accounts import Account, configuration, configure


def make_blueprint(platform: Platform) -> flask.Blueprint:
    """What is configured, and whether the server address works."""
    views = flask.Blueprint("accounts", __name__)

    @views.get("/accounts")
    def accounts() -> dict[str, Any]:
        with platform.lock:
            return {"accounts": [_shown(each) for each in platform.state.accounts.values()]}

    @views.get("/accounts/<name>")
    def account(name: str) -> dict[str, Any]:
        with platform.lock:
            return _shown(asking.account(platform, name))

    @views.put("/accounts/<app_id>")
    def put_account(app_id: str) -> dict[str, Any]:
        """Make an account or change one."""
        facts = asking.body()
        with platform.lock:
            found = platform.state.accounts.get(app_id)
            made = found or Account(app_id)
            try:
                configure(made, facts)
            except ValueError as error:
                raise Wrong(str(error)) from error
            platform.state.accounts[app_id] = made
            platform.events.publish("account", account=summary(made))
            platform.touch()
            return _shown(made)

    @views.delete("/accounts/<name>")
    def delete_account(name: str) -> dict[str, Any]:
        with platform.lock:
            del platform.state.accounts[asking.account(platform, name).app_id]
            platform.touch()
        return {"ok": True}

    @views.post("/accounts/<name>/verify-url")
    def verify(name: str) -> dict[str, Any]:
        """Check the account's server address as WeChat's console does when it is saved."""
        with platform.lock:
            address = Address.of(asking.account(platform, name))
        if not address.url:
            raise Wrong("the account has no url to check; PUT it first", 409)
        problem = platform.courier.verify(address)
        return {"ok": not problem, "problem": problem}

    _add_console(views, platform)
    return views


def _add_console(views: flask.Blueprint, platform: Platform) -> None:
    @views.get("/accounts/<name>/auto-replies")
    def console_replies(name: str) -> dict[str, Any]:
        with platform.lock:
            return auto_replies.answer(asking.account(platform, name).console_replies)

    @views.put("/accounts/<name>/auto-replies")
    def put_console_replies(name: str) -> dict[str, Any]:
        """Set what the account's console answers, as `get_current_autoreply_info` gives it."""
        with platform.lock:
            owner = asking.account(platform, name)
            try:
                owner.console_replies = auto_replies.checked(asking.body())
            except ValueError as error:
                raise Wrong(str(error)) from error
            platform.touch()
            return auto_replies.answer(owner.console_replies)


def summary(account: Account) -> dict[str, Any]:
    """An account in short."""
    return {
        "app_id": account.app_id,
        "name": account.name,
        "kind": account.kind,
        "verified": account.verified,
        "followers": sum(each.subscribed for each in account.fans.values()),
        "codes": len(account.codes),
    }


def _shown(account: Account) -> dict[str, Any]:
    tags = [{"id": number, "name": name} for number, name in account.tags.items()]
    return {**configuration(account), **summary(account), "tags": tags}
