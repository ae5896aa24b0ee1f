"""Sights of pages for people to look at, kept under var/shots where SHOTS is set: `SHOTS=yes make test TESTS=tests/h5`.

No test asks anything of them, and drawing each page four times is half of what a browser does.
"""

import os
from pathlib import Path
from typing import Any

from playwright.sync_api import Page

FOLDER = Path(__file__).resolve().parents[2] / "var" / "shots"


def keep(tab: Page, name: str, **options: Any) -> None:
    """Keep what `tab` shows under that name; nothing unless somebody wants to look."""
    if os.environ.get("SHOTS"):
        tab.screenshot(path=FOLDER / f"{name}.png", **options)
