"""The page of web authorisation: who looks, and may the account see name and picture (protocol §9)."""

from collections.abc import Mapping
from urllib.parse import urlencode, urlsplit

import flask

from simulator.platform import Platform
from simulator.settings import Settings
from simulator.world import abilities
from simulator.world.accounts import Account
from simulator.world.people import Traveller

SCOPES = ("snsapi_base", "snsapi_userinfo")
COOKIE = "sim_traveller"


class PageError(Exception):
    """WeChat shows an error page with this number instead of asking."""

    def __init__(self, code: int, text: str) -> None:
        super().__init__(text)
        self.code = code
        self.text = text


def make_blueprint(platform: Platform) -> flask.Blueprint:
    """The authorisation page.  Open to anybody: it plays the traveller's own phone."""
    pages = flask.Blueprint("oauth", __name__)

    @pages.get("/connect/oauth2/authorize")
    def ask() -> flask.typing.ResponseReturnValue:
        """Redirect at once where WeChat asks nothing, else show the sheet."""
        with platform.lock:
            account = _checked(platform, flask.request.args)
            traveller = _looking(platform)
            scope = flask.request.args["scope"]
            if traveller is not None and _is_silent(account, traveller, scope, platform.settings):
                return _back(platform, account, traveller, snapshot=False)
            if traveller is not None and scope == "snsapi_userinfo" and _is_snapshot(platform.settings):
                return _back(platform, account, traveller, snapshot=True)
            everybody = list(platform.state.travellers.values())
            return flask.render_template(
                "authorize.html", account=account, traveller=traveller, travellers=everybody
            )

    @pages.post("/connect/oauth2/authorize")
    def decide() -> flask.typing.ResponseReturnValue:
        """The traveller agreed or refused."""
        with platform.lock:
            account = _checked(platform, flask.request.args)
            traveller = platform.state.travellers.get(flask.request.form.get("traveller", ""))
            if traveller is None:
                raise PageError(10000, "请选择一位旅客")
            if flask.request.form.get("decision") == "refuse":
                if platform.settings.oauth_refusal_redirects:
                    return _redirected(state=flask.request.args.get("state", ""))
                return flask.render_template("authorize_refused.html", account=account)
            if flask.request.args["scope"] == "snsapi_userinfo" and account.app_id not in traveller.consents:
                traveller.consents.append(account.app_id)
            platform.touch()
            return _back(platform, account, traveller, snapshot=False)

    @pages.errorhandler(PageError)
    def show_error(error: PageError) -> flask.typing.ResponseReturnValue:
        return flask.render_template("authorize_error.html", error=error), 200

    return pages


def _checked(platform: Platform, query: Mapping[str, str]) -> Account:
    """The account that asks; raise `PageError` as WeChat's page does."""
    account = platform.state.accounts.get(query.get("appid", ""))
    if account is None:
        raise PageError(10013, "AppID 参数错误")
    if query.get("response_type") != "code":
        raise PageError(10014, "response_type 参数错误")
    if query.get("scope") not in SCOPES:
        raise PageError(10005, "该公众号没有这些 scope 的权限")
    if not abilities.allows(account, "web authorisation", platform.settings):
        raise PageError(10005, "该公众号没有这些 scope 的权限")
    target = urlsplit(query.get("redirect_uri", ""))
    if target.scheme not in ("http", "https") or target.netloc == "":
        raise PageError(10003, "redirect_uri 参数错误")
    if account.oauth_domain not in (target.hostname, target.netloc):
        raise PageError(10003, "redirect_uri域名与后台配置不一致")
    if len(query.get("state", "")) > 128:
        raise PageError(10009, "state 参数过长")
    return account


def _looking(platform: Platform) -> Traveller | None:
    request = flask.request
    named = (
        request.args.get(COOKIE) or request.headers.get("X-Sim-Traveller") or request.cookies.get(COOKIE, "")
    )
    return platform.state.travellers.get(named)


def _is_silent(account: Account, traveller: Traveller, scope: str, settings: Settings) -> bool:
    if flask.request.args.get("forceSnapShot") == "true":
        return False
    if scope == "snsapi_base":
        return True
    forced = flask.request.args.get("forcePopup") == "true"
    return settings.oauth_silent_after_consent and not forced and account.app_id in traveller.consents


def _is_snapshot(settings: Settings) -> bool:
    if flask.request.args.get("fullService") == "true":  # "使用完整服务" was tapped
        return False
    return flask.request.args.get("forceSnapShot") == "true" or settings.snapshot_without_tap


def _back(platform: Platform, account: Account, traveller: Traveller, *, snapshot: bool) -> flask.Response:
    query = flask.request.args
    code = account.grants.new_code(
        traveller.id, query["scope"], platform.now(), platform.settings, snapshot=snapshot
    )
    account.fan(traveller.id)
    return _redirected(code=code, state=query.get("state", ""))


def _redirected(**answer: str) -> flask.Response:
    target = urlsplit(flask.request.args["redirect_uri"])
    added = urlencode(answer)
    address = target._replace(query=f"{target.query}&{added}" if target.query else added)
    return flask.make_response(flask.redirect(address.geturl()))
