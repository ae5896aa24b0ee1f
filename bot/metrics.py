"""What is counted, under the names that dashboards rely on (`docs/operations.md`).

Every process of a host writes into files under `PROMETHEUS_MULTIPROC_DIR`, so
that one `/metrics` answers for all of them.  `python -m bot` sets the variable
before this module is imported; without it the figures are this process's own.
"""

from functools import cache

from prometheus_client import Counter, Histogram

MESSAGES = Counter(
    "yizhan_messages_total",
    "Pushes from WeChat by account, kind and outcome (answered, silent, repeated, refused, failed).",
    ["account", "kind", "outcome"],
)
MESSAGE_SECONDS = Histogram(
    "yizhan_message_seconds",
    "From the first byte of a push to its answer.",
    buckets=(0.002, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2, 4, 5),
)
WECHAT_CALLS = Counter(
    "yizhan_wechat_calls_total",
    "Calls to WeChat by account, path and errcode (0 is success, none is no answer).",
    ["account", "call", "code"],
)


@cache
def messages(account: str, kind: str, outcome: str) -> Counter:
    """Return the counter of these labels, which must be few: finding it again costs more than counting."""
    return MESSAGES.labels(account, kind, outcome)
