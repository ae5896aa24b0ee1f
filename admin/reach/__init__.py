"""消息触达: what was sent to whom and why not, templates, and the account's rules."""

from admin.reach import notices, rules, templates
from admin.reach.blueprint import pages

__all__ = ["notices", "pages", "rules", "templates"]
