"""From fan to member: who becomes one, whose number it is, and what is known from elsewhere."""

import threading
from datetime import date

from sqlalchemy import func, select

from bot.audit.models import AuditEntry
from bot.channels.models import Channel, ChannelEvent
from bot.consents import consents
from bot.consents.models import ConsentKind
from bot.fans.models import Fan
from bot.members import binding, claims, erasing, identities, linking, merging, people, staff
from bot.members.binding import AlreadyBound, Bound, NeedsBothProofs, NotBound, PolicyChanged
from bot.members.codes import Proved, Purpose
from bot.members.models import IdentityKind, Member, MemberClaim, MemberIdentity, MemberMerge, Referral
from bot.members.referral import Outcome
from bot.organisation import phones
from bot.organisation.models import Staff
from bot.tags.models import FanTag, Tag
from tests import make
from tests.support import members as support
from tests.support.members import NUMBERS

ANNA, BELLA, CARL = NUMBERS[:3]


def tags(db, fan_id):
    with db.reading() as session:
        worn = select(Tag.name).join(FanTag, FanTag.tag_id == Tag.id).where(FanTag.fan_id == fan_id)
        return set(session.scalars(worn))


def imported(travellers, phone, *, shop_id=None, name="陈晨"):
    with travellers.db.transaction() as session:
        member, key = people.add(
            session, travellers.vault, source="import:till", shop_id=shop_id, now=travellers.now
        )
        people.describe(member, key, name=name, birthday=None)
        identities.add(
            session,
            travellers.vault,
            member,
            key,
            kind=IdentityKind.PHONE,
            value=phone,
            verified=False,
            now=travellers.now,
        )
        return member.id


def test_a_fan_becomes_a_member_with_tag_consent_and_home_shop(travellers):
    shop_id = make.shop(travellers.db)
    fan_id = travellers.fan("anna", first_shop_id=shop_id)

    bound = travellers.bind(fan_id, ANNA, marketing=True, name=" 安娜 ", birthday=date(1990, 5, 4))

    assert isinstance(bound, Bound)
    assert bound.is_new
    assert tags(travellers.db, fan_id) == {"会员"}
    with travellers.db.reading() as session:
        card = people.of_fan(session, travellers.vault, fan_id)
    assert (card.name, card.phone, card.birthday) == ("安娜", "139****0100", date(1990, 5, 4))
    assert (card.home_shop_id, card.marketing, card.policy_version) == (shop_id, True, 1)


def test_binding_the_same_number_again_changes_nothing(travellers):
    fan_id = travellers.fan("anna")
    first = travellers.bind(fan_id, ANNA)

    again = travellers.bind(fan_id, ANNA)

    assert again == Bound(first.member_id, is_new=False)
    with travellers.db.reading() as session:
        assert session.scalar(select(func.count(Member.id))) == 1


def test_an_older_policy_is_asked_for_again(travellers):
    fan_id = travellers.fan("anna")
    with travellers.db.transaction() as session:
        answer = binding.bind(
            session,
            travellers.vault,
            proved=Proved(fan_id, ANNA, Purpose.BIND),
            policy_version=7,
            marketing=False,
            now=travellers.now,
        )

    assert answer == PolicyChanged(1)
    assert travellers.row(fan_id).member_id is None


def test_marketing_is_agreed_to_and_withdrawn_apart_from_the_policy(travellers):
    fan_id = travellers.fan("anna")
    member_id = travellers.bind(fan_id, ANNA, marketing=True).member_id
    with travellers.db.transaction() as session:
        assert consents.withdraw_marketing(session, member_id=member_id, now=travellers.now)
        assert not consents.withdraw_marketing(session, member_id=member_id, now=travellers.now)

    with travellers.db.reading() as session:
        assert consents.has_fallen_silent(session, member_id=member_id)
        assert consents.standing(session, ConsentKind.PRIVACY, member_id=member_id) is not None


def test_somebody_known_from_an_import_is_that_member_and_new_to_us(travellers):
    member_id = imported(travellers, ANNA)
    fan_id = travellers.fan("anna")

    bound = travellers.bind(fan_id, ANNA)

    assert (bound.member_id, bound.is_new) == (member_id, True)
    with travellers.db.reading() as session:
        assert people.of_fan(session, travellers.vault, fan_id).name == "陈晨"


def test_a_second_number_is_refused_and_rebinding_frees_the_first(travellers):
    fan_id = travellers.fan("anna")
    member_id = travellers.bind(fan_id, ANNA).member_id

    assert travellers.bind(fan_id, BELLA) == AlreadyBound("139****0100")
    assert travellers.rebind(fan_id, BELLA) == Bound(member_id, is_new=False)
    other = travellers.fan("carl")
    assert travellers.bind(other, ANNA).is_new
    with travellers.db.reading() as session:
        assert people.phone_of(session, travellers.vault, member_id) == BELLA


def test_rebinding_to_an_imported_number_merges_reversibly(travellers):
    fan_id = travellers.fan("anna")
    member_id = travellers.bind(fan_id, ANNA).member_id
    known = imported(travellers, BELLA)

    assert travellers.rebind(fan_id, BELLA).merged == (known,)
    with travellers.db.transaction() as session:
        merge_id = session.scalars(select(MemberMerge.id)).one()
        assert people.phone_of(session, travellers.vault, member_id) == BELLA
        assert merging.unmerge(session, merge_id, by="alice", now=travellers.now)
        assert not merging.unmerge(session, merge_id, by="alice", now=travellers.now)
    with travellers.db.reading() as session:
        assert session.get_one(Member, known).state == "active"
        assert people.phone_of(session, travellers.vault, known) == BELLA


def test_nobody_rebinds_who_is_no_member(travellers):
    assert travellers.rebind(travellers.fan("anna"), ANNA) == NotBound()


def test_merging_moves_fans_and_unmerging_brings_them_back(travellers):
    anna, bella = travellers.fan("anna"), travellers.fan("bella")
    kept, merged = travellers.bind(anna, ANNA).member_id, travellers.bind(bella, BELLA).member_id
    with travellers.db.transaction() as session:
        row = merging.merge(
            session, kept_id=kept, merged_id=merged, why="same person", by="alice", now=travellers.now
        )
        assert (
            merging.merge(
                session, kept_id=kept, merged_id=merged, why="again", by="alice", now=travellers.now
            )
            is None
        )
        merge_id = row.id
    assert travellers.row(bella).member_id == kept
    assert travellers.bind(bella, BELLA) == Bound(kept, is_new=False)

    with travellers.db.transaction() as session:
        assert merging.unmerge(session, merge_id, by="alice", now=travellers.now)

    assert travellers.row(bella).member_id == merged
    assert travellers.row(anna).member_id == kept


def test_a_number_of_another_living_wechat_needs_both_proofs(travellers):
    old, new = travellers.fan("old"), travellers.fan("new")
    member_id = travellers.bind(old, ANNA).member_id

    answer = travellers.bind(new, ANNA)

    assert isinstance(answer, NeedsBothProofs)
    assert travellers.row(new).member_id is None
    assert travellers.bind(new, ANNA) == answer
    with travellers.db.transaction() as session:
        assert [one.id for one in claims.waiting_for(session, old, now=travellers.now)] == [answer.claim_id]
        assert not claims.confirm(
            session, travellers.vault, claim_id=answer.claim_id, fan_id=new, now=travellers.now
        )
        assert claims.confirm(
            session, travellers.vault, claim_id=answer.claim_id, fan_id=old, now=travellers.now
        )
    assert travellers.row(new).member_id == travellers.row(old).member_id == member_id
    with travellers.db.reading() as session:
        assert "member.claim_confirmed" in session.scalars(select(AuditEntry.action)).all()


def test_a_recycled_number_leaves_the_old_member_everything_else(travellers):
    old, new = travellers.fan("old"), travellers.fan("new")
    first = travellers.bind(old, ANNA, name="安娜").member_id
    claim_id = travellers.bind(new, ANNA).claim_id

    with travellers.db.transaction() as session:
        bound = claims.take_over(
            session,
            travellers.vault,
            claim_id=claim_id,
            fan_id=new,
            policy_version=1,
            marketing=False,
            now=travellers.now,
        )
        again = claims.take_over(
            session,
            travellers.vault,
            claim_id=claim_id,
            fan_id=new,
            policy_version=1,
            marketing=False,
            now=travellers.now,
        )

    assert again is None
    assert bound.is_new
    assert bound.member_id != first
    with travellers.db.reading() as session:
        mine, theirs = (people.of_fan(session, travellers.vault, one) for one in (old, new))
    assert (mine.name, mine.phone) == ("安娜", "")
    assert (theirs.name, theirs.phone) == ("", "139****0100")


def test_a_claim_is_over_after_half_an_hour(travellers):
    old, new = travellers.fan("old"), travellers.fan("new")
    travellers.bind(old, ANNA)
    claim_id = travellers.bind(new, ANNA).claim_id
    travellers.later(minutes=31)

    with travellers.db.transaction() as session:
        assert not claims.confirm(
            session, travellers.vault, claim_id=claim_id, fan_id=old, now=travellers.now
        )
        assert (
            claims.take_over(
                session,
                travellers.vault,
                claim_id=claim_id,
                fan_id=new,
                policy_version=1,
                marketing=False,
                now=travellers.now,
            )
            is None
        )


def test_the_same_traveller_joins_from_a_second_account_by_number_or_unionid(travellers):
    here = travellers.fan("anna", unionid="union-1")
    member_id = travellers.bind(here, ANNA).member_id
    there = travellers.fan("anna-there", account_id=travellers.branch_id)
    third = travellers.fan("anna-again", account_id=travellers.branch_id, unionid="union-1")

    assert travellers.bind(there, ANNA) == Bound(member_id, is_new=False)
    with travellers.db.transaction() as session:
        assert linking.by_unionid(session, travellers.vault, fan_id=third, now=travellers.now) == member_id
    assert travellers.row(third).member_id == member_id


def test_another_wechat_at_another_account_is_not_taken_for_the_same(travellers):
    travellers.bind(travellers.fan("anna", unionid="union-1"), ANNA)
    other = travellers.fan("thief", account_id=travellers.branch_id, unionid="union-2")

    assert isinstance(travellers.bind(other, ANNA), NeedsBothProofs)


def test_who_unbinds_is_a_fan_again_and_stays_one(travellers):
    fan_id = travellers.fan("anna", unionid="union-1")
    member_id = travellers.bind(fan_id, ANNA).member_id
    with travellers.db.transaction() as session:
        assert binding.unbind(session, travellers.vault, fan_id=fan_id, now=travellers.now)
        assert not binding.unbind(session, travellers.vault, fan_id=fan_id, now=travellers.now)
        assert linking.by_unionid(session, travellers.vault, fan_id=fan_id, now=travellers.now) is None

    assert tags(travellers.db, fan_id) == {"粉丝"}
    assert travellers.bind(fan_id, ANNA) == Bound(member_id, is_new=False)


def test_two_fans_who_bind_one_number_at_once_are_one_winner(travellers):
    for round_ in range(5):
        for known in (False, True):
            phone = NUMBERS[10 + 2 * round_ + known]
            if known:
                imported(travellers, phone)
            fans = [travellers.fan(f"fan-{round_}-{known}-{one}") for one in range(2)]
            answers, start = {}, threading.Barrier(2)

            def bind(fan_id, phone=phone, answers=answers, start=start):
                start.wait()
                answers[fan_id] = travellers.bind(fan_id, phone)

            threads = [threading.Thread(target=bind, args=(one,)) for one in fans]
            for thread in threads:
                thread.start()
            for thread in threads:
                thread.join()

            assert sorted(type(one).__name__ for one in answers.values()) == ["Bound", "NeedsBothProofs"]
            assert sum(travellers.row(one).member_id is not None for one in fans) == 1
    with travellers.db.reading() as session:
        phones_ = select(func.count(MemberIdentity.id)).where(MemberIdentity.kind == "phone")
        assert session.scalar(phones_) == 10
        assert session.scalar(select(func.count(Member.id))) == 10
        assert session.scalar(select(func.count(MemberClaim.id))) == 10


def test_staff_are_known_by_their_number_until_the_office_lets_them_go(travellers):
    shop_id = make.shop(travellers.db)
    staff_id = support.staff(travellers.db, shop_id, ANNA)
    fan_id = travellers.fan("anna")

    assert travellers.bind(fan_id, ANNA).staff_id == staff_id
    assert tags(travellers.db, fan_id) == {"会员", "员工"}
    with travellers.db.transaction() as session:
        phones.set_active(session.get_one(Staff, staff_id), active=False, vault=travellers.vault)
    with travellers.db.transaction() as session:
        assert list(staff.outdated(session)) == [fan_id]
        assert staff.recognise(session, travellers.vault, fan_id=fan_id, now=travellers.now) is None
    assert travellers.row(fan_id).staff_id is None
    assert tags(travellers.db, fan_id) == {"会员"}


def test_whoever_holds_a_number_that_was_changed_is_asked_about(travellers):
    shop_id = make.shop(travellers.db)
    staff_id = support.staff(travellers.db, shop_id, ANNA)
    anna, bella = travellers.fan("anna"), travellers.fan("bella")
    travellers.bind(anna, ANNA)
    travellers.bind(bella, BELLA)

    with travellers.db.transaction() as session:
        phones.put(session.get_one(Staff, staff_id), BELLA, travellers.vault)
        staff.look_again(session, staff_id=staff_id, now=travellers.now)
    recognise(travellers)

    assert [travellers.row(one).staff_id for one in (anna, bella)] == [None, staff_id]
    assert tags(travellers.db, anna) == {"会员"}
    assert tags(travellers.db, bella) == {"会员", "员工"}


def test_all_fans_of_a_member_go_with_the_new_number(travellers):
    shop_id = make.shop(travellers.db)
    support.staff(travellers.db, shop_id, ANNA)
    anna, elsewhere = travellers.fan("anna"), travellers.fan("anna elsewhere")
    member_id = travellers.bind(anna, ANNA).member_id
    with travellers.db.transaction() as session:
        session.get_one(Fan, elsewhere).member_id = member_id
        assert staff.recognise(session, travellers.vault, fan_id=elsewhere, now=travellers.now)

    with travellers.db.transaction() as session:
        proved = Proved(anna, BELLA, Purpose.REBIND)
        assert binding.rebind(session, travellers.vault, proved=proved, now=travellers.now).staff_id is None
    recognise(travellers)

    assert travellers.row(elsewhere).staff_id is None


def recognise(travellers):
    """Do for the fans concerned what the promised job does."""
    [wanted] = [one.arguments for one in make.promises(travellers.db) if one.job == "members.recognise"]
    with travellers.db.transaction() as session:
        whose = {"staff_id": None, "member_id": None} | wanted
        for fan_id in staff.concerned(session, travellers.vault, **whose):
            staff.recognise(session, travellers.vault, fan_id=fan_id, now=travellers.now)


def test_a_referrer_counts_once_and_only_for_somebody_new(travellers):
    referrer = travellers.bind(travellers.fan("referrer"), CARL).member_id
    anna = travellers.fan("anna")

    assert travellers.bind(anna, ANNA, referrer_phone=CARL).referral is Outcome.COUNTED
    assert travellers.bind(travellers.fan("bella"), BELLA, referrer_phone=BELLA).referral is Outcome.ONESELF
    assert (
        travellers.bind(travellers.fan("dora"), NUMBERS[5], referrer_phone=NUMBERS[6]).referral
        is Outcome.UNKNOWN
    )
    with travellers.db.transaction() as session:
        binding.unbind(session, travellers.vault, fan_id=anna, now=travellers.now)
    assert travellers.bind(anna, ANNA, referrer_phone=CARL).referral is Outcome.LATE
    with travellers.db.reading() as session:
        row = session.scalars(select(Referral)).one()
    assert (row.referrer_member_id, row.via) == (referrer, "phone")
    assert [one.job for one in make.promises(travellers.db)].count("members.tell_referrer") == 1


def test_who_is_erased_and_binds_again_was_brought_before(travellers):
    travellers.bind(travellers.fan("referrer"), CARL)
    anna = travellers.fan("anna")
    assert travellers.bind(anna, ANNA, referrer_phone=CARL).referral is Outcome.COUNTED
    for number in (ANNA, BELLA):  # whatever number they come back with
        with travellers.db.transaction() as session:
            assert erasing.erase(session, fan_id=anna, now=travellers.now)
        assert travellers.bind(anna, number, referrer_phone=CARL).referral is Outcome.LATE

    with travellers.db.reading() as session:
        assert session.scalars(select(Referral)).one().fan_id == anna


def test_an_imported_customer_is_no_referrer_and_cannot_be_found_out(travellers):
    imported(travellers, CARL)

    assert travellers.bind(travellers.fan("anna"), ANNA, referrer_phone=CARL).referral is Outcome.UNKNOWN


def test_the_code_of_the_first_touch_refers_its_staff_and_counts_the_binding(travellers):
    shop_id = make.shop(travellers.db)
    guide = support.staff(travellers.db, shop_id, CARL)
    channel_id = make.channel(travellers.db, "c:1", account_id=travellers.account_id, shop_id=shop_id)
    with travellers.db.transaction() as session:
        session.get_one(Channel, channel_id).staff_id = guide
    touched = {"first_channel_id": channel_id, "last_channel_id": channel_id}

    assert travellers.bind(travellers.fan("anna", **touched), ANNA).referral is Outcome.COUNTED
    assert travellers.bind(travellers.fan("guide", **touched), CARL).referral is Outcome.ONESELF
    with travellers.db.reading() as session:
        assert session.scalars(select(Referral)).one().referrer_staff_id == guide
        events = session.execute(select(ChannelEvent.deed, ChannelEvent.who).order_by(ChannelEvent.id)).all()
    assert events == [("bind", "member"), ("bind", "staff")]
    with travellers.db.reading() as session:
        assert session.scalar(select(func.count(Fan.id)).where(Fan.member_id.is_not(None))) == 2
