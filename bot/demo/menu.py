"""The demo's menu books. Names fit the four and eight characters that phones show."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from bot.config import Config
from bot.members import standing
from bot.menus import versions
from bot.tags.models import Tag

Button = dict[str, Any]
WEARERS = ("会员", "员工")  # of the tags that have a menu of their own


def put(session: Session, config: Config, ids: Mapping[str, int], *, now: datetime) -> None:
    """Publish the menus, with the tags that members and staff are told apart by."""
    members, staff = (standing.tag(session, name, now=now) for name in WEARERS)
    session.get_one(Tag, members).note = "绑定了手机号的粉丝"
    session.get_one(Tag, staff).note = "手机号在员工名单上的粉丝"
    for account, book in menus(config.server.public_url, members, staff).items():
        if account in ids:
            versions.add(
                session,
                account=account,
                account_id=ids[account],
                book=book,
                author="示例",
                author_id=None,
                note="开业菜单",
                now=now,
            )


def menus(
    public_url: str, members_tag: int = 0, staff_tag: int = 0
) -> dict[str, dict[str, list[dict[str, Any]]]]:
    """Return the menu book of each account, its pages under `public_url`; staff and members see others."""
    pages = f"{public_url}/h5/head"
    service = _group(
        "找客服",
        _click("附近门店", "SHOP_NEAR"),
        _click("人工客服", "SERVICE_AGENT"),
        _click("退改签", "SERVICE_CHANGE"),
        _click("出行须知", "SERVICE_NOTES"),
    )
    return {
        "head": {
            "default": [
                _group(
                    "去旅行",
                    _click("本周线路", "ROUTES_WEEK"),
                    _click("亲子出行", "ROUTES_FAMILY"),
                    _click("银发慢游", "ROUTES_SENIOR"),
                    _view("积分商城", f"{pages}/mall"),
                ),
                service,
                _group(
                    "我的",
                    _view("会员卡", f"{pages}/me"),
                    _view("绑定手机", f"{pages}/bind"),
                    _view("我的订单", f"{pages}/orders"),
                    _view("员工入口", f"{pages}/staff"),
                ),
            ],
            "conditional": [
                {
                    "tag_id": staff_tag,
                    "buttons": [
                        _group(
                            "员工",
                            _view("我的海报", f"{pages}/staff/poster"),
                            _click("发我海报", "STAFF_POSTER"),
                            _view("员工中心", f"{pages}/staff"),
                        ),
                        service,
                        _group(
                            "我的",
                            _view("会员卡", f"{pages}/me"),
                            _view("我的订单", f"{pages}/orders"),
                            _view("积分商城", f"{pages}/mall"),
                        ),
                    ],
                },
                {
                    "tag_id": members_tag,
                    "buttons": [
                        _group(
                            "会员专区",
                            _click("会员专享", "MEMBER_OFFERS"),
                            _click("本周线路", "ROUTES_WEEK"),
                            _click("银发慢游", "ROUTES_SENIOR"),
                            _view("积分商城", f"{pages}/mall"),
                        ),
                        service,
                        _group(
                            "我的",
                            _view("会员卡", f"{pages}/me"),
                            _view("我的订单", f"{pages}/orders"),
                        ),
                    ],
                },
            ],
        },
        "shanghai": {
            "default": [
                _click("本周线路", "ROUTES_WEEK"),
                _click("附近门店", "SHOP_NEAR"),
                _view("去服务号", f"{pages}/me"),
            ],
            "conditional": [],
        },
    }


def _group(name: str, *buttons: Button) -> Button:
    return {"name": name, "sub_button": list(buttons)}


def _click(name: str, key: str) -> Button:
    return {"type": "click", "name": name, "key": key}


def _view(name: str, url: str) -> Button:
    return {"type": "view", "name": name, "url": url}
