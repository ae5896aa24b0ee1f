"""Levels of members: the ladder, trying and publishing it, and where members stand."""

from admin.levels import drafting, giving, members, overview, publishing
from admin.levels.blueprint import pages

__all__ = ["drafting", "giving", "members", "overview", "pages", "publishing"]
