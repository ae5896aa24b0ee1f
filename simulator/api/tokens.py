"""Tokens, addresses, quotas, tickets (protocol §2)."""

import json
import re
from typing import Any

from simulator.api.gate import Answer, Call, Calls
from simulator.return_codes import Refused
from simulator.world.accounts import Account
from simulator.world.quotas import limit_of

calls = Calls()
ADDRESSES = {"ip_list": ["127.0.0.1", "127.0.0.0/8"]}
RID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{8}-[0-9a-f]{8}")
RID_SECONDS = 7 * 86_400


@calls.get("/cgi-bin/token", None, bare=True)
def token(call: Call) -> Answer:
    """A new plain token; the one before lives on for five minutes (protocol §2.1)."""
    account = credentials(call, call.query)
    made = account.tokens.issue(call.now, call.settings)
    return {"access_token": made.value, "expires_in": int(made.expires - call.now)}


@calls.post("/cgi-bin/stable_token", None, bare=True)
def stable_token(call: Call) -> Answer:
    """The stable token (protocol §2.2)."""
    account = credentials(call, call.body)
    made = account.tokens.issue_stable(call.now, call.settings, force=call.body.get("force_refresh") is True)
    return {"access_token": made.value, "expires_in": int(made.expires - call.now)}


def credentials(call: Call, given: Any) -> Account:
    """The account whose id and secret were given, calling from an allowed address, within its quota."""
    if given.get("grant_type") != "client_credential":
        raise Refused(40002)
    account = _authenticated(call, given, "secret")
    ip = call.request.client_ip
    if account.ip_whitelist and ip not in account.ip_whitelist:
        code = call.settings.ip_refusal_code
        raise Refused(code, f"invalid ip {ip} ipv6 ::ffff:{ip}, not in whitelist")
    account.usage.count(call.request.path, call.now, call.settings)
    return account


def _authenticated(call: Call, given: Any, secret_name: str) -> Account:
    app_id, secret = given.get("appid"), given.get(secret_name)
    if not app_id:
        raise Refused(41002)
    if not secret:
        raise Refused(41004)
    account = call.platform.state.accounts.get(str(app_id))
    if account is None:
        raise Refused(40013)
    if account.secret_frozen:
        raise Refused(40243)
    if secret != account.app_secret:
        raise Refused(40125)
    return account


@calls.get("/cgi-bin/getcallbackip", bare=True)
def callback_ips(_: Call) -> Answer:
    """Where pushes come from."""
    return ADDRESSES


@calls.get("/cgi-bin/get_api_domain_ip", bare=True)
def api_ips(_: Call) -> Answer:
    """Where the API lives."""
    return ADDRESSES


@calls.post("/cgi-bin/callback/check", bare=True)
def network_check(call: Call) -> Answer:
    """WeChat's look at the way to the bot's server (protocol §2.4)."""
    action = call.body.get("action")
    operator = call.body.get("check_operator", "DEFAULT")
    if action not in ("all", "dns", "ping") or operator not in ("DEFAULT", "CHINANET", "UNICOM", "CAP"):
        raise Refused(40035)
    ping = {"ip": "127.0.0.1", "from_operator": "UNICOM", "package_loss": "0%", "time": "0.1ms"}
    answer: dict[str, Any] = {"dns": [{"ip": "127.0.0.1", "real_operator": "UNICOM"}], "ping": [ping]}
    return answer if action == "all" else {str(action): answer[str(action)]}


@calls.get("/cgi-bin/ticket/getticket")
def ticket(call: Call) -> Answer:
    """The ticket that signs web pages (protocol §2.6)."""
    kind = call.query.get("type", "")
    if kind not in ("jsapi", "wx_card"):
        raise Refused(40035)
    made = call.account.tokens.ticket(kind, call.now, call.settings)
    return {"ticket": made.value, "expires_in": int(made.expires - call.now)}


@calls.post("/cgi-bin/clear_quota")
def clear_quota(call: Call) -> Answer:
    """Zero all counters of the day (protocol §2.5)."""
    if call.body.get("appid") != call.account.app_id:
        raise Refused(40013)
    call.account.usage.clear(call.now)
    return None


@calls.upload("/cgi-bin/clear_quota/v2", None)
def clear_quota_by_secret(call: Call) -> Answer:
    """The same without a token; id and secret in the query or the body."""
    given = {**call.query, **json_or_form(call)}
    account = _authenticated(call, given, "appsecret")
    account.usage.clear(call.now)
    return None


@calls.post("/cgi-bin/openapi/quota/get")
def quota(call: Call) -> Answer:
    """How much of a call's daily limit is used."""
    path = _queried_path(call)
    read = call.account.usage.read(path, call.now, call.settings)
    per_minute = {"call_count": limit_of(path, call.settings) // 60, "refresh_second": 60}
    return {"quota": read, "rate_limit": per_minute, "component_rate_limit": per_minute}


@calls.post("/cgi-bin/openapi/quota/clear")
def clear_one_quota(call: Call) -> Answer:
    """Zero one counter."""
    call.account.usage.clear(call.now, _queried_path(call))
    return None


@calls.post("/cgi-bin/openapi/rid/get")
def request_by_rid(call: Call) -> Answer:
    """What a refused request looked like, for seven days."""
    rid = str(call.body.get("rid", ""))
    if not RID.fullmatch(rid):
        raise Refused(76002)
    found = call.platform.traffic.calls.read(limit=1, rid=rid)
    if not found:
        raise Refused(76001)
    record = found[0]
    if record["account"] != call.account.app_id:
        raise Refused(76003)
    if call.now - record["time"] > RID_SECONDS:
        raise Refused(76004)
    return {
        "request": {
            "invoke_time": int(record["time"]),
            "cost_in_ms": int(record["ms"]),
            "request_url": record["url"],
            "request_body": record["body"],
            "response_body": record["answer"],
            "client_ip": record["client_ip"],
        }
    }


def json_or_form(call: Call) -> dict[str, Any]:
    """The body as fields, whichever of the two shapes it has."""
    if call.request.form:
        return dict(call.request.form)
    try:
        body = json.loads(call.request.body or b"{}")
    except ValueError as error:
        raise Refused(47001) from error
    return body if isinstance(body, dict) else {}


def _queried_path(call: Call) -> str:
    path = call.body.get("cgi_path")
    if not isinstance(path, str) or not path.startswith("/"):
        raise Refused(76003)
    if path.startswith("/sns/"):
        raise Refused(76022)
    if path not in call.platform.api_paths:
        raise Refused(76021)
    return path
