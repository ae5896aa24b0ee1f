"""WeChat is told of the tags that somebody needs it to know."""

from bot.accounts.register import enrol
from bot.db import utc_now
from bot.tags import needs
from bot.tags.models import Tag
from tests import make


def test_needs_are_replaced_by_their_reason(db):
    with db.transaction() as session:
        account_id = enrol(session, (make.account(),))["head"]
        tags = [
            Tag(name=name, kind="manual", note="", created_at=utc_now()) for name in ("会员", "员工", "新客")
        ]
        session.add_all(tags)
        session.flush()
        ids = [tag.id for tag in tags]

    def put(why, wanted):
        with db.transaction() as session:
            needs.put(session, account="head", account_id=account_id, why=why, tag_ids=wanted, now=utc_now())
            return needs.needed(session, account_id)

    assert put("menu", ids[:2]) == set(ids[:2])
    assert put("broadcast:1", ids[1:]) == set(ids)
    assert put("menu", ids[1:2]) == set(ids[1:])
    assert put("broadcast:1", []) == {ids[1]}
    assert [one.job for one in make.promises(db)] == ["tags.make"]
