"""Putting the pages inside WeChat into the application."""

import logging
from typing import TYPE_CHECKING, Any

from flask import Blueprint, Flask, g, render_template
from werkzeug.exceptions import HTTPException, NotFound, RequestEntityTooLarge, TooManyRequests

from bot.privacy import NoKeys
from h5 import (
    bind,
    card,
    cookies,
    counter,
    coupon_counter,
    coupons,
    desk,
    friction,
    hello,
    js_sdk,
    level,
    mall,
    me,
    orders,
    points,
    policy,
    poster,
    privacy,
    profile,
    rebates,
    rebind,
    signing,
    soon,
    staff,
    staff_orders,
)
from h5.access import open_to_everyone
from h5.addresses import here
from h5.assets import Assets
from h5.guard import Forged, admit, find_account, name_account, seal
from h5.keys import keys_of

if TYPE_CHECKING:
    from bot.runtime import Runtime

log = logging.getLogger(__name__)
PAGES = (
    signing.pages,
    bind.pages,
    friction.pages,
    me.pages,
    card.pages,
    profile.pages,
    points.pages,
    level.pages,
    coupons.pages,
    coupon_counter.pages,
    privacy.pages,
    rebind.pages,
    policy.pages,
    staff.pages,
    poster.pages,
    hello.pages,
    desk.pages,
    mall.pages,
    orders.pages,
    staff_orders.pages,
    rebates.pages,
    counter.pages,
    js_sdk.pages,
    soon.pages,
)


def register(app: Flask, runtime: "Runtime") -> None:
    """Add the pages and their assets to `app`. Every page states who may open it (`h5.access`).

    The proxies of the settings are believed by then (`admin.pages.register`).  Raise `ConfigError` where
    there is nothing to sign cookies with.
    """
    app.extensions["yizhan"] = runtime
    app.extensions["yizhan.h5.keys"] = keys_of(runtime.config)
    assets = Assets()
    app.register_blueprint(assets.make_blueprint())
    h5 = Blueprint("h5", __name__, url_prefix="/h5/<account>", template_folder="templates")
    for pages in PAGES:
        h5.register_blueprint(pages)
    h5.add_url_rule(
        "/", endpoint="rest", view_func=_nothing_here, methods=["GET", "POST"], defaults={"rest": ""}
    )
    h5.add_url_rule("/<path:rest>", endpoint="rest", view_func=_nothing_here, methods=["GET", "POST"])
    h5.url_value_preprocessor(find_account)
    h5.url_defaults(name_account)
    h5.before_request(admit)
    h5.after_request(seal)
    h5.context_processor(lambda: _context(assets))
    h5.register_error_handler(HTTPException, _problem)
    h5.register_error_handler(NoKeys, _unready)
    h5.register_error_handler(Exception, _bug)
    app.register_blueprint(h5)


@open_to_everyone
def _nothing_here(rest: str) -> str:
    raise NotFound(rest)


def _context(assets: Assets) -> dict[str, Any]:
    return {
        "asset": assets.url,
        "csrf_token": cookies.csrf_token,
        "here": here,
        "account": g.get("h5_account"),
        "guest": g.get("h5_guest"),
    }


def _problem(error: HTTPException) -> Any:
    """Say what happened and what one can do."""
    if error.response is not None or (error.code or 500) < 400:
        return error
    code = error.code or 500
    title, advice = _words(error, code)
    return render_template("h5/problem.html", title=title, advice=advice), code


def _words(error: HTTPException, code: int) -> tuple[str, str]:
    if isinstance(error, Forged):
        return "这一页放得太久了", "请返回上一页重新打开，再填一次就好。刚才的内容没有提交。"
    if isinstance(error, RequestEntityTooLarge):
        return "内容太长了", "请返回上一页，写短一些再试。刚才的内容没有提交。"
    if isinstance(error, TooManyRequests):
        return "操作有些频繁", "请休息几分钟再试。您填过的内容没有丢失。"
    if code in {404, 405}:
        return "没有找到这一页", "链接可能旧了。请从公众号菜单重新进入。"
    if code < 500:
        return "这一页打不开", "请返回上一页再试，或从公众号菜单重新进入。"
    return "这一页暂时打不开", "我们已经记下来了。请过几分钟再试，您的资料没有变化。"


def _unready(error: NoKeys) -> Any:
    """Say that it is not open: without `[privacy]` keys there are no members to be read."""
    log.error("h5_without_keys", extra={"account": g.h5_account.name, "reason": str(error)})
    return render_template("h5/bind_closed.html"), 503


def _bug(error: Exception) -> Any:
    log.error("h5_page_failed", extra={"account": getattr(g.get("h5_account"), "name", "")}, exc_info=error)
    return _problem(HTTPException())
