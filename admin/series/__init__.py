"""Series: what is said to fans after something happened, step by step."""

from admin.series import editing, listing, running, showing
from admin.series.blueprint import pages

__all__ = ["editing", "listing", "pages", "running", "showing"]
