"""The platform's API over HTTP: find the call, let faults strike, answer as WeChat does, log it."""

import contextlib
import json
import logging
import socket
import time
from typing import Any

import flask

from simulator.api import ROUTES, call_log
from simulator.api.gate import Raw, Request, Route, Upload, perform
from simulator.faults import Fault
from simulator.platform import Platform
from simulator.return_codes import MESSAGES, Refused, answer_of, new_rid
from simulator.web_server import CONNECTION

log = logging.getLogger(__name__)
BAD_GATEWAY = "<html><head><title>{0}</title></head><body><center><h1>{0}</h1></center></body></html>"


def add_api(app: flask.Flask, platform: Platform) -> None:
    """Serve every call of `ROUTES`; what none of them knows is HTTP 404."""
    platform.api_paths = frozenset(ROUTES)

    def serve() -> flask.Response:
        path = flask.request.path
        route = ROUTES["/mmbiz/<blob>"] if path.startswith("/mmbiz/") else ROUTES[path]
        return _serve(platform, route)

    for number, path in enumerate(ROUTES):
        rule = path if "<" not in path else path.replace("<", "<path:")
        app.add_url_rule(
            rule,
            f"api{number}",
            lambda **_: serve(),
            methods=["GET", "POST", "PUT", "DELETE"],
            provide_automatic_options=False,
        )


def _serve(platform: Platform, route: Route) -> flask.Response:
    began, rid = time.monotonic(), new_rid()
    request = _read_request()
    account = _account_of(platform, request)
    strike = platform.faults.strike
    if hang := strike("api_hang", account, request.path):
        time.sleep(hang.seconds or 10)
    if (broken := strike("api_http", account, request.path)) is not None:
        title = f"{broken.status} {'Bad Gateway' if broken.status == 502 else 'Error'}"
        answer: dict[str, Any] | Raw = Raw(BAD_GATEWAY.format(title).encode(), "text/html", broken.status)
    else:
        answer = _answer(platform, route, request, account, rid)
    call_log.note(platform, request, account, answer, rid=rid, began=began)
    if strike("api_answer_lost", account, request.path):
        _hang_up()
    return _respond(platform, answer)


def _answer(
    platform: Platform, route: Route, request: Request, account: str, rid: str
) -> dict[str, Any] | Raw:
    strike = platform.faults.strike
    try:
        if wrong := strike("api_error", account, request.path):
            raise _refusal(wrong, request)
        with platform.lock:
            if strike("api_token_revoked", account, request.path) and account in platform.state.accounts:
                platform.state.accounts[account].tokens.revoke()
            return perform(platform, route, request)
    except Refused as refused:
        return answer_of(refused, rid)
    except (AttributeError, TypeError, ValueError):
        # JSON of an unforeseen shape, such as a number where an object belongs; or our own mistake.
        log.warning("%s could not be performed", request.path, exc_info=True)
        return answer_of(Refused(47001), rid)


def _refusal(fault: Fault, request: Request) -> Refused:
    if fault.code in (40164, 61004):
        ip = request.client_ip
        return Refused(fault.code, f"invalid ip {ip} ipv6 ::ffff:{ip}, not in whitelist")
    return Refused(fault.code, MESSAGES.get(fault.code, "fault"))


def _read_request() -> Request:
    request = flask.request
    if request.mimetype == "multipart/form-data":
        files = {name: Upload(each.filename or "", each.read()) for name, each in request.files.items()}
        body = b""
    else:
        files, body = {}, request.get_data()
    form = {name: str(value) for name, value in request.form.items()}
    ip = request.remote_addr or ""
    return Request(request.method, request.path, dict(request.args), body, form, files, ip)


def _account_of(platform: Platform, request: Request) -> str:
    """The app id that seems to be calling, for faults and the log; empty when that cannot be told."""
    token = request.query.get("access_token", "")
    with platform.lock:
        for account in platform.state.accounts.values():
            if token and (account.tokens.owns(token) or token in account.grants.by_token):
                return account.app_id
    named = request.query.get("appid", "")
    if not named and b'"appid"' in request.body:
        with contextlib.suppress(ValueError, AttributeError):
            named = str(json.loads(request.body).get("appid", ""))
    return named if named in platform.state.accounts else ""


def _respond(platform: Platform, answer: dict[str, Any] | Raw) -> flask.Response:
    if isinstance(answer, Raw):
        response = flask.Response(answer.content, status=answer.status, content_type=answer.content_type)
        response.headers.update(answer.headers)
        return response
    text = json.dumps(answer, ensure_ascii=False, separators=(",", ":"))
    return flask.Response(text, content_type=platform.settings.json_content_type)


def _hang_up() -> None:
    """Drop the connection; the server then fails to write the answer."""
    connection = flask.request.environ.get(CONNECTION)
    if connection is not None:
        with contextlib.suppress(OSError):
            connection.shutdown(socket.SHUT_RDWR)
