"""What a person reads once everything is up, or is not."""

import unicodedata
from collections.abc import Sequence
from pathlib import Path

from bot.config import Config
from bot.supervisor.readiness import answers, base_url

RULE = "─" * 74
# The simulator's pages for people, and its control API for programs.
FACES = (
    ("手机", "phone", "/phone"),
    ("客服台", "desk", "/desk"),
    ("控制室", "control", "/control"),
    ("控制接口", "control API", "/sim/"),
)


def ready(config: Config, file: Path, told: str, *, is_demo: bool) -> str:
    """Return the block that says what runs where, what to try, and how to stop. `told` is the demo's news."""
    url = base_url(config)
    workers = config.outbox.workers
    parts = ["web", f"worker × {workers}" if workers > 1 else "worker", "clock"]
    parts += [] if config.redis.url else ["redis"]
    parts += ["simulator"] if is_demo else []
    public = config.server.public_url or url
    rows = [("运行中", "running", " · ".join(parts))]
    rows += [(account.name, account.kind, f"{public}/wechat/{account.name}") for account in config.accounts]
    if is_demo:
        pages = [(chinese, english, f"{config.wechat.api_base}{path}") for chinese, english, path in FACES]
        rows += [page for page in pages if answers(page[2])]
    rows += [
        ("后台", "back office", f"{url}/admin/"),
        ("状态", "health", f"{url}/readyz"),
        ("指标", "metrics", f"{url}/metrics"),
        ("日志", "logs", f"{Path(config.server.folder) / 'log'}/"),
        ("设置", "settings", str(file)),
    ]
    rows += [_row(line) for line in told.splitlines() if line.strip()]
    if is_demo:
        rows.append(("试一试", "try", "make story"))
    rows.append(("停止", "stop", "Ctrl-C"))
    lines = [_line(*row) for row in rows]
    return "\n".join(["", RULE, "  驿站已就绪    Yizhan is ready", RULE, *lines, RULE])


def not_ready(config: Config, told: str, reasons: Sequence[str]) -> str:
    """Return what is still missing after the patience is at its end; everything keeps running."""
    lines = [f"    {reason}" for reason in reasons]
    return "\n".join(
        [
            "",
            "尚未就绪，各进程继续运行。  Not ready yet; the processes keep running. Missing:",
            *lines,
            f"    现在的状态  look again: {base_url(config)}/readyz",
            f"    日志  logs: {Path(config.server.folder) / 'log'}/",
            *(_line(*_row(line)) for line in told.splitlines() if line.strip()),
        ]
    )


def _row(line: str) -> tuple[str, str, str]:
    """Return the demo's `中文|English|value`, or a line of its own."""
    chinese, _, rest = line.partition("|")
    english, _, value = rest.partition("|")
    return chinese, english, value


def _line(chinese: str, english: str, value: str) -> str:
    return f"  {_padded(chinese, 10)}{_padded(english, 14)}{value}"


def _padded(text: str, width: int) -> str:
    taken = sum(2 if unicodedata.east_asian_width(letter) in "WF" else 1 for letter in text)
    return text + " " * max(1, width - taken)
