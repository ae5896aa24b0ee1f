"""Channels: parametric codes, made one by one or by the hundred, printed, retired, given to others."""

from admin.channels import downloading, editing, groups, listing, many, pictures, retiring, showing, trying
from admin.channels.blueprint import pages

__all__ = [
    "downloading",
    "editing",
    "groups",
    "listing",
    "many",
    "pages",
    "pictures",
    "retiring",
    "showing",
    "trying",
]
