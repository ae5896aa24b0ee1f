"""What agents said in some minutes: WeChat's records, kept, with the waits and first words they tell of."""

from datetime import datetime
from typing import Any

from bot.db import Database
from bot.desk import records, requests, waits

SLICE = 200  # records a transaction


def hear(db: Database, line: Any, account_id: int, first: datetime, last: datetime) -> None:
    """Fetch what agents of the account said between the two moments, and keep it. Raises what WeChat raises.

    Again: what is there is passed over.
    """
    said = records.read(line.records(first.replace(microsecond=0), last), account_id)
    for begin in range(0, len(said), SLICE):
        some = said[begin : begin + SLICE]
        with db.transaction() as session:
            fan_ids = records.keep(session, account_id, some, now=last)
            waits.recount(session, account_id, fan_ids, since=min(one.at for one in some))
            requests.note_answers(session, account_id, sorted(fan_ids))
