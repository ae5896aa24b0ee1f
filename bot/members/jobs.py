"""What is done for members outside their transactions."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from sqlalchemy import select
from sqlalchemy.orm import Session

from bot.audit import Actor
from bot.db import utc_now
from bot.errors import FanUnreachable
from bot.fans import withholding
from bot.fans.models import Fan, Standing
from bot.members import binding, codes, erasing, identities, limits, reminders, staff, standing
from bot.members import export as exporting
from bot.members.importing import batch as importing
from bot.members.models import IdentityKind, PrivacyRequest
from bot.outbox.outcomes import Pointless
from bot.privacy import NoKeys, vault_of

if TYPE_CHECKING:
    from bot.runtime import Runtime


def remind(runtime: "Runtime", fan_id: int, moment: str) -> None:
    """Remind a fan that they may bind, with the way there, unless they were lately.

    Run twice: what was said counts, and is not said again so soon.
    """
    base = runtime.config.server.public_url
    if not base or not runtime.config.sms.first:
        raise Pointless("nobody can bind yet: [server] public_url or [sms] first is not set")
    now = utc_now()
    with runtime.db.transaction() as session:
        fan = session.get_one(Fan, fan_id)
        if fan.standing == Standing.LEFT or not reminders.due(
            session, fan_id=fan_id, is_member=fan.member_id is not None, moment=moment, now=now
        ):
            return
        account = runtime.account_by_id(fan.account_id)
    if not _say(runtime, [fan], reminders.words(f"{base}/h5/{account.name}/bind")):
        raise Pointless("WeChat takes no message to the fan now")


def export(runtime: "Runtime", request_id: int, *, more: Sequence[exporting.Chapter] = ()) -> None:
    """Make the file a member asked for, with the chapters of the nouns above us.

    Run twice: a finished request stays as it is.
    """
    vault = vault_of(runtime.config.privacy)
    with runtime.db.transaction() as session:
        request = session.get_one(PrivacyRequest, request_id, with_for_update=True)
        exporting.put(session, vault, request, now=utc_now(), more=more)


def import_rows(runtime: "Runtime", batch_id: int) -> None:
    """Do a slice of an import. Run twice: parts that were committed are not taken in again."""
    importing.run(runtime.db, vault_of(runtime.config.privacy), batch_id, now=utc_now())


def obey_revoke(runtime: "Runtime", fan_id: int) -> None:
    """Forget the UnionID of a fan who took back what they had granted. Run twice: it is forgotten."""
    vault = vault_of(runtime.config.privacy)
    with runtime.db.transaction() as session:
        fan = standing.locked(session, fan_id)
        if fan.unionid and (known := identities.find(session, vault, IdentityKind.UNIONID, fan.unionid)):
            identities.release(known, "revoked", now=utc_now())
        withholding.withhold(session, fan, now=utc_now())


def obey_cancellation(runtime: "Runtime", fan_id: int) -> None:
    """Erase the member of a fan who closed their WeChat account. Run twice: nobody is left to erase.

    A member with another WeChat that still follows only loses this one.
    """
    now = utc_now()
    with runtime.db.transaction() as session:
        fan = session.get_one(Fan, fan_id)
        if fan.member_id is not None and len(_fans(session, fan.member_id)) > 1:
            binding.unbind(session, vault_of(runtime.config.privacy), fan_id=fan_id, now=now)
        else:
            erasing.erase(session, fan_id=fan_id, now=now, by=Actor("wechat"))


def forget_withdrawn(runtime: "Runtime", member_id: int) -> None:
    """Erase a member who withdrew and did not come back, once their time is over; before that, promise it.

    Run twice: they are erased, or it is promised, already.
    """
    now, days = utc_now(), runtime.config.privacy.withdrawn_days
    with runtime.db.transaction() as session:
        if not erasing.later(session, member_id, days=days, now=now):
            erasing.erase_member(session, member_id, now=now, by=Actor("clock"))


def recognise(runtime: "Runtime", staff_id: int | None = None, member_id: int | None = None) -> None:
    """Sign in or out whom a changed number or employment concerns. Run twice: they are as they should be."""
    vault = vault_of(runtime.config.privacy)
    with runtime.db.reading() as session:
        concerned = staff.concerned(session, vault, staff_id=staff_id, member_id=member_id)
    for fan_id in concerned:
        with runtime.db.transaction() as session:
            staff.recognise(session, vault, fan_id=fan_id, now=utc_now())


def tidy(runtime: "Runtime") -> None:
    """Delete codes and counts whose time is over, and sign out who works here no longer.

    Run twice: there is less to do.
    """
    while _forget_some(runtime):
        pass
    try:
        vault = vault_of(runtime.config.privacy)
    except NoKeys:
        return
    with runtime.db.reading() as session:
        gone = staff.outdated(session)
    for fan_id in gone:
        with runtime.db.transaction() as session:
            staff.recognise(session, vault, fan_id=fan_id, now=utc_now())


def _forget_some(runtime: "Runtime") -> bool:
    with runtime.db.transaction() as session:
        now = utc_now()
        return bool(codes.forget(session, now=now) + limits.forget(session, now=now))


def _fans(session: Session, member_id: int | None) -> list[Fan]:
    wanted = select(Fan).where(Fan.member_id == member_id, Fan.standing != Standing.LEFT.value)
    return list(session.scalars(wanted.order_by(Fan.last_message_at.desc())))


def _say(runtime: "Runtime", fans: list[Fan], words: str) -> bool:
    """Say it to the first fan WeChat lets us write to; False if there is none."""
    for fan in fans:
        account = runtime.account_by_id(fan.account_id)
        try:
            runtime.wechat.of(account.name).send(fan.openid, {"msgtype": "text", "text": {"content": words}})
        except FanUnreachable:
            continue
        return True
    return False
