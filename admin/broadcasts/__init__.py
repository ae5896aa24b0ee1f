"""Broadcasts: written by one, approved by another, followed while they are sent, and what they brought."""

from admin.broadcasts import acts, editing, exporting, listing, progress, recipients, showing, trying
from admin.broadcasts.blueprint import pages

__all__ = ["acts", "editing", "exporting", "listing", "pages", "progress", "recipients", "showing", "trying"]
