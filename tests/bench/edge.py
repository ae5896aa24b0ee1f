"""Our edge alone: the real webhook, answered from memory; nothing is recorded."""

import os
from pathlib import Path

from bot import config, logs
from bot.intake import Answer, Outcome
from bot.router import Served
from bot.webhook import Webhook, door
from bot.wechat.replies import Text
from tests.bench import floor
from tests.bench.pushes import ANSWER

settings = config.load(Path(os.environ["YIZHAN_CONFIG"]))
logs.configure(settings.log)
_answer = Answer(Outcome.ANSWERED, Text(ANSWER))
_doors = [
    door(Served(number, one.name, one.kind), one) for number, one in enumerate(settings.accounts, start=1)
]
application = Webhook(settings.webhook, _doors, lambda _arrival: _answer, beyond=floor.application)
