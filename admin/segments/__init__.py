"""Segments: fans described by conditions, for broadcasts and series."""

from admin.segments import editing, listing
from admin.segments.blueprint import pages

__all__ = ["editing", "listing", "pages"]
