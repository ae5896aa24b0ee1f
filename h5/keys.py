"""What cookies and forms are signed with (docs/decisions/0020-travellers-sign-in.md).

`[h5] keys` holds one key, or two while they are exchanged: the first signs, both are believed.
"""

import hashlib
import hmac
from collections.abc import Sequence
from typing import Any

from itsdangerous import BadSignature, URLSafeTimedSerializer

from bot.config import Config
from bot.signing import keys_in


class Keys:
    """Signs texts for one purpose and one account, and reads them again."""

    def __init__(self, keys: Sequence[bytes]) -> None:
        self._keys = list(keys)

    def sign(self, content: Any, purpose: str) -> str:
        """Return `content` (JSON) as a text that only these keys make, and only for `purpose`."""
        return str(self._serializer(purpose).dumps(content))

    def read(self, text: str, purpose: str, *, seconds: int) -> Any:
        """Return the content again; None if it is forged, of another purpose or older than `seconds`."""
        try:
            return self._serializer(purpose).loads(text, max_age=seconds)
        except BadSignature:
            return None

    def digest(self, text: str, purpose: str) -> str:
        """Return what the first key makes of `text` for `purpose`."""
        return hmac.new(self._keys[0], f"{purpose}\0{text}".encode(), hashlib.sha256).hexdigest()

    def is_digest(self, given: str, text: str, purpose: str) -> bool:
        """Tell whether one of the keys made `given` of `text`."""
        whole = f"{purpose}\0{text}".encode()
        rights = [hmac.new(key, whole, hashlib.sha256).hexdigest() for key in self._keys]
        return sum(hmac.compare_digest(right.encode(), given.encode()) for right in rights) > 0

    def _serializer(self, purpose: str) -> URLSafeTimedSerializer:
        # It signs with the last and believes all.
        return URLSafeTimedSerializer(
            list(reversed(self._keys)),
            salt=f"yizhan.h5.{purpose}",
            signer_kwargs={"digest_method": hashlib.sha256},
        )


def keys_of(config: Config) -> Keys:
    """Return the keys of the settings; raise `ConfigError` where phones come by https and there are none."""
    return Keys(keys_in(config))
