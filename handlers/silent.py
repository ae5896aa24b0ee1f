"""What WeChat tells us that nobody waits for an answer to.

Each is kept as a message row all the same, which is all that is done with it
until the noun it concerns takes it over.
"""

from bot.router import Incoming, Router

router = Router("silent")


@router.event("location")
def reported_position(_incoming: Incoming) -> None:
    """Say nothing: WeChat reports a position whenever the chat is opened."""


@router.event("templatesendjobfinish", "masssendjobfinish", "publishjobfinish")
def job_finished(_incoming: Incoming) -> None:
    """Say nothing: the platform reports on work of ours."""


@router.event("subscribe_msg_popup_event", "subscribe_msg_change_event", "subscribe_msg_sent_event")
def notice_settings(_incoming: Incoming) -> None:
    """Say nothing: the traveller chose which notices to receive."""


@router.event("kf_create_session", "kf_close_session", "kf_switch_session")
def agent_session(_incoming: Incoming) -> None:
    """Say nothing: an agent is talking."""


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


@router.event("user_info_modified", "user_authorization_revoke", "user_authorization_cancellation")
def consent_changed(_incoming: Incoming) -> None:
    """Say nothing: the traveller changed what they had granted."""


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
