"""The keys that texts in travellers' hands are signed with: cookies, forms, short links.

`[h5] keys` holds one, or two while they are exchanged: the first signs, both are
believed.  Behind https there must be one; a laptop makes its own under `[server] folder`.
"""

import base64
import os
import re
import secrets
from pathlib import Path
from typing import Final

from bot.config import Config
from bot.errors import ConfigError

FILE: Final = "h5.key"


def keys_in(config: Config) -> list[bytes]:
    """Return the keys of the settings; raise `ConfigError` where phones come by https and there are none."""
    texts = [text for text in re.split(r"[\s,]+", config.h5.keys) if text]
    if texts:
        return [base64.b64decode(text) for text in texts]
    if config.server.public_url.startswith("https://"):
        raise ConfigError(
            "[h5] keys: missing while [server] public_url is https; make one with: openssl rand -base64 32"
        )
    return [_own(Path(config.server.folder) / FILE)]


def _own(file: Path) -> bytes:
    """Return this machine's own key, made by whichever process asks first."""
    file.parent.mkdir(parents=True, exist_ok=True)
    beside = file.with_suffix(f".{os.getpid()}-{secrets.token_hex(4)}")
    descriptor = os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w", encoding="ascii") as new:
        new.write(base64.b64encode(secrets.token_bytes(32)).decode())
    try:
        os.link(beside, file)  # whole, or not at all; a second process finds the first one's
    except FileExistsError:
        pass
    finally:
        beside.unlink()
    return base64.b64decode(file.read_text("ascii").strip())
