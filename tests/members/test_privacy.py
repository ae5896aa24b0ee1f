"""What is kept of a member: sealed, taken with them, erased, resealed; and in clear nowhere."""

import base64
import io
import json
import zipfile
from dataclasses import replace
from datetime import timedelta
from importlib import import_module
from pathlib import Path

import pytest
from sqlalchemy import select, update

from bot import sealed
from bot.channels import events
from bot.channels.models import ChannelEvent
from bot.consents import policies
from bot.consents.models import Consent
from bot.db import utc_now
from bot.db.types import Base
from bot.files.models import File
from bot.jobs import CHAPTERS
from bot.members import erasing, export, identities, jobs, linking, people, reminders
from bot.members.models import Member, MemberIdentity, PrivacyRequest, Referral
from bot.messages.models import Message
from bot.privacy import NotOurs
from bot.privacy.vault import Vault
from bot.retention import jobs as retention
from bot.runtime import open_runtime
from tests import make
from tests.support import members as support
from tests.support.members import NUMBERS, Travellers

ANNA, BELLA, CARL = NUMBERS[:3]


def spelled(phone):
    """The ways in which a number might slip out."""
    return [phone, phone.removeprefix("+86"), phone.removeprefix("+")]


def everything(db):
    """Every value of every table, as text, and of every file."""
    found = []
    with db.reading() as session:
        for table in Base.metadata.sorted_tables:
            for row in session.execute(select(table)):
                found += [
                    value.decode("latin-1") if isinstance(value, bytes) else str(value) for value in row
                ]
    return "\n".join(found)


def message(travellers, fan_id, text):
    with travellers.db.transaction() as session:
        session.add(
            Message(
                key=f"{fan_id:08}{text[:8]:8}".encode()[:16].ljust(16),
                account_id=travellers.account_id,
                fan_id=fan_id,
                kind="text",
                fields={"Content": text},
                sent_at=travellers.now,
                received_at=travellers.now,
                answered_by="",
            )
        )


@pytest.fixture
def runtime(database_url):
    opened = open_runtime(support.config(database_url))
    yield opened
    opened.close()


@pytest.fixture
def anna(runtime):
    travellers = Travellers(runtime.db, runtime.accounts["head"].id)
    fan_id = travellers.fan("anna", unionid="union-1")
    travellers.ask(fan_id, ANNA)
    travellers.bind(travellers.fan("carl"), CARL)
    travellers.bind(fan_id, ANNA, name="安娜", referrer_phone=CARL, marketing=True)
    message(travellers, fan_id, "hello <b>")
    return travellers, fan_id


def exported(runtime, travellers, fan_id):
    with runtime.db.transaction() as session:
        request = export.ask(session, fan_id=fan_id, now=travellers.now)
        assert export.ask(session, fan_id=fan_id, now=travellers.now).id == request.id
    jobs.export(runtime, request.id)
    jobs.export(runtime, request.id)
    with runtime.db.reading() as session:
        found = export.latest(session, fan_id)
        return found, export.content(session, travellers.vault, found)


def test_no_table_and_no_file_holds_a_number_or_name_in_clear(runtime, anna):
    travellers, fan_id = anna
    exported(runtime, travellers, fan_id)
    text = everything(runtime.db)

    for phone in (ANNA, CARL):
        assert [one for one in spelled(phone) if one in text] == []
    assert "安娜" not in text
    if runtime.db.dialect == "sqlite":
        file = Path(runtime.db.url.database)
        raw = b"".join(one.read_bytes() for one in file.parent.glob(f"{file.name}*"))
        assert b"M" in raw
        for phone in (ANNA, CARL):
            assert [one for one in spelled(phone) if one.encode() in raw] == []


def test_what_a_member_takes_with_them_can_be_read(runtime, anna):
    travellers, fan_id = anna
    request, content = exported(runtime, travellers, fan_id)

    assert request.state == "done"
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        page = archive.read("我的资料.html").decode()
        found = json.loads(archive.read("data.json"))
    assert "安娜" in page
    assert "13900130100" in page
    assert "hello &lt;b&gt;" in page
    assert found["member"][0]["name"] == "安娜"
    assert [one["what"] for one in found["consents"]] == ["个人信息保护说明", "接收推广信息"]


def test_every_noun_that_has_a_chapter_is_asked_for_it():
    places = sorted((Path(__file__).parents[2] / "bot").glob("*/taking_along.py"))
    found = [import_module(f"bot.{place.parent.name}.taking_along") for place in places]
    chapters = {one.CHAPTER.key for one in found if hasattr(one, "CHAPTER")}

    assert len(chapters) >= 5
    assert {one.key for one in CHAPTERS} == chapters


def test_nobody_takes_what_is_not_theirs(runtime, anna):
    travellers, _fan_id = anna
    stranger = travellers.fan("stranger")
    with runtime.db.transaction() as session:
        assert export.ask(session, fan_id=stranger, now=travellers.now) is None
        assert export.latest(session, stranger) is None
        kept = dict(export.kept(session, travellers.vault, stranger))
    assert "手机号" not in kept
    assert "公众号标识（OpenID）" in kept


def test_erasing_destroys_the_key_and_leaves_the_ledger(runtime, anna):
    travellers, fan_id = anna
    member_id = travellers.row(fan_id).member_id
    exported(runtime, travellers, fan_id)
    with runtime.db.transaction() as session:
        assert erasing.erase(session, fan_id=fan_id, now=travellers.now)
        assert not erasing.erase(session, fan_id=fan_id, now=travellers.now)
    retention.forget_talk(runtime, fan_id)
    retention.forget_talk(runtime, fan_id)

    with runtime.db.reading() as session:
        member = session.get_one(Member, member_id)
        assert (member.state, member.data_key, member.name) == ("erased", None, None)
        assert people.phone_of(session, travellers.vault, member_id) is None
        assert session.scalars(select(Referral)).one().member_id == member_id
        assert session.scalars(select(Message)).one().fields == {}
        assert session.scalars(select(File)).all() == []
        assert all(
            one.withdrawn_at for one in session.scalars(select(Consent).filter_by(member_id=member_id))
        )
        assert session.scalars(select(PrivacyRequest)).one().file_id is None
        assert session.scalars(select(MemberIdentity.value).filter_by(member_id=member_id)).all() == [""] * 3
    assert (travellers.row(fan_id).member_id, travellers.row(fan_id).unionid) == (None, None)
    assert travellers.bind(fan_id, ANNA).member_id != member_id


@pytest.mark.parametrize("how", ["erase", "withdraw"])
def test_what_a_member_bought_stays_counted_and_is_no_fans_any_more(runtime, anna, how):
    travellers, fan_id = anna
    with runtime.db.transaction() as session:
        member_id = travellers.row(fan_id).member_id
        events.bought(session, member_id, amount=12_800, at=travellers.now, now=travellers.now)
    with runtime.db.transaction() as session:
        if how == "erase":
            erasing.erase(session, fan_id=fan_id, now=travellers.now)
        else:
            erasing.withdraw_policy(session, travellers.vault, fan_id=fan_id, now=travellers.now)

    with runtime.db.reading() as session:
        rows = session.scalars(select(ChannelEvent)).all()
    assert [(one.fan_id, one.amount) for one in rows if one.deed == "buy"] == [(events.NOBODY, 12_800)]
    assert all(one.fan_id != events.NOBODY for one in rows if one.deed != "buy")


def test_withdrawing_the_policy_makes_mere_fans_of_all_and_keeps_the_rest_sealed(runtime, anna):
    travellers, fan_id = anna
    member_id = travellers.row(fan_id).member_id
    with runtime.db.transaction() as session:
        assert erasing.withdraw_policy(session, travellers.vault, fan_id=fan_id, now=travellers.now)
        assert linking.by_unionid(session, travellers.vault, fan_id=fan_id, now=travellers.now) is None

    assert travellers.row(fan_id).member_id is None
    with runtime.db.reading() as session:
        assert people.phone_of(session, travellers.vault, member_id) == ANNA


def test_who_withdrew_is_erased_when_their_time_is_over_unless_they_came_back(runtime, anna):
    travellers, fan_id = anna
    member_id = travellers.row(fan_id).member_id
    long_ago = utc_now() - timedelta(days=runtime.config.privacy.withdrawn_days + 1)

    def withdraw(at):
        with runtime.db.transaction() as session:
            assert erasing.withdraw_policy(session, travellers.vault, fan_id=fan_id, now=at)

    def state():
        jobs.forget_withdrawn(runtime, member_id)
        jobs.forget_withdrawn(runtime, member_id)
        with runtime.db.reading() as session:
            return session.get_one(Member, member_id).state

    withdraw(long_ago)
    travellers.bind(fan_id, ANNA)
    assert state() == "active"  # who is back
    withdraw(utc_now())
    assert state() == "active"  # whose time is not over
    [again] = [one for one in make.promises(runtime.db) if one.job == "members.forget_withdrawn"]
    assert again.due_at > utc_now() + timedelta(days=runtime.config.privacy.withdrawn_days - 1)
    with runtime.db.transaction() as session:
        session.execute(update(Consent).values(withdrawn_at=long_ago))
    assert state() == "erased"


def test_closing_ones_wechat_erases_and_taking_back_a_grant_forgets_the_unionid(runtime, anna):
    travellers, fan_id = anna
    member_id = travellers.row(fan_id).member_id
    for _time in range(2):
        jobs.obey_revoke(runtime, fan_id)
    assert travellers.row(fan_id).unionid is None
    assert travellers.row(fan_id).member_id == member_id

    for _time in range(2):
        jobs.obey_cancellation(runtime, fan_id)
    with runtime.db.reading() as session:
        assert session.get_one(Member, member_id).state == "erased"


def test_closing_one_of_two_wechats_leaves_the_member_to_the_other(runtime, anna):
    travellers, fan_id = anna
    second = travellers.fan("second", unionid="union-1")
    with runtime.db.transaction() as session:
        linking.by_unionid(session, travellers.vault, fan_id=second, now=travellers.now)
    jobs.obey_cancellation(runtime, second)

    assert travellers.row(second).member_id is None
    assert travellers.row(fan_id).member_id is not None


def test_replacing_the_key_takes_the_members_keys_along_and_nothing_stands_still(runtime, anna):
    _travellers, fan_id = anna
    old = support.PRIVACY
    new_key = "new:" + base64.b64encode(b"n" * 32).decode()
    both = Vault(replace(old, keys=f"{new_key} {old.keys}"))
    only_new = Vault(replace(old, keys=new_key))
    reports = {one.column.place: one for one in sealed.reseal(runtime.db, both)}
    assert reports["member:data_key"].resealed == 2
    assert all(one.resealed == 0 for one in sealed.reseal(runtime.db, both))
    with runtime.db.transaction() as session:
        assert people.of_fan(session, only_new, fan_id).name == "安娜"
        with pytest.raises(NotOurs):
            people.of_fan(session, Vault(old), fan_id)


def test_a_value_moved_to_another_member_does_not_open(runtime, anna):
    travellers, _fan_id = anna
    with runtime.db.transaction() as session:
        mine, theirs = session.scalars(
            select(MemberIdentity).filter_by(kind="phone").order_by(MemberIdentity.id)
        )
        mine.value = theirs.value
        session.flush()
        with pytest.raises(NotOurs):
            identities.value_of(session, travellers.vault, mine)


def test_a_new_policy_is_a_version_of_its_own_and_the_old_words_stay(runtime, anna):
    travellers, fan_id = anna
    with runtime.db.transaction() as session:
        first = policies.current(session).body
        made = policies.publish(session, title="新说明", body="新的文字", by="alice", now=travellers.now)
        assert made.version == 2
    with runtime.db.reading() as session:
        assert policies.current(session).title == "新说明"
        assert policies.of(session, 1).body == first
        assert people.of_fan(session, travellers.vault, fan_id).policy_version == 1


def test_reminders_come_seldom_and_never_to_members(runtime, anna):
    travellers, fan_id = anna
    bella = travellers.fan("bella")

    def due(fan_id, *, is_member=False):
        with runtime.db.transaction() as session:
            return reminders.due(
                session, fan_id=fan_id, is_member=is_member, moment="follow", now=travellers.now
            )

    said = [due(bella), due(bella)]
    for _day in range(12):
        travellers.later(days=15)
        said.append(due(bella))
    assert (said[:2], said.count(True)) == ([True, False], 2)
    assert not due(fan_id, is_member=True)


def test_codes_and_counts_are_tidied_away(runtime, anna):
    jobs.tidy(runtime)
    jobs.tidy(runtime)
    assert make.promises(runtime.db)
