"""What was done at counters, undoing it, and what staff may do there alone."""

from admin.counter import exporting, limits, listing
from admin.counter.blueprint import pages

__all__ = ["exporting", "limits", "listing", "pages"]
