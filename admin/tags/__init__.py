"""Tags: ours, what they are put on by, on whom they are, and what WeChat knows of them."""

from admin.tags import at_wechat, defining, on_fans
from admin.tags.blueprint import pages

__all__ = ["at_wechat", "defining", "on_fans", "pages"]
