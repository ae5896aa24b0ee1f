"""Settings: one TOML file, frozen dataclasses, and a start-up that stops at the first wrong key.

Every setting is a field of a dataclass below; `config.example.toml` shows them
all (a test holds it to that).  Secrets may come from a file (`app_secret_file`)
or from the environment (`YIZHAN_DATABASE_URL`, `YIZHAN_ACCOUNTS_HEAD_APP_SECRET`).
"""

import os
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

from bot.config_reading import read_section
from bot.errors import ConfigError

Kind = Literal["service", "subscription"]
Mode = Literal["plain", "compatible", "safe"]


@dataclass(frozen=True, slots=True)
class ServerConfig:
    """Where we listen, and where travellers' phones find us."""

    host: str = "127.0.0.1"
    port: int = field(default=8000, metadata={"between": (1, 65535)})
    public_url: str = field(default="", metadata={"url": True})
    folder: str = "var"
    proxies: int = field(default=0, metadata={"between": (0, 9)})
    processes: int = field(default=1, metadata={"between": (1, 64)})
    threads: int = field(default=64, metadata={"between": (1, 512)})


@dataclass(frozen=True, slots=True)
class DatabaseConfig:
    """The truth."""

    url: str = field(default="sqlite:///var/yizhan.db", metadata={"secret": True})
    pool_size: int = field(default=8, metadata={"between": (1, 200)})
    replica_url: str = field(default="", metadata={"secret": True})
    replica_lag_seconds: int = field(default=30, metadata={"between": (5, 3600)})
    sqlite_synchronous: Literal["full", "normal"] = "full"


@dataclass(frozen=True, slots=True)
class RedisConfig:
    """The fast lane; empty means a server of our own under `var/`."""

    url: str = field(default="", metadata={"secret": True})


@dataclass(frozen=True, slots=True)
class WeChatConfig:
    """How we call WeChat."""

    api_base: str = field(default="", metadata={"url": True})
    timeout_seconds: float = field(default=5.0, metadata={"between": (0.1, 60)})


@dataclass(frozen=True, slots=True)
class WebhookConfig:
    """What we accept from WeChat, and how long we may take to answer."""

    max_body_bytes: int = field(default=65536, metadata={"between": (1024, 1048576)})
    freshness_seconds: int = field(default=300, metadata={"between": (0, 86400)})
    budget_seconds: float = field(default=4.0, metadata={"between": (0.1, 4.8)})


@dataclass(frozen=True, slots=True)
class OutboxConfig:
    """How promises are kept."""

    workers: int = field(default=1, metadata={"between": (1, 64)})
    lease_seconds: int = field(default=60, metadata={"between": (1, 3600)})
    attempts: int = field(default=8, metadata={"between": (1, 50)})
    keep_days: int = field(default=30, metadata={"between": (1, 3650)})


@dataclass(frozen=True, slots=True)
class PrivacyConfig:
    """What personal data is sealed with, newest key first, and how long it stays.

    Why so: docs/decisions/0011-phone-numbers.md, docs/privacy.md.
    """

    keys: str = field(
        default="",
        metadata={"secret": True, "pattern": r"([a-z0-9]{1,16}:[A-Za-z0-9+/]{43}=([\s,]+|$))*"},
    )
    index_key: str = field(default="", metadata={"secret": True, "pattern": r"([A-Za-z0-9+/]{43}=)?"})
    leave_days: int = field(default=30, metadata={"between": (0, 365)})
    withdrawn_days: int = field(default=365, metadata={"between": (0, 3650)})
    message_months: int = field(default=24, metadata={"between": (2, 120)})
    desk_months: int = field(default=24, metadata={"between": (2, 120)})
    event_months: int = field(default=36, metadata={"between": (3, 120)})


@dataclass(frozen=True, slots=True)
class H5Config:
    """The pages inside WeChat. `keys` sign their cookies: the newest, and the one before it."""

    keys: str = field(
        default="", metadata={"secret": True, "pattern": r"\s*([A-Za-z0-9+/]{43}=([\s,]+|$)){0,2}"}
    )


@dataclass(frozen=True, slots=True)
class SmsConfig:
    """Who sends short messages (docs/decisions/0019-sms.md); without a first gateway nobody does."""

    first: Literal["", "simulator", "aliyun", "tencent"] = ""
    second: Literal["", "simulator", "aliyun", "tencent"] = ""
    sign: str = field(default="驿站", metadata={"pattern": r".{2,16}"})
    daily_limit: int = field(default=5000, metadata={"between": (1, 1_000_000)})
    part_mills: int = field(default=45, metadata={"between": (0, 10_000)})
    keep_days: int = field(default=180, metadata={"between": (1, 3650)})
    receipt_secret: str = field(default="", metadata={"secret": True, "pattern": r"([A-Za-z0-9]{16,64})?"})
    aliyun_key_id: str = field(default="", metadata={"secret": True})
    aliyun_secret: str = field(default="", metadata={"secret": True})
    aliyun_template: str = field(default="", metadata={"pattern": r"(SMS_\d{1,20})?"})
    aliyun_notice_template: str = field(default="", metadata={"pattern": r"(SMS_\d{1,20})?"})
    tencent_key_id: str = field(default="", metadata={"secret": True})
    tencent_secret: str = field(default="", metadata={"secret": True})
    tencent_app_id: str = field(default="", metadata={"pattern": r"\d{0,20}"})
    tencent_template: str = field(default="", metadata={"pattern": r"\d{0,20}"})
    tencent_notice_template: str = field(default="", metadata={"pattern": r"\d{0,20}"})
    tencent_region: str = field(default="ap-guangzhou", metadata={"pattern": r"[a-z]+-[a-z]+"})


@dataclass(frozen=True, slots=True)
class PurchasesConfig:
    """Purchases entered by hand or by sheet."""

    approve_above_yuan: int = field(default=2000, metadata={"between": (0, 10_000_000)})


@dataclass(frozen=True, slots=True)
class PointsConfig:
    """What points are worth where they are reported as money the group owes."""

    per_yuan: int = field(default=100, metadata={"between": (1, 1_000_000)})


@dataclass(frozen=True, slots=True)
class ReachConfig:
    """How fast people are written to of our own accord (docs/decisions/0026-the-send-planner.md)."""

    calls_per_second: float = field(default=40.0, metadata={"between": (0.1, 5000)})
    threads: int = field(default=8, metadata={"between": (1, 64)})


@dataclass(frozen=True, slots=True)
class FanSyncConfig:
    """How fast, and when, fans are reconciled with WeChat (docs/fan-sync.md). -1 is never by itself."""

    calls_per_second: float = field(default=20.0, metadata={"between": (2, 500)})
    calls_at_once: int = field(default=4, metadata={"between": (1, 32)})
    nightly_hour: int = field(default=3, metadata={"between": (-1, 23)})


@dataclass(frozen=True, slots=True)
class LogConfig:
    """What is written down while we work."""

    level: Literal["debug", "info", "warning", "error"] = "info"
    format: Literal["json", "text"] = "json"


@dataclass(frozen=True, slots=True)
class AccountConfig:
    """One official account. `name` is its place in our URLs: /wechat/<name>."""

    name: str = field(metadata={"pattern": r"[a-z0-9][a-z0-9-]{0,31}"})
    app_id: str = field(metadata={"pattern": r"[A-Za-z0-9_]{6,64}"})
    app_secret: str = field(metadata={"secret": True})
    token: str = field(metadata={"secret": True, "pattern": r"[A-Za-z0-9]{3,32}"})
    kind: Kind = "service"
    encoding_aes_key: str = field(default="", metadata={"secret": True, "pattern": r"([A-Za-z0-9]{43})?"})
    mode: Mode = "safe"
    original_id: str = field(default="", metadata={"pattern": r"(gh_[A-Za-z0-9_]{1,40})?"})


@dataclass(frozen=True, slots=True)
class Config:
    """Everything an operator can set."""

    server: ServerConfig = ServerConfig()
    database: DatabaseConfig = DatabaseConfig()
    redis: RedisConfig = RedisConfig()
    wechat: WeChatConfig = WeChatConfig()
    webhook: WebhookConfig = WebhookConfig()
    outbox: OutboxConfig = OutboxConfig()
    privacy: PrivacyConfig = PrivacyConfig()
    h5: H5Config = H5Config()
    sms: SmsConfig = SmsConfig()
    purchases: PurchasesConfig = PurchasesConfig()
    points: PointsConfig = PointsConfig()
    reach: ReachConfig = ReachConfig()
    fan_sync: FanSyncConfig = FanSyncConfig()
    log: LogConfig = LogConfig()
    accounts: tuple[AccountConfig, ...] = ()


def secrets(config: Config) -> list[str]:
    """Return every secret of the settings, for the log filter that keeps them out."""
    found = [config.database.url, config.database.replica_url, config.redis.url]
    found += [config.privacy.keys, config.privacy.index_key]
    found += [key.partition(":")[2] for key in config.privacy.keys.replace(",", " ").split()]
    found += config.h5.keys.replace(",", " ").split()
    sms = config.sms
    found += [
        sms.receipt_secret,
        sms.aliyun_key_id,
        sms.aliyun_secret,
        sms.tencent_key_id,
        sms.tencent_secret,
    ]
    for account in config.accounts:
        found += [account.app_secret, account.token, account.encoding_aes_key]
    return [secret for secret in found if secret]


SECTIONS: dict[str, type] = {
    "server": ServerConfig,
    "database": DatabaseConfig,
    "redis": RedisConfig,
    "wechat": WeChatConfig,
    "webhook": WebhookConfig,
    "outbox": OutboxConfig,
    "privacy": PrivacyConfig,
    "h5": H5Config,
    "sms": SmsConfig,
    "purchases": PurchasesConfig,
    "points": PointsConfig,
    "reach": ReachConfig,
    "fan_sync": FanSyncConfig,
    "log": LogConfig,
}


def load(path: Path, environ: Mapping[str, str] = os.environ) -> Config:
    """Read the settings from `path` and `environ`.

    Raise `ConfigError` with one line naming file, key, reason and remedy when
    anything is unknown, missing or out of range.
    """
    try:
        document = tomllib.loads(path.read_text("utf-8"))
    except FileNotFoundError:
        raise ConfigError(f"{path}: no such file; copy config.example.toml and fill it in") from None
    except OSError as error:
        raise ConfigError(f"{path}: cannot be read ({error.strerror}); check its owner and mode") from None
    except UnicodeDecodeError:
        raise ConfigError(f"{path}: not UTF-8; save it as UTF-8") from None
    except tomllib.TOMLDecodeError as error:
        raise ConfigError(f"{path}: not valid TOML ({error}); mend that line") from None
    return parse(document, environ=environ, source=str(path), folder=path.parent)


def parse(
    document: Mapping[str, Any], *, environ: Mapping[str, str], source: str, folder: Path = Path()
) -> Config:
    """Build the settings from an already read TOML `document`; raise `ConfigError` as `load` does."""
    for section in document:
        if section not in SECTIONS and section != "accounts":
            known = ", ".join([*SECTIONS, "accounts"])
            raise ConfigError(f"{source}: [{section}]: unknown section; the sections are {known}")
    sections = {
        name: read_section(
            kind,
            document.get(name, {}),
            where=f"{source}: [{name}]",
            environ=environ,
            prefix=f"YIZHAN_{name.upper()}_",
            folder=folder,
        )
        for name, kind in SECTIONS.items()
    }
    accounts = _accounts(document.get("accounts", []), environ=environ, source=source, folder=folder)
    return Config(**sections, accounts=accounts)


def _accounts(
    rows: object, *, environ: Mapping[str, str], source: str, folder: Path
) -> tuple[AccountConfig, ...]:
    if not isinstance(rows, list):
        raise ConfigError(f"{source}: accounts: not a list of tables; write [[accounts]] with two brackets")
    accounts: list[AccountConfig] = []
    for number, row in enumerate(rows, start=1):
        name = row.get("name", number) if isinstance(row, dict) else number
        where = f"{source}: [[accounts]] {name}"
        prefix = f"YIZHAN_ACCOUNTS_{str(name).upper().replace('-', '_')}_"
        account: AccountConfig = read_section(
            AccountConfig, row, where=where, environ=environ, prefix=prefix, folder=folder
        )
        if account.mode != "plain" and not account.encoding_aes_key:
            raise ConfigError(
                f"{where}: encoding_aes_key: missing while mode is {account.mode}; "
                'copy the 43 characters from the console, or set mode = "plain" there and here'
            )
        for other in accounts:
            for key in ("name", "app_id"):
                if getattr(other, key) == getattr(account, key):
                    raise ConfigError(f"{where}: {key}: used by two accounts; each account needs its own")
        accounts.append(account)
    return tuple(accounts)
