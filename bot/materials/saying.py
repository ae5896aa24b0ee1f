"""Sending an answer to a fan, its material brought to the account first where it is not there yet."""

from typing import TYPE_CHECKING

from bot.db import utc_now
from bot.errors import BadRequest
from bot.materials import known, places, uploading
from bot.materials.documents import Answer, OfMaterial
from bot.materials.models import Lifetime
from bot.outbox.outcomes import Pointless
from bot.wechat.custom_messages import to_custom_message
from bot.wechat.replies import Reply

if TYPE_CHECKING:
    from bot.router import Served
    from bot.runtime import Runtime

NOT_KNOWN = 40007  # to the account: an id that has ended, or another account's


def send(runtime: "Runtime", account: "Served", openid: str, answer: Answer) -> None:
    """Send `answer` as a customer-service message, and its file once more if WeChat has forgotten it.

    Raise `Pointless` for a material that is not to be had, and what the gateway raises.
    """
    line = runtime.wechat.of(account.name)
    said = given(runtime, account, answer)
    try:
        line.send(openid, to_custom_message(said))
    except BadRequest as error:
        if error.code != NOT_KNOWN or not isinstance(answer, OfMaterial):
            raise
        _forget(runtime, account, answer, said)
        line.send(openid, to_custom_message(given(runtime, account, answer)))


def given(runtime: "Runtime", account: "Served", answer: Answer) -> Reply:
    """Return what the account says, with its own media ids; a file that is not there yet is brought."""
    if not isinstance(answer, OfMaterial):
        return answer
    for is_last in (False, True):
        with runtime.db.reading() as session:
            book = known.load(session, answer.material_ids)
        said = known.reply(answer, book, account_id=account.id, now=utc_now())
        if said is not None:
            return said
        if is_last or answer.type == "news":
            break
        uploading.ensure(runtime, account, answer.material_ids[0], Lifetime.TEMPORARY)
    raise Pointless(f"{answer.type} of materials {answer.material_ids}: not to be had at {account.name}")


def _forget(runtime: "Runtime", account: "Served", answer: OfMaterial, said: Reply) -> None:
    media_id = getattr(said, "media_id", "") or getattr(said, "thumb_media_id", "")
    with runtime.db.transaction() as session:
        places.lost(session, account.id, answer.material_ids, media_id, now=utc_now())
