"""Thoughts without a guide: the seeds, changed at random from a fixed beginning."""

import random
from collections.abc import Iterator

from tests.fuzz.target import Target

ODD = (
    b"\x00", b"\xff", b"\x7f", b"%", b"<", b">", b"&", b"]]>", b"'", b'"', b"{{", b"\\", b"\r\n", b"9" * 40, b"-1", b"0",
    b"1e999", b"NaN", b"null", b"[" * 200, "\u202e\u0660\u00b2\U0001f600".encode(), b"\xed\xa0\x80", b"../",
)  # fmt: skip
LONGEST = 65_000


def thoughts(target: Target, *, seed: int = 2026) -> Iterator[bytes]:
    """Yield the target's seeds, then as many changed ones as it asks for; the same ones each time."""
    chance = random.Random(f"{seed} {target.name}")
    yield from target.seeds
    for _ in range(target.thoughts):
        thought = bytearray(chance.choice(target.seeds) if chance.random() < 0.95 else b"")
        for _ in range(chance.choice((1, 1, 1, 2, 4, 12))):
            _change(thought, target, chance)
        yield bytes(thought[:LONGEST])


def _change(thought: bytearray, target: Target, chance: random.Random) -> None:
    start = chance.randrange(len(thought) + 1)
    end = min(len(thought), start + chance.choice((0, 1, 1, 2, 4, 30)))
    kind = chance.randrange(5)
    if kind == 0:
        thought[start:end] = chance.randbytes(chance.choice((0, 1, 2, 8)))
    elif kind == 1:
        thought[start:end] = chance.choice(ODD)
    elif kind == 2:
        thought[start:end] = chance.choice(target.words or ODD)
    elif kind == 3:
        del thought[start:end]
    else:
        other = chance.choice(target.seeds)
        here = chance.randrange(len(other) + 1)
        thought[start:start] = other[here : here + chance.choice((4, 20, 200))]
