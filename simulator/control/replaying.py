"""Records of the traffic log as something to paste: a curl command, a test payload.

A command is sealed and signed anew when it is asked for, so that it works although the
log keeps no secrets and messages only in plain.
"""

import json
import re
import shlex
from typing import Any
from urllib.parse import urlencode

from simulator import xml
from simulator.control.guard import Wrong
from simulator.platform import Platform
from simulator.push.delivery import Address, Damage, seal
from simulator.traffic import SECRETS
from simulator.world.accounts import Account

CUT = re.compile(r"… \(\d+ characters\)$")
PIECES = re.compile(r"<!\[CDATA\[.*?\]\]>|<[^!<>]+>|[^<]+", re.DOTALL)
GIST = ("Content", "EventKey", "Label", "Title", "Recognition", "Status", "KfAccount", "Ticket")
CURL = "curl -sS --globoff --max-time 10"


def push_as_curl(platform: Platform, record: dict[str, Any]) -> str:
    """The command that delivers this push once more to where pushes go now; empty when it cannot be."""
    account = platform.state.accounts.get(record["account"])
    if account is None or not account.url or CUT.search(record["body"]):
        return ""
    address = Address.of(account)
    sealed = seal(address, record["body"], record["openid"], platform.settings, Damage())
    joined = f"{address.url}{'&' if '?' in address.url else '?'}{urlencode(sealed.query)}"
    return _command(shlex.quote(joined), "text/xml", sealed.body)


def call_as_curl(platform: Platform, record: dict[str, Any]) -> str:
    """The command that makes this call once more, with a token that is valid now; empty when it cannot be."""
    account = platform.state.accounts.get(record["account"])
    body = record["body"]
    if CUT.search(body) or body.startswith("(not logged"):
        return ""
    query, prelude = dict(record["query"]), ""
    for name, value in query.items():
        if name in SECRETS and value.endswith("…"):
            query[name] = _secret(platform, account, name)
    url = platform.base_url + record["path"]
    if query.get("access_token") == "$ACCESS_TOKEN":
        prelude = _fetch_token(platform, account) if account else ""
        del query["access_token"]
        begun = f"{url}?{urlencode({**query, 'access_token': ''})}"
        target = f'{shlex.quote(begun)}"$ACCESS_TOKEN"'
    else:
        target = shlex.quote(f"{url}?{urlencode(query)}" if query else url)
    if record["method"] == "GET":
        return f"{prelude}{CURL} {target}"
    if re.match(r"\w+: .* \(\d+ bytes\)", body):
        field, _, rest = body.partition(": ")
        filename = rest.rpartition(" (")[0]
        return f"{prelude}{CURL} {target} \\\n  -F {shlex.quote(f'{field}=@{filename}')}"
    return prelude + _command(target, "application/json", _with_secrets(body, account))


def as_payload(body: str) -> str:
    """The message with a line for each node, as files of test payloads have it."""
    lines: list[str] = []
    depth, opened = 0, False
    for piece in PIECES.findall(body):
        if piece.startswith("</"):
            depth -= 1
            if opened:
                lines[-1] += piece
            else:
                lines.append("  " * max(depth - 1, 0) + piece)
            opened = False
        elif piece.startswith("<") and not piece.startswith("<!"):
            lines.append("  " * max(depth - 1, 0) + piece)
            depth, opened = depth + 1, True
        elif lines and opened:
            lines[-1] += piece
    return "\n".join(lines) + "\n"


def gist(body: str) -> str:
    """What a push says, in one line."""
    try:
        fields = xml.parse(body)
    except xml.NotXML:
        return ""
    said = [value for name in GIST if isinstance(value := fields.get(name), str) and value]
    return " · ".join(said).replace("\n", " ")


def gist_of_call(record: dict[str, Any]) -> tuple[str, str]:
    """Whom a call is about (an OpenID, or nothing) and what it says, in one line."""
    query = {name: value for name, value in record["query"].items() if name not in SECRETS}
    try:
        fields = json.loads(record["body"] or "{}")
    except ValueError:
        return str(query.get("openid", "")), record["body"]
    if not isinstance(fields, dict):
        return "", record["body"]
    openid = next(
        (str(each[name]) for each in (fields, query) for name in ("touser", "openid") if name in each), ""
    )
    content = fields.get(str(fields.get("msgtype")))
    if isinstance(content, dict):
        said = content.get("content") or content.get("title") or content.get("head_content")
        return openid, str(said or f"[{fields['msgtype']}]").replace("\n", " ")
    rest = {
        name: value
        for name, value in {**query, **fields}.items()
        if name not in ("touser", "openid", "grant_type", "appid")
    }
    return openid, json.dumps(rest, ensure_ascii=False) if rest else ""


def _command(target: str, content_type: str, body: str) -> str:
    # --data-raw, because --data would read a file if a text began with @.
    return f"{CURL} {target} -H 'Content-Type: {content_type}' \\\n  --data-raw {shlex.quote(body)}"


def _secret(platform: Platform, account: Account | None, name: str) -> str:
    if account is None:
        return f"<{name}>"
    if name in ("secret", "appsecret"):
        return account.app_secret
    if name != "access_token":
        return f"<{name}>"
    now = platform.now()
    for each in (account.tokens.stable, account.tokens.plain):
        if each is not None and now < each.expires:
            return each.value
    return "$ACCESS_TOKEN"


def _with_secrets(body: str, account: Account | None) -> str:
    if account is None or not any(f'"{name}"' in body for name in ("secret", "appsecret")):
        return body
    try:
        fields = json.loads(body)
    except ValueError as error:
        raise Wrong("the body of this call was no JSON", 409) from error
    for name in ("secret", "appsecret"):
        if str(fields.get(name, "")).endswith("…"):
            fields[name] = account.app_secret
    return json.dumps(fields, ensure_ascii=False)


def _fetch_token(platform: Platform, account: Account) -> str:
    wanted = {"grant_type": "client_credential", "appid": account.app_id, "secret": account.app_secret}
    url = shlex.quote(f"{platform.base_url}/cgi-bin/stable_token")
    finder = r"""sed -n 's/.*"access_token":"\([^"]*\)".*/\1/p'"""
    return f"ACCESS_TOKEN=$({CURL} {url} --data-raw {shlex.quote(json.dumps(wanted))} | {finder})\n"
