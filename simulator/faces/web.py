"""The second port: the pages of bots as the phone's browser shows them (see `browser`)."""

import base64
import binascii
from pathlib import Path
from urllib.parse import urlsplit

import flask

from simulator.faces import js_sdk
from simulator.faces.browser import GO, WEB, Browser, asked_path
from simulator.faces.passage import Passage


def create_app(browser: Browser) -> flask.Flask:
    """The second port.  Access: whoever holds a token; without one nothing is there but two scripts."""
    app = flask.Flask(__name__, static_folder=None)
    methods = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"]

    @app.get("/phone/in-page/<name>")
    def script(name: str) -> flask.Response:
        response = flask.send_from_directory(Path(__file__).parent / "static" / "in_page", name)
        response.headers["Cache-Control"] = "no-cache"
        return response

    @app.route(f"{WEB}<token>/", defaults={"path": ""}, methods=methods)
    @app.route(f"{WEB}<token>/<path:path>", methods=methods)
    def web(token: str, path: str) -> flask.typing.ResponseReturnValue:
        del path  # the raw one is taken from the request, with its escapes
        visit = browser.visit(token)
        if visit is None:
            return flask.Response("这个页面已经关闭，请回到聊天重新打开。", 410, mimetype="text/plain")
        return Passage(browser, token, visit).go()

    @app.route(f"{GO}<token>/<encoded>", methods=methods)
    def elsewhere(token: str, encoded: str) -> flask.typing.ResponseReturnValue:
        """Another site: only by navigation, so that pages cannot read each other."""
        visit = browser.visit(token)
        if visit is None or flask.request.headers.get("Sec-Fetch-Mode", "navigate") != "navigate":
            flask.abort(403)
        try:
            url = base64.urlsafe_b64decode(encoded).decode()
        except (binascii.Error, UnicodeDecodeError):
            flask.abort(404)
        query = flask.request.query_string.decode("latin-1")
        if query:
            url = urlsplit(url)._replace(query=query, fragment="").geturl()
        return flask.redirect(browser.open(visit.traveller, url), 307)

    _add_config(app, browser)

    @app.errorhandler(404)
    def from_root(error: Exception) -> flask.typing.ResponseReturnValue:
        """Find the site that an address from the root belongs to by the page that named it."""
        referrer = urlsplit(flask.request.headers.get("Referer", ""))
        token = referrer.path.removeprefix(WEB).partition("/")[0]
        if not referrer.path.startswith(WEB) or referrer.netloc != flask.request.host:
            return flask.Response(str(error), 404, mimetype="text/plain")
        return flask.redirect(f"{WEB}{token}{asked_path()}", 307)

    return app


def _add_config(app: flask.Flask, browser: Browser) -> None:
    @app.post("/phone/js/<token>/config")
    def config(token: str) -> flask.typing.ResponseReturnValue:
        """Whether a page's `wx.config` is right."""
        visit = browser.visit(token)
        if visit is None:
            flask.abort(404)
        facts = flask.request.get_json(silent=True)
        problem = js_sdk.problem(
            browser.platform, visit.origin, facts if isinstance(facts, dict) else {}, snapshot=visit.snapshot
        )
        return {"errMsg": f"config:{problem or 'ok'}"}
