"""When a run ends early: asked for all that are due together, and at once for who leaves or gets a tag."""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from bot.desk.models import DeskSession
from bot.desk.request_models import DeskRequest
from bot.fans.models import Fan, Standing
from bot.purchases.models import Purchase, PurchaseState
from bot.series import entering
from bot.series.models import ALIVE, SeriesRun, SeriesVersion, Stop
from bot.tags.models import FanTag


def found(
    session: Session,
    runs: Sequence[SeriesRun],
    versions: Mapping[int, SeriesVersion],
    fans: Mapping[int, Fan],
) -> dict[int, Stop]:
    """Return why runs end now, by their ids; those that go on are missing. A try ends only with its fan."""
    ended: dict[int, Stop] = {}
    asking: dict[Stop, list[SeriesRun]] = {}
    for run in runs:
        fan = fans.get(run.fan_id)
        if fan is None or fan.standing == Standing.LEFT:
            ended[run.id] = Stop.LEFT
        elif run.tempo == 1:
            for word in versions[run.version_id].stops:
                asking.setdefault(Stop(word), []).append(run)
    for run in asking.get(Stop.BOUND, ()):
        if fans[run.fan_id].member_id is not None:
            ended.setdefault(run.id, Stop.BOUND)
    for run in asking.get(Stop.REPLIED, ()):
        wrote = fans[run.fan_id].last_message_at
        if wrote is not None and wrote > run.entered_at:
            ended.setdefault(run.id, Stop.REPLIED)
    _tagged(session, asking.get(Stop.TAGGED, ()), versions, ended)
    _with_a_person(session, asking.get(Stop.PERSON, ()), ended)
    _bought(session, asking.get(Stop.BOUGHT, ()), fans, ended)
    return ended


def of_fans(session: Session, fan_ids: Collection[int], why: Stop, *, now: datetime) -> int:
    """End every run of these fans, now that they have left; return how many."""
    if not fan_ids:
        return 0
    alive = select(SeriesRun.id).where(SeriesRun.fan_id.in_(sorted(fan_ids)), SeriesRun.state.in_(ALIVE))
    return entering.stop(session, list(session.scalars(alive)), why, now=now)


def heard(
    session: Session, tagged: Collection[tuple[int, int]], bound: Collection[int], *, now: datetime
) -> None:
    """End the runs whose rules speak of what was heard: tags that went on (fan, tag), fans who have bound."""
    fan_ids = {fan_id for fan_id, _tag in tagged} | set(bound)
    if not fan_ids:
        return
    alive = (
        select(SeriesRun.id, SeriesRun.fan_id, SeriesVersion.stops, SeriesVersion.stop_tags)
        .join(SeriesVersion, SeriesVersion.id == SeriesRun.version_id)
        .where(SeriesRun.fan_id.in_(sorted(fan_ids)), SeriesRun.state.in_(ALIVE), SeriesRun.tempo == 1)
    )
    on = set(tagged)
    by_tag, by_binding = [], []
    for row in session.execute(alive):
        if Stop.BOUND in row.stops and row.fan_id in bound:
            by_binding.append(row.id)
        elif Stop.TAGGED in row.stops and any((row.fan_id, tag_id) in on for tag_id in row.stop_tags):
            by_tag.append(row.id)
    entering.stop(session, by_binding, Stop.BOUND, now=now)
    entering.stop(session, by_tag, Stop.TAGGED, now=now)


def _tagged(
    session: Session, runs: Sequence[SeriesRun], versions: Mapping[int, SeriesVersion], ended: dict[int, Stop]
) -> None:
    wanted = {run.id: set(versions[run.version_id].stop_tags) for run in runs}
    tags = set().union(*wanted.values()) if wanted else set()
    if not tags:
        return
    on = select(FanTag.fan_id, FanTag.tag_id).where(
        FanTag.fan_id.in_(sorted({run.fan_id for run in runs})), FanTag.tag_id.in_(sorted(tags))
    )
    bears: dict[int, set[int]] = {}
    for fan_id, tag_id in session.execute(on):
        bears.setdefault(fan_id, set()).add(tag_id)
    for run in runs:
        if wanted[run.id] & bears.get(run.fan_id, set()):
            ended.setdefault(run.id, Stop.TAGGED)


def _with_a_person(session: Session, runs: Sequence[SeriesRun], ended: dict[int, Stop]) -> None:
    """End the runs of fans who are with a person, or in line, or asked for one since they entered."""
    fans = sorted({run.fan_id for run in runs})
    if not fans:
        return
    asked = select(
        DeskRequest.fan_id, func.max(DeskRequest.asked_at), func.count(DeskRequest.open_key)
    ).where(DeskRequest.fan_id.in_(fans))
    known = {row[0]: (row[1], row[2]) for row in session.execute(asked.group_by(DeskRequest.fan_id))}
    # Also what agents began by hand, which nobody asked for.
    stays = select(DeskSession.fan_id, func.max(DeskSession.opened_at)).where(DeskSession.fan_id.in_(fans))
    talked = {row[0]: row[1] for row in session.execute(stays.group_by(DeskSession.fan_id))}
    for run in runs:
        last_at, is_open = known.get(run.fan_id, (None, 0))
        moments = [at for at in (last_at, talked.get(run.fan_id)) if at is not None]
        if is_open or any(at >= run.entered_at for at in moments):
            ended.setdefault(run.id, Stop.PERSON)


def _bought(
    session: Session, runs: Sequence[SeriesRun], fans: Mapping[int, Fan], ended: dict[int, Stop]
) -> None:
    """End the runs of members who have bought since they entered."""
    members = {run.id: fans[run.fan_id].member_id for run in runs}
    wanted = sorted({one for one in members.values() if one is not None})
    if not wanted:
        return
    bought = select(Purchase.member_id, func.max(Purchase.occurred_at)).where(
        Purchase.member_id.in_(wanted), Purchase.state == PurchaseState.COUNTED.value
    )
    known = {row[0]: row[1] for row in session.execute(bought.group_by(Purchase.member_id))}
    for run in runs:
        last_at = known.get(members[run.id] or 0)
        if last_at is not None and last_at > run.entered_at:
            ended.setdefault(run.id, Stop.BOUGHT)
