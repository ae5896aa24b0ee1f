import logging
import threading
from dataclasses import replace

import pytest
from werkzeug.serving import make_server

from admin import scanning
from bot.config import H5Config
from bot.runtime import open_runtime
from tests import make
from tests.support.office import Office


@pytest.fixture(autouse=True)
def _lists_have_time(monkeypatch):
    """Let lists look all the way back, however busy the machine is; that they stop has a test of its own."""
    monkeypatch.setattr(scanning, "SECONDS", 30.0)


@pytest.fixture
def office(empty_sqlite):
    """The back office on SQLite, with Redis away; an administrator called `alice`."""
    yield from opened(make.config(empty_sqlite))


@pytest.fixture
def office_anywhere(database_url):
    """The back office on each kind of database."""
    yield from opened(make.config(database_url))


@pytest.fixture
def secure_office(empty_sqlite):
    """The back office as browsers reach it over https."""
    config = make.config(empty_sqlite)
    server = replace(config.server, public_url="https://wx.example.com")
    yield from opened(
        replace(config, server=server, h5=H5Config("a2V5a2V5a2V5a2V5a2V5a2V5a2V5a2V5a2V5a2V5a2U="))
    )


def opened(config):
    runtime = open_runtime(config)
    made = Office(runtime)
    made.add("alice")
    yield made
    runtime.close()


@pytest.fixture
def served(office):
    """The back office on a port of this machine; its address."""
    logging.getLogger("werkzeug").setLevel(logging.ERROR)
    server = make_server("127.0.0.1", 0, office.app, threaded=True)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.port}"
    server.shutdown()
    thread.join()
    server.server_close()
