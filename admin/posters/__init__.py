"""Posters in the back office: designs, their versions, the editor, and the posters of many at once."""

from admin.posters import batching, editing, listing, previewing, ranks, showing, versions
from admin.posters.blueprint import pages

__all__ = ["batching", "editing", "listing", "pages", "previewing", "ranks", "showing", "versions"]
