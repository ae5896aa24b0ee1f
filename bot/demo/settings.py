"""The settings of the demo: written once with secrets of their own, used again ever after."""

import base64
import os
import re
import secrets
import string
from pathlib import Path

FILE = Path("var/demo.toml")
PORT, SIMULATOR_PORT = 8000, 8090
LETTERS = string.ascii_letters + string.digits

TEMPLATE = """\
# The demo's settings, written by `python -m bot run`. Delete this file to have new secrets;
# config.example.toml explains every setting.
[server]
port = {port}
public_url = "http://127.0.0.1:{port}"

[database]
url = "sqlite:///var/demo.db"

[wechat]
api_base = "http://127.0.0.1:{simulator_port}"  # the simulated platform, not WeChat

[log]
format = "text"

{privacy}
{sms}
[[accounts]]
name = "head"
kind = "service"
app_id = "wx{head_id}"
app_secret = "{head_secret}"
token = "{head_token}"
encoding_aes_key = "{head_key}"
mode = "safe"
original_id = "gh_{head_original}"

[[accounts]]
name = "shanghai"
kind = "subscription"
app_id = "wx{shanghai_id}"
app_secret = "{shanghai_secret}"
token = "{shanghai_token}"
encoding_aes_key = "{shanghai_key}"
mode = "compatible"
original_id = "gh_{shanghai_original}"
"""


PRIVACY = """\
[privacy]
keys = "demo:{key}"
index_key = "{index_key}"
"""
SMS = """\
[sms]
first = "simulator"
"""


def ensure(*, port: int | None = None, simulator_port: int | None = None) -> Path:
    """Return the demo's settings file, written if it is not there.

    Ports that are given replace those in the file, for this and later starts.
    """
    if not FILE.exists():
        _write(_fresh(port or PORT, simulator_port or SIMULATOR_PORT))
        return FILE
    text = FILE.read_text("utf-8")
    # A file from before there were such keys gets its own.
    moved = text if "[privacy]" in text else f"{text}\n{_privacy()}"
    moved = moved if "[sms]" in moved else f"{moved}\n{SMS}"
    if port:
        moved = re.sub(r"(?m)^port = \d+", f"port = {port}", moved)
        moved = re.sub(r'(?m)^(public_url = "http://127\.0\.0\.1):\d+', rf"\1:{port}", moved)
    if simulator_port:
        moved = re.sub(r'(?m)^(api_base = "http://127\.0\.0\.1):\d+', rf"\1:{simulator_port}", moved)
    if moved != text:
        _write(moved)
    return FILE


def is_demo(path: Path) -> bool:
    """Tell whether `path` is the demo's own file, to which a simulator belongs."""
    return path.resolve() == FILE.resolve()


def _fresh(port: int, simulator_port: int) -> str:
    values: dict[str, object] = {"port": port, "simulator_port": simulator_port}
    values |= {"privacy": _privacy(), "sms": SMS}
    for account in ("head", "shanghai"):
        values |= {
            f"{account}_id": secrets.token_hex(8),
            f"{account}_secret": secrets.token_hex(16),
            f"{account}_token": secrets.token_hex(8),
            # 43 letters of base64 carry 258 bits; the last one of a 256-bit key has two to spare.
            f"{account}_key": "".join(secrets.choice(LETTERS) for _ in range(42))
            + secrets.choice("AEIMQUYcgkosw048"),
            f"{account}_original": secrets.token_hex(6),
        }
    return TEMPLATE.format(**values)


def _privacy() -> str:
    key, index_key = (base64.b64encode(secrets.token_bytes(32)).decode() for _ in range(2))
    return PRIVACY.format(key=key, index_key=index_key)


def _write(text: str) -> None:
    FILE.parent.mkdir(parents=True, exist_ok=True)
    beside = FILE.with_suffix(".new")
    beside.unlink(missing_ok=True)
    descriptor = os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        file.write(text)
    beside.replace(FILE)
