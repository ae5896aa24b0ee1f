"""Which calls bring WeChat's tags on fans to what ours are: facts in, calls out, nothing asked.

WeChat takes 50 fans and one tag a call, and the tag put on last decides the
menu.  So all take-offs come first, then every tag that is not its fan's last,
then the last ones: each in full calls of 50, whatever order fans were tagged
in.  At most one call in each of the three a tag is not full.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

FANS_PER_CALL: Final = 50
TAGS_PER_FAN: Final = 20


@dataclass(frozen=True, slots=True)
class Bearer:
    """One fan: the tags we want WeChat to have, and those it has, each in the order of putting on."""

    fan_id: int
    wanted: Sequence[int]
    has: Sequence[int]

    @property
    def kept(self) -> Sequence[int]:
        """Those wanted that WeChat takes: the twenty put on last."""
        return self.wanted[-TAGS_PER_FAN:]


@dataclass(frozen=True, slots=True)
class Call:
    """One call: put `tag_id` on these fans, or take it off."""

    tag_id: int
    fan_ids: tuple[int, ...]
    puts_on: bool


def plan(bearers: Iterable[Bearer]) -> list[Call]:
    """Return the calls, in the order they are to be made; none where WeChat is up to date."""
    off: dict[int, list[int]] = defaultdict(list)
    first: dict[int, list[int]] = defaultdict(list)
    last: dict[int, list[int]] = defaultdict(list)
    for bearer in bearers:
        kept, has = bearer.kept, set(bearer.has)
        for tag_id in has.difference(kept):
            off[tag_id].append(bearer.fan_id)
        if not kept:
            continue
        missing = [tag_id for tag_id in kept[:-1] if tag_id not in has]
        for tag_id in missing:
            first[tag_id].append(bearer.fan_id)
        staying = [tag_id for tag_id in bearer.has if tag_id in set(kept)]
        if missing or not staying or staying[-1] != kept[-1]:
            last[kept[-1]].append(bearer.fan_id)
    return [*_calls(off, puts_on=False), *_calls(first, puts_on=True), *_calls(last, puts_on=True)]


def _calls(fans: Mapping[int, Sequence[int]], *, puts_on: bool) -> Iterator[Call]:
    for tag_id, fan_ids in sorted(fans.items()):
        for place in range(0, len(fan_ids), FANS_PER_CALL):
            yield Call(tag_id, tuple(fan_ids[place : place + FANS_PER_CALL]), puts_on)
