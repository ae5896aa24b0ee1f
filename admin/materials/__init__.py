"""Materials and articles: what there is, where it is used, and where WeChat has it."""

from admin.materials import adding, articles, choosing, listing, showing
from admin.materials.blueprint import pages

__all__ = ["adding", "articles", "choosing", "listing", "pages", "showing"]
