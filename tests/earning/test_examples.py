"""The clients of the document do what they say, against a server that really listens."""

import os
import subprocess
import sys
import threading
from pathlib import Path

import pytest
from sqlalchemy import func, select
from werkzeug.serving import make_server

from bot.app import pages
from bot.db import utc_now
from bot.members.models import Member
from bot.purchases.models import Purchase
from bot.runtime import open_runtime
from bot.tills import keys
from tests.earning.conftest import Counter
from tests.support.members import config

EXAMPLES = Path(__file__).parents[2] / "docs" / "examples"


@pytest.fixture
def served(empty_sqlite: str):
    runtime = open_runtime(config(empty_sqlite))
    counter = Counter(runtime.db)
    member = counter.member()
    with runtime.db.transaction() as session:
        row, secret = keys.make(
            session, counter.vault, shop_id=counter.shop, name="前台", by="林", now=utc_now()
        )
        arguments = [row.key, secret, session.get_one(Member, member).number]
    server = make_server("127.0.0.1", 0, pages(runtime))
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield counter, [f"http://127.0.0.1:{server.server_port}", *arguments]
    server.shutdown()
    server.server_close()
    runtime.close()


def test_the_clients_in_python_and_curl_report_purchases_once(served):
    counter, arguments = served
    clean = {**os.environ, "no_proxy": "127.0.0.1"}

    python = subprocess.run(
        [sys.executable, EXAMPLES / "till.py", *arguments],
        capture_output=True,
        text=True,
        check=True,
        env=clean,
    )
    curl = subprocess.run(
        ["sh", EXAMPLES / "till.sh", *arguments], capture_output=True, text=True, check=True, env=clean
    )

    assert python.stdout.splitlines()[0] == "201 128 new"
    assert python.stdout.splitlines()[2] == "200 128 repeated"
    assert '"points":50' in curl.stdout.replace(" ", "")
    with counter.db.reading() as session:
        assert session.scalar(select(func.count(Purchase.id))) == 2
