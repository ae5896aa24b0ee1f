"""Addresses of our own pages: what leads nowhere else."""

from urllib.parse import urlsplit

from flask import request, url_for

from h5.visit import account


def is_local(path: str) -> bool:
    """Tell whether `path` leads nowhere but to a page of this account."""
    if not path.isprintable() or "\\" in path or len(path) > 1000:
        return False
    parts = urlsplit(path)
    if parts.scheme or parts.netloc or parts.fragment:
        return False
    folded = parts.path.lower()
    if "//" in folded or ".." in folded or "%2e" in folded or "%2f" in folded or "%5c" in folded:
        return False
    return folded.startswith(f"/h5/{account.name}/")


def wanted(path: str) -> str:
    """Return `path` if it is local, else the member's page."""
    return path if is_local(path) else url_for("h5.me.show")


def here() -> str:
    """Return the address of this page with its query."""
    return request.full_path.rstrip("?")
