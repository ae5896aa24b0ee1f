"""A browser before a running platform: Debian's Chromium, which reaches nothing but this machine."""

import pytest

from simulator.server import Server
from tests.faces.world import World
from tests.support import shots


@pytest.fixture
def server():
    with Server() as running:
        yield running


@pytest.fixture
def world(server):
    """A platform with one account, its bot, and three travellers."""
    made = World(server)
    yield made
    made.close()


@pytest.fixture
def open_tab(browser, server, request):
    """Open a page of a face; every error on a page fails the test, and its last sight may be kept (`shots`)."""
    tabs, errors = [], []

    def opened(path, *, width=1280, height=860, scheme="light", english=False, together_with=None):
        if together_with is None:
            context = browser.new_context(
                viewport={"width": width, "height": height},
                color_scheme=scheme,
                accept_downloads=True,
                permissions=["clipboard-read", "clipboard-write"],
            )
            if english:
                context.add_init_script("localStorage.setItem('yizhan.language', 'en')")
        else:
            context = together_with.context
        tab = context.new_page()
        tab.on("pageerror", lambda error: errors.append(str(error)))
        tab.on("console", lambda said: errors.append(said.text) if "Content Security" in said.text else None)
        tab.goto(server.url + path)
        tabs.append(tab)
        return tab

    yield opened
    for number, tab in enumerate(tabs):
        if not tab.is_closed():
            name = request.node.name.removeprefix("test_")[:80]
            shots.keep(tab, f"{request.path.stem}-{name}{f'-{number}' if number else ''}")
    for context in {tab.context for tab in tabs}:
        context.close()
    assert not errors
