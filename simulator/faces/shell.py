"""Serves the pages of the faces and their static files.

The pages hold no data: they call `/sim/…` like any other program on this machine, and share one
strict content policy.  A static address carries a version made from the files themselves, so it
may be cached for ever; imports between modules are relative and inherit it.
"""

import hashlib
from pathlib import Path
from urllib.parse import urlsplit

import flask
from jinja2 import TemplateNotFound

from simulator.control import guard
from simulator.faces.browser import Browser
from simulator.platform import Platform

PAGES = {"phone": "phone.html", "desk": "desk.html", "control": "control.html"}
STATIC = Path(__file__).parent / "static"
YEAR = 365 * 86_400

POLICY = {
    "default-src": "'none'",
    "script-src": "'self'",
    "style-src": "'self'",
    # Pictures in messages lie wherever the bot keeps them, as on a real phone.
    "img-src": "'self' data: blob: http: https:",
    "media-src": "'self' data: blob: http: https:",
    "connect-src": "'self'",
    "form-action": "'none'",
    "base-uri": "'none'",
    "frame-ancestors": "'none'",
}


def make_blueprint(platform: Platform, browser: Browser, bound_host: str) -> flask.Blueprint:
    """The pages.  Access: whoever may use the control API may see them, see `guard`."""
    views = flask.Blueprint("faces", __name__, template_folder="templates")
    views.before_request(lambda: guard.check(bound_host))

    @views.get("/")
    def entrance() -> flask.typing.ResponseReturnValue:
        return flask.redirect("/phone")

    for name, template in PAGES.items():
        views.add_url_rule(f"/{name}", name, _page(platform, browser, name, template))

    @views.get("/faces/<version>/<path:name>")
    def static(version: str, name: str) -> flask.Response:
        """A file of the faces; only the current version may be kept by the browser."""
        response = flask.send_from_directory(STATIC, name, max_age=YEAR, etag=True)
        if version == current_version():
            response.headers["Cache-Control"] = f"public, max-age={YEAR}, immutable"
        else:
            response.headers["Cache-Control"] = "no-cache"
        response.headers["X-Content-Type-Options"] = "nosniff"
        return response

    @views.errorhandler(guard.Wrong)
    def wrong(error: guard.Wrong) -> flask.typing.ResponseReturnValue:
        return flask.Response(str(error), error.status, mimetype="text/plain")

    return views


def _page(platform: Platform, browser: Browser, name: str, template: str) -> flask.typing.RouteCallable:
    def show() -> flask.Response:
        version = current_version()
        try:
            page = flask.render_template(
                template, face=name, asset=lambda path: f"/faces/{version}/{path}", now=platform.now()
            )
        except TemplateNotFound:
            flask.abort(404, f"the face {name} is not part of this installation")
        response = flask.Response(page, mimetype="text/html")
        response.headers |= {
            "Content-Security-Policy": policy(frame_src=_frames(browser)),
            "Cache-Control": "no-store",
            "Referrer-Policy": "no-referrer",
            "X-Content-Type-Options": "nosniff",
        }
        return response

    return show


def _frames(browser: Browser) -> str:
    """The origin of the pages inside the phone: the host this page was asked from, another port."""
    host = urlsplit(f"//{flask.request.host}").hostname or "127.0.0.1"
    return f"http://{f'[{host}]' if ':' in host else host}:{browser.port}" if browser.port else "'none'"


def policy(**more: str) -> str:
    """The content policy as a header; `more` replaces or adds directives, with _ for -."""
    rules = POLICY | {name.replace("_", "-"): value for name, value in more.items()}
    return "; ".join(f"{name} {value}" for name, value in rules.items())


def current_version() -> str:
    """A name for the static files as they are now."""
    digest = hashlib.sha256()
    for path in sorted(STATIC.rglob("*")):
        if path.is_file():
            facts = path.stat()
            digest.update(f"{path.relative_to(STATIC)} {facts.st_size} {facts.st_mtime_ns}\n".encode())
    return digest.hexdigest()[:12]
