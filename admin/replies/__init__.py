"""Auto-replies: what we answer on our own, in which order, when and for whom."""

from admin.replies import editing, listing, trying
from admin.replies.blueprint import pages

__all__ = ["editing", "listing", "pages", "trying"]
