"""What WeChat reports of a mass send (MASSSENDJOBFINISH). Nobody waits for an answer to it."""

from bot.router import Incoming, Router
from bot.wechat.contents import MassFinished

router = Router("mass")


@router.event("masssendjobfinish")
def mass_send_finished(incoming: Incoming) -> None:
    """Say nothing, and note how it went."""
    said = incoming.message.content
    if not isinstance(said, MassFinished) or not said.msg_id:
        return
    counts = {"total": said.total, "filtered": said.filtered, "sent": said.sent, "failed": said.failed}
    report = {"msg_id": said.msg_id, "status": said.status, **counts}
    incoming.promise("broadcasts.finish", {"account_id": incoming.account.id, "report": report})
