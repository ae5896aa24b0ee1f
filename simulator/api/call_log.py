"""What the traffic log keeps of an API call: everything but secrets."""

import json
import time
from typing import Any
from urllib.parse import urlencode

from simulator.api.gate import Raw, Request
from simulator.platform import Platform
from simulator.traffic import redacted, shortened

ANSWERED_SECRETS = ("access_token", "refresh_token", "ticket")


def note(
    platform: Platform,
    request: Request,
    account: str,
    answer: dict[str, Any] | Raw,
    *,
    rid: str,
    began: float,
) -> None:
    """Log one call and tell the watchers; pictures are logged, but nobody is told of each."""
    found = platform.state.accounts.get(account)
    query = redacted(dict(request.query))
    record = platform.traffic.calls.add(
        {
            "time": platform.now(),
            "account": account,
            "account_name": found.name if found else "",
            "method": request.method,
            "path": request.path,
            "query": query,
            "url": f"{request.path}?{urlencode(query, safe='…')}" if query else request.path,
            "body": _body(request),
            **_answered(answer),
            "ms": round((time.monotonic() - began) * 1000, 2),
            "client_ip": request.client_ip,
            "rid": rid,
        }
    )
    if not request.path.startswith("/mmbiz/"):
        shown = {name: record[name] for name in record if name not in ("body", "answer", "query")}
        platform.events.publish("call", call=shown)


def _body(request: Request) -> str:
    if request.files:
        files = request.files.items()
        return ", ".join(f"{name}: {each.filename} ({len(each.content)} bytes)" for name, each in files)
    text = request.body.decode("utf-8", "replace")
    if '"secret"' in text or '"appsecret"' in text:
        try:
            fields = json.loads(text)
        except ValueError:
            return "(not logged: it may hold a secret)"
        hidden = redacted({name: value for name, value in fields.items() if isinstance(value, str)})
        text = json.dumps({**fields, **hidden}, ensure_ascii=False)
    return shortened(text)


def _answered(answer: dict[str, Any] | Raw) -> dict[str, Any]:
    if isinstance(answer, Raw):
        return {"status": answer.status, "code": 0, "answer": f"({len(answer.content)} bytes)"}
    hidden = {name: f"{str(answer[name])[:6]}…" for name in ANSWERED_SECRETS if name in answer}
    text = shortened(json.dumps({**answer, **hidden}, ensure_ascii=False))
    return {"status": 200, "code": answer.get("errcode", 0), "answer": text}
