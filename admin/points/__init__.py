"""Points: what members have and why, adjustments by hand, and reports."""

from admin.points import accounts, adjusting, reporting
from admin.points.blueprint import pages

__all__ = ["accounts", "adjusting", "pages", "reporting"]
