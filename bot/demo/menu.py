"""The demo's menus, as WeChat's JSON. Names fit the four and eight characters that phones show."""

from typing import Any

Button = dict[str, Any]


def menus(public_url: str) -> dict[str, dict[str, list[Button]]]:
    """Return the menu of each account; its pages are under `public_url`."""
    pages = f"{public_url}/h5/head"
    return {
        "head": {
            "button": [
                _group(
                    "去旅行",
                    _click("本周线路", "ROUTES_WEEK"),
                    _click("亲子出行", "ROUTES_FAMILY"),
                    _click("银发慢游", "ROUTES_SENIOR"),
                    _view("积分商城", f"{pages}/mall"),
                ),
                _group(
                    "找客服",
                    _click("附近门店", "SHOP_NEAR"),
                    _click("人工客服", "SERVICE_AGENT"),
                    _click("退改签", "SERVICE_CHANGE"),
                    _click("出行须知", "SERVICE_NOTES"),
                ),
                _group(
                    "我的",
                    _view("会员卡", f"{pages}/me"),
                    _view("绑定手机", f"{pages}/bind"),
                    _view("我的订单", f"{pages}/orders"),
                    _view("我的海报", f"{pages}/staff/poster"),
                    _view("员工入口", f"{pages}/staff"),
                ),
            ]
        },
        "shanghai": {
            "button": [
                _click("本周线路", "ROUTES_WEEK"),
                _click("附近门店", "SHOP_NEAR"),
                _view("去服务号", f"{pages}/me"),
            ]
        },
    }


def _group(name: str, *buttons: Button) -> Button:
    return {"name": name, "sub_button": list(buttons)}


def _click(name: str, key: str) -> Button:
    return {"type": "click", "name": name, "key": key}


def _view(name: str, url: str) -> Button:
    return {"type": "view", "name": name, "url": url}
