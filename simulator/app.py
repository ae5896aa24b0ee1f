"""The simulator as one web application: the only module that knows every face."""

import flask
from flask.json.provider import DefaultJSONProvider

from simulator import oauth_pages, pictures, sms_gateway, subscribe_pages
from simulator.api.gate import MAX_BODY
from simulator.api.http import add_api
from simulator.control import http as control
from simulator.faces import album, shell
from simulator.faces.browser import Browser
from simulator.platform import Platform


class Json(DefaultJSONProvider):
    """Chinese as Chinese, fields in the order they were written."""

    ensure_ascii = False
    sort_keys = False


def create_app(
    platform: Platform, bound_host: str = "127.0.0.1", browser: Browser | None = None
) -> flask.Flask:
    """Put the faces together: the platform's API, its pages, the control API."""
    app = flask.Flask(__name__)
    app.config["MAX_CONTENT_LENGTH"] = MAX_BODY
    app.json = Json(app)
    add_api(app, platform)
    app.register_blueprint(oauth_pages.make_blueprint(platform))
    app.register_blueprint(subscribe_pages.make_blueprint(platform))
    app.register_blueprint(sms_gateway.make_blueprint(platform))
    app.register_blueprint(pictures.make_blueprint(platform))
    app.register_blueprint(control.make_blueprint(platform, bound_host))
    browser = browser or Browser(platform)
    app.register_blueprint(album.make_blueprint(browser, bound_host))
    app.register_blueprint(shell.make_blueprint(platform, browser, bound_host))

    return app
