"""Having WeChat make the codes of new channels."""

from typing import TYPE_CHECKING

from bot.channels.models import Channel

if TYPE_CHECKING:
    from bot.runtime import Runtime


def make_code(runtime: "Runtime", channel_id: int) -> None:
    """Ask WeChat for the permanent code of a channel and keep its ticket.

    Run twice: a channel that has its ticket is left alone; after a crash
    between WeChat's answer and our commit WeChat returns the same code again,
    because a permanent scene has one (protocol §5.1).
    """
    with runtime.db.reading() as session:
        channel = session.get(Channel, channel_id)
        if channel is None or channel.ticket:
            return
        account, scene = runtime.account_by_id(channel.account_id), channel.scene
    code = runtime.wechat.of(account.name).create_code("QR_LIMIT_STR_SCENE", scene)
    with runtime.db.transaction() as session:
        channel = session.get_one(Channel, channel_id)
        channel.ticket, channel.url = code["ticket"], code["url"]
