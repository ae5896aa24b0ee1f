"""Whether reports have a second database to be read from, and whether it is one of ours."""

from collections.abc import Iterator

from sqlalchemy.exc import SQLAlchemyError

from bot.doctor.findings import Finding, advice, failed, good, wrong
from bot.replica import looking
from bot.runtime import Runtime
from bot.told import told


def replica(runtime: Runtime) -> Iterator[Finding]:
    """Look how the replica stands; nothing where the settings name none."""
    glance = runtime.surveys.glance
    if glance is None:
        return
    subject, limit = told("replica"), runtime.config.database.replica_lag_seconds
    try:
        beat = looking.beat_of(runtime.db)
    except SQLAlchemyError:
        return  # `machine.database` says so
    try:
        is_primary = looking.are_one(runtime.db, glance)
        sight = looking.look(runtime.db, glance)
    except looking.PrimaryAway:
        return  # likewise
    except SQLAlchemyError as error:
        remedy = told("check [database] replica_url and that the server is up; url is read meanwhile")
        yield failed(subject, error, remedy)
        return
    if is_primary:
        seen = told("it is the database of url itself, so nothing is taken off it")
        yield advice(subject, seen, told("name a replica, or leave [database] replica_url out"))
    elif not sight.is_ours:
        seen = told("it holds what the database of url never did, so it follows another one, and is not read")
        yield wrong(subject, seen, told("let [database] replica_url name a replica of url"))
    elif beat is None or beat.total_seconds() > limit:
        seen = told("nobody can tell how far behind it is, so it is not read")
        yield advice(subject, seen, told("start a clock: it writes what replicas are judged by"))
    elif sight.behind is None or sight.behind.total_seconds() > limit:
        behind = "∞" if sight.behind is None else round(sight.behind.total_seconds())
        seen = told("%(n)s s behind, more than replica_lag_seconds, so it is not read", n=behind)
        remedy = told("see whether it follows url, and what keeps it: long reports, the network, its disk")
        yield wrong(subject, seen, remedy)
    else:
        yield good(subject, told("%(n)s s behind at most, read", n=round(sight.behind.total_seconds())))
