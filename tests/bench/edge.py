"""Our edge alone: the real webhook, answered from memory; nothing is recorded."""

import os
from pathlib import Path

from bot import config, logs
from bot.arrivals import Answer, Outcome
from bot.entries import AsgiEntry
from bot.router import Served
from bot.webhook import Webhook, door
from bot.wechat.replies import Text
from tests.bench.pushes import ANSWER

settings = config.load(Path(os.environ["YIZHAN_CONFIG"]))
logs.configure(settings.log)
_answer = Answer(Outcome.ANSWERED, Text(ANSWER))
_doors = [
    door(Served(number, one.name, one.kind), one) for number, one in enumerate(settings.accounts, start=1)
]


async def _at_once(_arrival):
    return _answer


def _beyond(_environ, start_response):
    start_response("200 OK", [("Content-Type", "text/plain; charset=utf-8"), ("Content-Length", "3")])
    return [b"ok\n"]


application = AsgiEntry(Webhook(settings.webhook, _doors), _at_once, beyond=_beyond, threads=1)
