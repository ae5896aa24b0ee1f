"""Every target by its name."""

from tests.fuzz import door, files
from tests.fuzz.names import NAMES
from tests.fuzz.target import Target

TARGETS: dict[str, Target] = {one.name: one for one in [*door.TARGETS, *files.TARGETS]}
if tuple(TARGETS) != NAMES:
    raise RuntimeError("tests/fuzz/names.py names other targets than there are")
