"""Whether codes can reach telephones: the gateways of the settings, and what each needs."""

from collections.abc import Iterator

from bot.config import SmsConfig
from bot.doctor.findings import Finding, advice, good, wrong
from bot.runtime import Runtime
from bot.told import told

NEEDS = {
    "aliyun": ("aliyun_key_id", "aliyun_secret", "aliyun_template"),
    "tencent": ("tencent_key_id", "tencent_secret", "tencent_app_id", "tencent_template"),
    "simulator": (),
}


def gateways(runtime: Runtime) -> Iterator[Finding]:
    """Look whether somebody sends codes. Nothing is sent: each message costs."""
    config = runtime.config.sms
    if not config.first:
        yield advice(
            told("short messages"),
            told("no gateway"),
            told("set [sms] first, or nobody can bind a telephone"),
        )
        return
    if not runtime.config.privacy.keys or not runtime.config.privacy.index_key:
        yield wrong(told("short messages"), told("no keys"), told("set [privacy] keys and index_key"))
    for name in filter(None, (config.first, config.second)):
        yield _gateway(config, name, has_simulator=bool(runtime.config.wechat.api_base))


def _gateway(config: SmsConfig, name: str, *, has_simulator: bool) -> Finding:
    subject = told("short messages: %(name)s", name=name)
    missing = [key for key in NEEDS[name] if not getattr(config, key)]
    if missing:
        return wrong(subject, told("%(names)s not set", names=", ".join(missing)), told("fill in [sms]"))
    if name == "simulator" and not has_simulator:
        return wrong(
            subject, told("no simulator"), told("set [sms] first to a provider, or [wechat] api_base")
        )
    return good(subject, told("set up"))
