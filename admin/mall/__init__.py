"""The points mall: goods, orders, merchants, and points paid out as money."""

from admin.mall import goods, merchants, orders, pictures, rebates
from admin.mall.blueprint import pages

__all__ = ["goods", "merchants", "orders", "pages", "pictures", "rebates"]
