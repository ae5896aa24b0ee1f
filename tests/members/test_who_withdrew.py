"""Who withdrew under an older release is erased in time, and hears of no offers, once the database is migrated."""

from alembic import command

from bot import schema
from bot.accounts.register import enrol
from bot.config import DatabaseConfig
from bot.consents.models import Consent, PolicyVersion
from bot.db import Database, utc_now
from bot.fans.models import Fan
from bot.members.models import Member
from tests import make


def withdrawn(session, account_id, number, *, how="member", back=False):
    now = utc_now()
    member = Member(number=number, state="active", source="test", created_at=now)
    fan = Fan(
        account_id=account_id,
        openid=f"o{number}",
        standing="following",
        created_at=now,
        follow_count=1,
        message_count=0,
    )
    session.add_all([member, fan])
    session.flush()
    facts = {"member_id": member.id, "fan_id": fan.id, "policy_version": 1, "given_at": now}
    session.add(Consent(**facts, kind="privacy", withdrawn_at=now, withdrawn_how=how))
    if back:
        fan.member_id = member.id
        session.add(Consent(**facts, kind="privacy"))
    return member.id, fan.id


def test_what_an_older_release_left_open_is_promised(database_url):
    with Database(DatabaseConfig(url=database_url)) as db:
        config = schema.alembic_config(db)
        with db.transaction() as session:
            account_id = enrol(session, (make.account(),))["head"]
            if session.get(PolicyVersion, 1) is None:
                text = {"title": "说明", "body": "文字", "published_by": "test"}
                session.add(PolicyVersion(version=1, published_at=utc_now(), **text))
                session.flush()
            gone, erased, back = (
                withdrawn(session, account_id, "M1"),
                withdrawn(session, account_id, "M2", how="erased"),
                withdrawn(session, account_id, "M3", back=True),
            )
        try:
            command.downgrade(config, "0034")
        finally:
            schema.migrate(db)

        found = sorted(
            (one.job, *one.arguments.values(), one.attempts)
            for one in make.promises(db)
            if one.job in {"members.forget_withdrawn", "reach.note_objection"}
        )
        # The one who is back is found by the job to have nothing to do.
        assert found == [
            ("members.forget_withdrawn", gone[0], 0),
            ("members.forget_withdrawn", back[0], 0),
            ("reach.note_objection", gone[1], 0),
            ("reach.note_objection", erased[1], 0),
        ]
