"""Things that go wrong on demand, in pushes and in API answers."""

import random
import threading
from dataclasses import dataclass
from typing import Any

PUSH_KINDS = {
    "push_slow": "hold the push back for `seconds`, and those behind it too",
    "push_duplicate": "deliver the push `times` more (default 1) after it was answered",
    "push_reorder": "hold the push back for `seconds` (default 0.5) while later ones overtake it",
    "push_drop": "lose the push on its way; nothing arrives",
    "push_wrong_signature": "sign with another token",
    "push_wrong_appid": "encrypt for another app id (safe and compatible mode)",
    "push_bad_padding": "pad with byte 0 (safe and compatible mode)",
    "push_unknown_event": "send an event nobody knows before the push",
}
API_KINDS = {
    "api_error": "answer `code` (default -1) instead of performing the call",
    "api_hang": "wait `seconds` (default 10) before performing the call",
    "api_http": "answer HTTP `status` (default 502) with an HTML page",
    "api_token_revoked": "void the caller's token just before the call",
    "api_answer_lost": "perform the call, then drop the connection",
}
KINDS = PUSH_KINDS | API_KINDS
NUMBERS: dict[str, tuple[type, ...]] = {
    "count": (int, type(None)),
    "code": (int,),
    "status": (int,),
    "times": (int,),
    "probability": (int, float),
    "seconds": (int, float),
}


@dataclass
class Fault:
    """One fault; `count` is how often it still strikes (None: for ever), no `account` or `path` means any."""

    id: int
    kind: str
    account: str = ""
    path: str = ""
    count: int | None = None
    probability: float = 1.0
    seconds: float = 0.0
    code: int = -1
    status: int = 502
    times: int = 1
    struck: int = 0


class Faults:
    """The faults that are switched on."""

    def __init__(self) -> None:
        self._faults: list[Fault] = []
        self._lock = threading.Lock()
        self._next = 1

    def add(self, facts: dict[str, Any]) -> Fault:
        """Switch a fault on; raise ValueError with the remedy when it makes no sense."""
        if facts.get("kind") not in KINDS:
            raise ValueError(f"kind is one of {', '.join(KINDS)}")
        unknown = set(facts) - set(Fault.__dataclass_fields__) | ({"id", "struck"} & set(facts))
        if unknown:
            raise ValueError(f"a fault has no field {', '.join(sorted(unknown))}")
        for name, kinds in NUMBERS.items():
            if name in facts and not isinstance(facts[name], kinds):
                raise ValueError(f"{name} wants a number, not {facts[name]!r}")
        with self._lock:
            fault = Fault(id=self._next, **facts)
            self._next += 1
            self._faults.append(fault)
        return fault

    def all(self) -> list[Fault]:
        """What is switched on."""
        with self._lock:
            return list(self._faults)

    def remove(self, number: int | None = None) -> int:
        """Switch one off, or all; return how many that were."""
        with self._lock:
            kept = [each for each in self._faults if number is not None and each.id != number]
            gone = len(self._faults) - len(kept)
            self._faults = kept
        return gone

    def strike(self, kind: str, account: str, path: str = "") -> Fault | None:
        """The fault of this kind that strikes now, if any; it is counted."""
        if not self._faults:
            return None
        with self._lock:
            for fault in self._faults:
                aimed = fault.kind == kind and fault.account in ("", account) and path.startswith(fault.path)
                if aimed and fault.count != 0 and random.random() < fault.probability:
                    fault.struck += 1
                    if fault.count is not None:
                        fault.count -= 1
                    return fault
        return None
