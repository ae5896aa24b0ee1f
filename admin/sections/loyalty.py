"""The sections about points, levels, the mall and coupons."""

from flask_babel import lazy_gettext as _l

from admin import (
    counter,
    coupons,
    earning,
    levels,
    mall,
    points,
)
from admin.section import Group, Section
from bot.users.roles import Permission

POINTS: tuple[Section, ...] = (
    Section(
        Group.POINTS,
        _l("Member levels"),
        levels.pages,
        "admin.levels.listing",
        Permission.LEVELS_SEE,
        "level tier ladder upgrade benefits 会员等级 等级 升级 保级 权益 金卡",
    ),
    Section(
        Group.POINTS,
        _l("Points"),
        points.pages,
        "admin.points.listing",
        Permission.POINTS_SEE,
        "points balance ledger 积分 余额 流水 明细 欠分",
    ),
    Section(
        Group.POINTS,
        _l("Adjustments"),
        points.pages,
        "admin.points.adjustments",
        Permission.POINTS_SEE,
        "points adjust approve limit 积分调整 审批 额度",
    ),
    Section(
        Group.POINTS,
        _l("Points report"),
        points.pages,
        "admin.points.report",
        Permission.POINTS_SEE,
        "points report liability issued expired rule campaign 积分报表 负债 发放 到期 规则 活动 对账",
    ),
    Section(
        Group.POINTS,
        _l("Earning rules"),
        earning.pages,
        "admin.earning_rules.listing",
        Permission.EARNING_SEE,
        "points rule campaign birthday budget replay 积分规则 活动 生日 倍数 预算 试算",
    ),
    Section(
        Group.POINTS,
        _l("Purchases of members"),
        earning.blueprint.purchases,
        "admin.purchases.listing",
        Permission.PURCHASES_SEE,
        "purchase receipt refund approve till 消费 小票 退款 复核 补录",
    ),
    Section(
        Group.POINTS,
        _l("Tills"),
        earning.tills.pages,
        "admin.tills.listing",
        Permission.TILLS_SEE,
        "till api key openapi 收银 接口 密钥",
    ),
    Section(
        Group.POINTS,
        _l("Counter record"),
        counter.pages,
        "admin.counter.listing",
        Permission.COUNTER_SEE,
        "counter staff scan receipt spend undo limit 柜台 扫码 登记 抵扣 撤销 额度",
    ),
)
MALL: tuple[Section, ...] = (
    Section(
        Group.MALL,
        _l("Points mall"),
        mall.pages,
        "admin.mall.items",
        Permission.MALL_SEE,
        "mall goods item category stock shelf 积分商城 商品 分类 库存 上架",
    ),
    Section(
        Group.MALL,
        _l("Orders of the mall"),
        mall.pages,
        "admin.mall.orders",
        Permission.MALL_SEE,
        "mall order pick-up delivery tracking 兑换 订单 核销 领取 发货 快递",
    ),
    Section(
        Group.MALL,
        _l("Merchants"),
        mall.pages,
        "admin.mall.merchants",
        Permission.MALL_CHANGE,
        "merchant supplier 商户 供应商",
        head_office=True,
    ),
    Section(
        Group.MALL,
        _l("Payouts of points"),
        mall.pages,
        "admin.mall.rebates",
        Permission.REBATES_SEE,
        "rebate payout money accountant 返现 返利 打款 财务",
    ),
    Section(
        Group.MALL,
        _l("Coupons"),
        coupons.pages,
        "admin.coupons.listing",
        Permission.COUPONS_SEE,
        "coupon voucher template discount gift link 优惠券 代金券 折扣券 礼品券 满减 发券 领券 模板",
    ),
    Section(
        Group.MALL,
        _l("Coupons of members"),
        coupons.pages,
        "admin.coupons.issued",
        Permission.COUPONS_SEE,
        "coupon issued void code 发出的券 券码 作废 核销记录",
    ),
    Section(
        Group.MALL,
        _l("Coupons used"),
        coupons.pages,
        "admin.coupons.uses",
        Permission.COUPONS_SEE,
        "coupon use receipt counter till 核销记录 使用记录 小票",
    ),
    Section(
        Group.MALL,
        _l("Coupon figures"),
        coupons.pages,
        "admin.coupons.report",
        Permission.COUPONS_SEE,
        "coupon figures used discount 优惠券统计 核销率 优惠金额",
    ),
)
