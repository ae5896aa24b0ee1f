"""Sheets in and out of the back office: the same pages for everything a sheet may be about."""

from admin.sheets.routes import add_routes
from admin.sheets.sheet import Sheet

__all__ = ["Sheet", "add_routes"]
