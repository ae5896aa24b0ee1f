"""The page on which a traveller allows one message: one-time subscription (protocol §7.3)."""

from urllib.parse import urlencode, urlsplit

import flask

from simulator.platform import Platform
from simulator.world import abilities


def make_blueprint(platform: Platform) -> flask.Blueprint:
    """`/mp/subscribemsg`.  Open to anybody: it plays the traveller's own phone."""
    pages = flask.Blueprint("subscribe", __name__)

    @pages.route("/mp/subscribemsg", methods=["GET", "POST"])
    def subscribe() -> flask.typing.ResponseReturnValue:
        """Ask, and redirect with the answer."""
        query = flask.request.args
        scene = query.get("scene", "")
        target = urlsplit(query.get("redirect_url", ""))
        with platform.lock:
            account = platform.state.accounts.get(query.get("appid", ""))
            if account is None or not abilities.allows(account, "one-time subscription", platform.settings):
                flask.abort(404)
            if not scene.isdecimal() or int(scene) > 10_000 or len(query.get("reserved", "")) > 128:
                flask.abort(400)
            if account.oauth_domain not in (target.hostname, target.netloc):
                flask.abort(400)
            if flask.request.method == "GET":
                people = list(platform.state.travellers.values())
                return flask.render_template("subscribe_once.html", account=account, travellers=people)
            traveller = platform.state.travellers.get(flask.request.form.get("traveller", ""))
            if traveller is None:
                flask.abort(400)
            fan = account.fan(traveller.id)
            action = "confirm" if flask.request.form.get("decision") == "allow" else "cancel"
            if action == "confirm":
                fan.grants[f"{query.get('template_id', '')}#{scene}"] = 1
            platform.touch()
        answer = {name: query.get(name, "") for name in ("template_id", "scene", "reserved")}
        added = urlencode({"openid": fan.openid, "action": action, **answer})
        whole = target._replace(query=f"{target.query}&{added}" if target.query else added)
        return flask.redirect(whole.geturl())

    return pages
