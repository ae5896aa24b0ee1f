"""A few hundred thoughts for every place that reads strangers' bytes; `make fuzz` has more."""

import logging

import pytest

from tests.fuzz.everything import TARGETS
from tests.fuzz.mutating import thoughts


@pytest.mark.parametrize("target", TARGETS.values(), ids=TARGETS)
def test_whatever_comes_is_read_or_refused(target, caplog):
    caplog.set_level(logging.CRITICAL, "bot")
    for thought in thoughts(target):
        try:
            target.attempt(thought)
        except Exception as error:
            error.add_note(f"{target.name} was given {thought[:600]!r}")
            raise
