"""Parametric codes and short keys (protocol §5)."""

from simulator.api.gate import Answer, Call, Calls, Raw
from simulator.world import codes, short_keys

calls = Calls()


@calls.post("/cgi-bin/qrcode/create", "code", bare=True)
def create(call: Call) -> Answer:
    """Make a code."""
    codes.forget_expired(call.account, call.now)
    return codes.create(call.account, call.body, call.now, call.settings)


@calls.get("/cgi-bin/showqrcode", None)
def show(call: Call) -> Answer:
    """The picture of a code, for anybody who has its ticket; HTTP 404 for a bad one."""
    ticket = call.query.get("ticket", "")
    for account in call.platform.state.accounts.values():
        code = codes.find(account, ticket=ticket) if ticket else None
        if code is not None and code.is_valid(call.now):
            return Raw(codes.picture(code.url), "image/jpg")
    return Raw(b"", "text/html", status=404)


@calls.post("/cgi-bin/shorten/gen", "short key")
def shorten(call: Call) -> Answer:
    """Keep a long text under a short key."""
    return short_keys.shorten(call.account, call.body, call.now)


@calls.post("/cgi-bin/shorten/fetch", "short key")
def fetch(call: Call) -> Answer:
    """The long text of a short key."""
    return short_keys.fetch(call.account, call.body, call.now)
