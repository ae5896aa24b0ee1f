"""Learning from WeChat what a push does not say of a fan."""

from typing import TYPE_CHECKING

from bot.fans.models import Fan

if TYPE_CHECKING:
    from bot.runtime import Runtime


def complete(runtime: "Runtime", fan_id: int) -> None:
    """Fetch a fan's UnionID and how they found us, and keep them.

    Run twice: the same facts are written again. Blank fields never overwrite
    what is known: WeChat has not told names or pictures since 2021, and tells
    nothing of someone who left (protocol §4.3). An account without the right
    raises `NotPermitted`.
    """
    with runtime.db.reading() as session:
        fan = session.get_one(Fan, fan_id)
        account = runtime.account_by_id(fan.account_id)
    facts = runtime.wechat.of(account.name).user_info(fan.openid)
    with runtime.db.transaction() as session:
        # The webhook may be writing this row; only the two columns that are ours to write change.
        fan = session.get_one(Fan, fan_id, with_for_update=True)
        fan.unionid = facts.get("unionid") or fan.unionid
        fan.subscribe_scene = facts.get("subscribe_scene") or fan.subscribe_scene
