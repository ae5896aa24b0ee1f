"""Exchanging codes of web authorisation, and what a person allowed to be seen (protocol §9.1)."""

from typing import Any

from simulator.api.gate import Answer, Call, Calls
from simulator.return_codes import Refused
from simulator.world import abilities
from simulator.world.accounts import Account
from simulator.world.oauth import Code, Grant

calls = Calls()


@calls.get("/sns/oauth2/access_token", None, bare=True)
def exchange(call: Call) -> Answer:
    """Exchange a code for the tokens of one person."""
    account = _client(call, secret=True)
    if call.query.get("grant_type") != "authorization_code":
        raise Refused(40002)
    if not call.query.get("code"):
        raise Refused(41008)
    code = account.grants.exchange(call.query["code"], call.now)
    token = account.grants.grant(account.app_id, account.open_platform, code, call.now, call.settings)
    return _tokens(call, account, token, code)


@calls.get("/sns/oauth2/refresh_token", None, bare=True)
def refresh(call: Call) -> Answer:
    """A fresh access token for the same person."""
    account = _client(call, secret=False)
    if call.query.get("grant_type") != "refresh_token":
        raise Refused(40002)
    if not call.query.get("refresh_token"):
        raise Refused(41003)
    token = account.grants.refresh(call.query["refresh_token"], call.now, call.settings)
    return _tokens(call, account, token, None)


@calls.get("/sns/userinfo", None, bare=True)
def user_info(call: Call) -> Answer:
    """Name and picture of a person who agreed to show them; a base token gives 48001."""
    account, grant = _grant(call)
    if grant.scope != "snsapi_userinfo":
        raise Refused(48001)
    traveller = call.platform.state.travellers[grant.traveller]
    shown: dict[str, Any] = {
        "openid": grant.openid,
        "nickname": "微信用户" if grant.snapshot else traveller.name,
        "sex": 0,
        "language": "",
        "city": "",
        "province": "",
        "country": "",
        "headimgurl": f"{call.platform.base_url}/sim/avatars/{traveller.id}.png",
        "privilege": [],
    }
    if account.open_platform:
        shown["unionid"] = grant.unionid
    return shown


@calls.get("/sns/auth", None)
def check(call: Call) -> Answer:
    """Whether a person's token still holds."""
    _grant(call)
    return None


def _client(call: Call, *, secret: bool) -> Account:
    app_id = call.query.get("appid")
    if not app_id:
        raise Refused(41002)
    account = call.platform.state.accounts.get(app_id)
    if account is None:
        raise Refused(40013)
    if secret:
        if not call.query.get("secret"):
            raise Refused(41004)
        if call.query["secret"] != account.app_secret:
            raise Refused(40125)
    abilities.require(account, "web authorisation", call.settings)
    return account


def _grant(call: Call) -> tuple[Account, Grant]:
    token, openid = call.query.get("access_token"), call.query.get("openid")
    if not token:
        raise Refused(41001)
    if not openid:
        raise Refused(41009)
    for account in call.platform.state.accounts.values():
        if token in account.grants.by_token:
            return account, account.grants.check(token, openid, call.now)
    raise Refused(40001)


def _tokens(call: Call, account: Account, token: str, code: Code | None) -> dict[str, Any]:
    grant = account.grants.by_token[token]
    answer: dict[str, Any] = {
        "access_token": token,
        "expires_in": int(grant.expires - call.now),
        "refresh_token": grant.refresh_token,
        "openid": grant.openid,
        "scope": grant.scope,
    }
    if grant.unionid and grant.scope == "snsapi_userinfo":
        answer["unionid"] = grant.unionid
    if grant.snapshot and not (code is not None and call.settings.snapshot_flag_late):
        answer["is_snapshotuser"] = 1
    return answer
