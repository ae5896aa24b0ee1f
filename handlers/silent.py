"""What WeChat tells us that nobody waits for an answer to.

Each is kept as a message row all the same, which is all that is done with it
until the noun it concerns takes it over.
"""

from bot.materials.jobs import wish_for
from bot.router import Incoming, Router

router = Router("silent")


@router.event("location")
def reported_position(_incoming: Incoming) -> None:
    """Say nothing: WeChat reports a position whenever the chat is opened."""


@router.event("publishjobfinish")
def publication_finished(incoming: Incoming) -> None:
    """Say nothing, and ask WeChat how the publication ended: what a push says is a hint (protocol §8.7)."""
    wish = wish_for(incoming.account.name, now=incoming.now)
    incoming.promise(wish.job, wish.arguments, key=wish.key)


@router.event(
    "card_pass_check",
    "card_not_pass_check",
    "user_get_card",
    "user_gifting_card",
    "user_del_card",
    "user_consume_card",
    "user_pay_from_pay_cell",
    "user_view_card",
    "user_enter_session_from_card",
    "update_member_card",
    "card_sku_remind",
    "card_pay_order",
    "submit_membercard_user_info",
)
def card(_incoming: Incoming) -> None:
    """Say nothing: WeChat's own cards are not ours."""


@router.event("user_info_modified")
def profile_changed(_incoming: Incoming) -> None:
    """Say nothing: we keep neither name nor picture from WeChat."""


@router.event("user_authorization_revoke")
def grant_revoked(incoming: Incoming) -> None:
    """Let go of the UnionID, which the page learned from what the traveller now takes back."""
    if incoming.sender is not None:
        incoming.promise("members.obey_revoke", {"fan_id": incoming.fan.id})


@router.event("user_authorization_cancellation")
def grant_cancelled(incoming: Incoming) -> None:
    """Erase the member: the traveller closed their WeChat account."""
    if incoming.sender is not None:
        incoming.promise("members.obey_cancellation", {"fan_id": incoming.fan.id})


@router.event(
    "qualification_verify_success",
    "qualification_verify_fail",
    "naming_verify_success",
    "naming_verify_fail",
    "annual_renew",
    "verify_expired",
)
def verification(_incoming: Incoming) -> None:
    """Say nothing: the platform writes to the account's owner."""
