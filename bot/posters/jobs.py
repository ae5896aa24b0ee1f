"""Drawing and sending posters that were asked for in the chat."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, NoReturn

import posters
from bot.channels import jobs as channels
from bot.channels.quota import NoCodesLeft
from bot.db import utc_now
from bot.errors import BadRequest, FanUnreachable, WeChatError, WeChatUnavailable, YizhanError
from bot.fans.models import Fan, Standing
from bot.organisation.models import Staff
from bot.outbox.outcomes import Pointless
from bot.posters import codes, making, orders, portraits
from bot.posters.designs import NoSuchDesign
from bot.posters.making import CodeRetired, NotAtWork, Poster
from bot.posters.models import OrderState, PosterOrder
from bot.queue import SECONDS_TO_INSIST
from bot.reach.judging import Facts, window

if TYPE_CHECKING:
    from bot.runtime import Runtime

NOT_KNOWN = 40007  # to the account: a file whose three days are over
REFUSALS: dict[type[Exception], str] = {
    CodeRetired: "您的海报二维码已停用。请联系店长在后台恢复，之后再来取海报。",
    NotAtWork: "没有找到您在门店的登记。请店长在后台核对后，再来取海报。",
    NoSuchDesign: "门店现在没有可用的海报样式。上架新样式后，在这里回复“海报”就能取到。",
    NoCodesLeft: "暂时不能生成新的海报二维码，我们已经记下来了。请过一会儿再试。",
    posters.PosterError: "这个样式暂时画不出来，我们已经记下来了。请从菜单打开“我的海报”，换一个样式再试。",
}
SILENT = "WeChat takes messages only within 48 hours after one"
UNKNOWN = "WeChat gave no answer, so it may have been sent"


@dataclass(frozen=True, slots=True)
class Addressee:
    """Whom an order is for."""

    order_id: int
    account_id: int
    account: str
    openid: str
    staff_id: int
    can_be_told: bool


def send(runtime: "Runtime", order_id: int) -> None:
    """Draw the poster of an order and send it as a picture.

    Run twice: an order is taken from `drawing` once, so it is sent once; the
    picture may be drawn twice.  After a crash while it was being sent nobody
    knows whether it was: it is not sent again but becomes a note, as it does
    when the fan was silent for too long.  What WeChat has already is not brought there again.
    """
    whom = _addressee(runtime, order_id)
    if whom is None:
        return
    try:
        one = _poster(runtime, whom)
        if not whom.can_be_told:
            _settle(runtime, order_id, OrderState.DRAWING, OrderState.NOTE, reason=SILENT)
            raise Pointless(SILENT)
        media_id = _media(runtime, whom, one)
    except tuple(REFUSALS) as error:
        _refuse(runtime, whom, error)
        return
    with runtime.db.transaction() as session:
        if not orders.move(session, order_id, OrderState.DRAWING, OrderState.SENDING):
            return
    _send(runtime, whom, media_id)


def tell_notes(runtime: "Runtime", fan_id: int) -> None:
    """Tell a fan who did something that their poster waits in its page.

    Run twice: a note is taken once; it waits again if WeChat does not let us.
    """
    with runtime.db.transaction() as session:
        taken = orders.tell(session, fan_id)
        fan = session.get_one(Fan, fan_id)
    if not taken:
        return
    account = runtime.account_by_id(fan.account_id)
    base = runtime.config.server.public_url
    link = f'<a href="{base}/h5/{account.name}/staff/poster">我的海报</a>' if base else "菜单里的“我的海报”"
    words = f"您上次要的海报已经备好，在这里打开：{link}"
    try:
        runtime.wechat.of(account.name).send(fan.openid, {"msgtype": "text", "text": {"content": words}})
    except FanUnreachable as error:
        with runtime.db.transaction() as session:
            for one in taken:
                orders.move(session, one, OrderState.TOLD, OrderState.NOTE)
        raise Pointless(str(error)) from error


def tidy(runtime: "Runtime") -> None:
    """Delete old orders, and pictures of people who work here no longer. Run twice: there is less to do."""
    while True:
        with runtime.db.transaction() as session:
            if not orders.forget(session, now=utc_now()) + portraits.forget(session):
                return


def _addressee(runtime: "Runtime", order_id: int) -> Addressee | None:
    """Return whom the order is for; None for one that needs nothing more."""
    with runtime.db.reading() as session:
        row = session.get(PosterOrder, order_id)
        if row is None:
            return None
        state = row.state
        fan = session.get_one(Fan, row.fan_id)
        account = runtime.account_by_id(fan.account_id)
        deeds = Facts(last_message_at=fan.last_message_at, last_interaction_at=fan.last_interaction_at)
        can_be_told = fan.standing != Standing.LEFT and window(deeds, utc_now()) is not None
        whom = Addressee(row.id, account.id, account.name, fan.openid, row.staff_id, can_be_told)
    if state == OrderState.SENDING:
        _settle(runtime, order_id, OrderState.SENDING, OrderState.NOTE, reason=UNKNOWN)
    return whom if state == OrderState.DRAWING else None


def _poster(runtime: "Runtime", whom: Addressee) -> Poster:
    """Return the poster, having WeChat make the person's code if it has not."""
    with runtime.db.transaction() as session:
        staff = session.get(Staff, whom.staff_id)
        if staff is None or not staff.active:
            raise NotAtWork(f"staff {whom.staff_id} works here no longer")
        code = codes.ensure(session, account_id=whom.account_id, staff=staff, now=utc_now())
    if not code.url and not code.is_retired:
        channels.make_code(runtime, code.channel_id)
    with runtime.db.reading() as session:
        return making.of(session, account_id=whom.account_id, staff_id=whom.staff_id, key=None, now=utc_now())


def _media(runtime: "Runtime", whom: Addressee, one: Poster) -> str:
    """Return where WeChat has the poster, having drawn it and brought it there if it has not."""
    now = utc_now()
    with runtime.db.reading() as session:
        known = orders.media_of(
            session, account_id=whom.account_id, staff_id=whom.staff_id, digest=one.digest, now=now
        )
    if known is None:
        picture = making.draw(one)
        known = runtime.wechat.of(whom.account).upload("image", "poster.jpg", picture)
    with runtime.db.transaction() as session:
        orders.note_media(
            session,
            whom.order_id,
            digest=one.digest,
            design_key=one.design.key,
            media_id=known,
            now=now,
        )
    return known


def _send(runtime: "Runtime", whom: Addressee, media_id: str) -> None:
    """Send the picture; back to `drawing` where it certainly was not taken and may be later."""
    try:
        message = {"msgtype": "image", "image": {"media_id": media_id}}
        runtime.wechat.of(whom.account).send(whom.openid, message)
    except FanUnreachable as error:
        _note(runtime, whom, str(error))
    except WeChatUnavailable as error:
        if error.code is None:
            _note(runtime, whom, UNKNOWN)
        _settle(runtime, whom.order_id, OrderState.SENDING, OrderState.DRAWING)
        raise
    except WeChatError as error:
        is_forgotten = isinstance(error, BadRequest) and error.code == NOT_KNOWN
        if is_forgotten:
            with runtime.db.transaction() as session:
                orders.lose_media(session, media_id)
        _settle(runtime, whom.order_id, OrderState.SENDING, OrderState.DRAWING)
        if is_forgotten:
            raise MediaForgotten("WeChat has the picture no longer; it is brought there anew") from error
        raise
    _settle(runtime, whom.order_id, OrderState.SENDING, OrderState.SENT, sent_at=utc_now())


def _note(runtime: "Runtime", whom: Addressee, reason: str) -> NoReturn:
    """Keep the order as a note for what the fan does next."""
    _settle(runtime, whom.order_id, OrderState.SENDING, OrderState.NOTE, reason=reason[:200])
    raise Pointless(reason)


class MediaForgotten(YizhanError):
    """Nobody's move: WeChat forgot a file before its time; the next attempt brings it there again."""

    retryable = True


def _refuse(runtime: "Runtime", whom: Addressee, error: Exception) -> None:
    """Say why there is no poster, once."""
    with runtime.db.transaction() as session:
        reason = str(error)[:200]
        if not orders.move(session, whom.order_id, OrderState.DRAWING, OrderState.REFUSED, reason=reason):
            return
    words = next(said for kind, said in REFUSALS.items() if isinstance(error, kind))
    try:
        message = {"msgtype": "text", "text": {"content": words}}
        runtime.wechat.of(whom.account).send(whom.openid, message)
    except FanUnreachable as unreachable:
        raise Pointless(str(unreachable)) from unreachable
    raise Pointless(reason)


def _settle(runtime: "Runtime", order_id: int, was: OrderState, to: OrderState, **values: object) -> None:
    """Write what became of an order, above all that WeChat has had it: the database is waited for."""
    runtime.db.insist(
        lambda session: orders.move(session, order_id, was, to, **values), seconds=SECONDS_TO_INSIST
    )
