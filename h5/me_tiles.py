"""The ways on from the member's page, in their order. A section that opens adds its line here."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Tile:
    """A way on: where, its name, and in a few words what one finds. Who has not bound is asked there."""

    path: str
    name: str
    words: str


TILES: tuple[Tile, ...] = (
    Tile("/me/points", "积分明细", "每一分从哪里来"),
    Tile("/me/level", "会员等级", "离下一级还有多远"),
    Tile("/me/coupons", "优惠券", "到店直接抵扣"),
    Tile("/mall", "积分商城", "用积分换好东西"),
    Tile("/me/orders", "我的兑换", "取货码和进度"),
    Tile("/me/rights", "会员权益", "怎样得积分"),
    Tile("/me/referrals", "我的推荐", "请朋友一起来"),
    Tile("/me/profile", "我的资料", "生日和旅行兴趣"),
)
