"""What the platform does where its documentation is silent or contradicts itself ([U] in the protocol).

Everything here can be read and changed while the simulator runs, at `/sim/settings`.
"""

from dataclasses import dataclass, field, fields
from typing import Any

DAY = 86_400


@dataclass
class Settings:
    """Every choice the protocol leaves open, with the value most people report."""

    # Pushes (protocol §1.2, §1.3)
    push_timeout: float = 5.0
    push_attempts: int = 3
    push_retry_delay: float = 0.0
    push_fresh_signature: bool = True
    push_openid: bool = True
    push_encrypt_type_raw: bool = False
    push_in_order: bool = True
    push_success_statuses: list[int] = field(default_factory=lambda: [200])
    failure_notice_names_kind: bool = False  # 该服务号 instead of 该公众号 for service accounts
    menu_id_in_view: bool = True

    # Passive replies (protocol §1.6)
    reply_text_bytes: int = 2048
    reply_overlong: str = "drop"  # or "fail"
    reply_articles_to_message: int = 1
    reply_articles_to_event: int = 8
    reply_extra_articles: str = "fail"  # or "cut"

    # Tokens, addresses (protocol §2)
    token_seconds: int = 7200
    token_overlap: int = 300
    stable_force_interval: int = 30
    stable_force_per_day: int = 20
    stable_per_minute: int = 10_000
    ip_refusal_code: int = 40164  # the 2025 guide says 61004
    ticket_seconds: int = 7200
    json_content_type: str = "application/json; encoding=utf-8"
    daily_limits: dict[str, int] = field(default_factory=dict)  # path: limit, over the table in quotas.py

    # Customer-service messages: how many, for how long, after which trigger (protocol §6.5)
    window_message: list[int] = field(default_factory=lambda: [5, 2 * DAY])
    window_menu: list[int] = field(default_factory=lambda: [3, 60])
    window_follow: list[int] = field(default_factory=lambda: [3, 60])
    window_scan: list[int] = field(default_factory=lambda: [3, 60])
    window_pay: list[int] = field(default_factory=lambda: [1_000_000, 2 * DAY])
    typing_window: int = 30
    custom_unfollowed_code: int = 43004  # or 45015

    # Fans and tags (protocol §4)
    tags_per_account: int = 100
    tags_per_fan: int = 20
    tag_batch: int = 50
    tag_name_bytes: int = 30
    tag_delete_fans: int = 100_000
    fan_page: int = 10_000
    blacklist_page: int = 1_000
    blacklist_batch: int = 20
    info_batch: int = 100
    remark_chars: int = 30
    unknown_openid_code: int = 40003  # or 49003
    remark_service_only: bool = False
    unfollow_clears_tags: bool = True

    # Codes and short keys (protocol §5)
    code_default_seconds: int = 60
    code_max_seconds: int = 30 * DAY
    code_permanent_limit: int = 100_000
    code_permanent_reused: bool = True
    short_key_unverified: bool = False

    # Menus (protocol §3, §11.1)
    menu_unverified_service: bool = False
    menu_platform_rule: bool = True
    menu_domains: int = 3
    menu_conditional_limit: int = 100

    # Customer service (protocol §6)
    kf_limit: int = 100
    kf_invite_seconds: int = DAY
    kf_events: bool = True
    kf_close_type: str = ""  # CloseType of kf_close_session; left out when empty
    kf_transfer_to_absent: str = "strand"  # or "queue"
    kf_session_pushes: bool = True  # the bot still gets what travellers write to an agent
    kf_record_span: int = DAY
    kf_record_page: int = 10_000
    kf_wait_page: int = 100

    # Web authorisation (protocol §9)
    oauth_code_seconds: int = 300
    oauth_refresh_seconds: int = 30 * DAY
    oauth_silent_after_consent: bool = True
    oauth_refusal_redirects: bool = False  # back to the page without a code, instead of staying
    snapshot_without_tap: bool = False
    snapshot_flag_late: bool = False

    # Notices, mass sending, publishing (protocol §7, §8)
    job_seconds: float = 0.3
    template_limit: int = 25
    template_dedup_seconds: int = 600
    subscription_bizsend: bool = False
    mass_confirm: str = "auto"  # or "admin"
    mass_confirm_seconds: int = 1800
    mass_per_fan_month: int = 4
    mass_to_all_per_day: int = 1
    mass_subscription_per_day: int = 1
    mass_client_id_bytes: int = 64
    mass_client_id_seconds: int = DAY
    mass_client_id_retry_seconds: int = 0  # a repeat within so many seconds gets 45066 instead of 45065
    mass_per_minute: int = 60
    mass_min_openids: int = 2
    mass_max_openids: int = 10_000
    media_seconds: int = 3 * DAY
    material_limits: dict[str, int] = field(
        default_factory=lambda: {"image": 100_000, "voice": 1_000, "video": 1_000, "thumb": 1_000}
    )

    # Statistics, migration (protocol §10, §11.2)
    datacube_ready_hour: int = 8
    changeopenid_by_original_id: bool = False
    changeopenid_code_before: int = 63178

    # The simulator's own bounds
    bubbles_kept: int = 500
    traffic_kept: int = 2000

    def change(self, wanted: dict[str, Any]) -> None:
        """Change the named settings; if one is wrong, raise ValueError with the remedy and change nothing."""
        known = {each.name: getattr(self, each.name) for each in fields(self)}
        for name, value in wanted.items():
            if name not in known:
                raise ValueError(f"no setting is called {name!r}; GET /sim/settings lists them")
            expected = type(known[name])
            if expected is float and type(value) is int:
                continue
            if type(value) is not expected:
                raise ValueError(f"setting {name!r} wants {expected.__name__}, not {value!r}")
        for name, value in wanted.items():
            setattr(self, name, value)
