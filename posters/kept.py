"""What is worth keeping between posters, within a bound, for any number of threads."""

import threading
from collections import OrderedDict
from collections.abc import Callable, Hashable
from typing import Generic, TypeVar

Thing = TypeVar("Thing")


class Kept(Generic[Thing]):
    """The least recently used leave when all together weigh more than `most`.

    Two threads may make the same thing at once; the first one's is kept. What alone weighs more than half is
    handed out and not kept.
    """

    def __init__(self, most: int, weigh: Callable[[Thing], int]) -> None:
        self._most, self._weigh = most, weigh
        self._things: OrderedDict[Hashable, tuple[Thing, int]] = OrderedDict()
        self._weight = 0
        self._lock = threading.Lock()

    def get(self, key: Hashable, make: Callable[[], Thing]) -> Thing:
        """Return what is kept under `key`, made now if it is not."""
        with self._lock:
            found = self._things.get(key)
            if found is not None:
                self._things.move_to_end(key)
                return found[0]
        thing = make()
        weight = self._weigh(thing)
        if weight * 2 > self._most:
            return thing
        with self._lock:
            kept, _ = self._things.setdefault(key, (thing, weight))
            if kept is thing:
                self._weight += weight
                while self._weight > self._most:
                    _, (_, gone) = self._things.popitem(last=False)
                    self._weight -= gone
        return kept

    def clear(self) -> None:
        """Forget everything."""
        with self._lock:
            self._things.clear()
            self._weight = 0

    @property
    def weight(self) -> int:
        """What all together weigh."""
        return self._weight
