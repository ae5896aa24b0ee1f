"""The mall's tables, for `bot.schema`, whose list of everybody's is long enough."""

from bot.mall.models import (
    MallCategory,
    MallItem,
    MallItemShop,
    MallMerchant,
    MallMerchantUser,
    MallOrder,
    MallPicture,
    MallTake,
)
from bot.mall.rebate_models import MallRebate, MallRebateTerms, MallRebateWish

TABLES = (
    MallCategory,
    MallItem,
    MallItemShop,
    MallMerchant,
    MallMerchantUser,
    MallOrder,
    MallPicture,
    MallRebate,
    MallRebateTerms,
    MallRebateWish,
    MallTake,
)
