"""Whether the database was put back and nobody has looked yet at what may have been said since."""

from collections.abc import Iterator

from sqlalchemy.exc import SQLAlchemyError

from bot.doctor.findings import Finding, wrong
from bot.restorations.reading import under_review
from bot.runtime import Runtime
from bot.told import told


def restoration(runtime: Runtime) -> Iterator[Finding]:
    """Say that notices and broadcasts wait for somebody to look; nothing where they do not."""
    try:
        with runtime.db.reading() as session:
            found = under_review(session)
    except SQLAlchemyError:
        return  # the check of the database says it
    if found is not None:
        seen = told(
            "the database is of %(moment)s UTC; notices and broadcasts wait",
            moment=f"{found.taken_at:%Y-%m-%d %H:%M}",
        )
        yield wrong(told("restoration"), seen, told("look at them: python -m bot restoration show"))
