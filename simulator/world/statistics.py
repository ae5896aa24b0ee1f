"""What really happened, by day, for datacube (protocol §10)."""

from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING, Any

from simulator.clock import beijing
from simulator.return_codes import Refused
from simulator.settings import Settings

if TYPE_CHECKING:
    from simulator.world.accounts import Account

MESSAGE_TYPES = {"text": 1, "image": 2, "voice": 3, "video": 4, "shortvideo": 4}
OTHER_TYPE = 6
USER_SOURCES = {
    "ADD_SCENE_SEARCH": 1,
    "ADD_SCENE_PROFILE_CARD": 17,
    "ADD_SCENE_QR_CODE": 30,
    "ADD_SCENE_PAID": 51,
}
INTERVALS = ((0, 0), (1, 5), (6, 10), (11, 10**9))


@dataclass
class Day:
    """The counters of one Beijing day; keys of dicts are text so that they survive as JSON."""

    new: dict[str, int] = field(default_factory=dict)  # user source
    cancelled: dict[str, int] = field(default_factory=dict)
    cumulated: int = 0
    upstream: dict[str, int] = field(default_factory=dict)  # "hour/type/openid"
    pushes: dict[str, list[int]] = field(default_factory=dict)  # hour: count, failed, ms in all, ms at most

    def followed(self, scene: str, total: int) -> None:
        """Somebody began to follow."""
        source = str(USER_SOURCES.get(scene, 0))
        self.new[source] = self.new.get(source, 0) + 1
        self.cumulated = total

    def left(self, scene: str, total: int) -> None:
        """Somebody stopped following."""
        source = str(USER_SOURCES.get(scene, 0))
        self.cancelled[source] = self.cancelled.get(source, 0) + 1
        self.cumulated = total

    def wrote(self, kind: str, openid: str, now: float) -> None:
        """A traveller sent a message."""
        key = f"{beijing(now).hour}/{MESSAGE_TYPES.get(kind, OTHER_TYPE)}/{openid}"
        self.upstream[key] = self.upstream.get(key, 0) + 1

    def pushed(self, now: float, seconds: float, *, failed: bool) -> None:
        """One attempt to call the bot ended."""
        hour = self.pushes.setdefault(str(beijing(now).hour), [0, 0, 0, 0])
        spent = int(seconds * 1000)
        hour[0] += 1
        hour[1] += failed
        hour[2] += spent
        hour[3] = max(hour[3], spent)


def days(
    account: "Account", body: dict[str, Any], span: int, now: float, settings: Settings
) -> list[tuple[str, Day]]:
    """The asked days with their counters; raise 61500, 61501 or 61503 (protocol §10)."""
    try:
        first = datetime.strptime(str(body["begin_date"]), "%Y-%m-%d").date()  # noqa: DTZ007  (a calendar day)
        last = datetime.strptime(str(body["end_date"]), "%Y-%m-%d").date()  # noqa: DTZ007
    except (KeyError, ValueError) as error:
        raise Refused(61500) from error
    today = beijing(now).date()
    if last < first or (last - first).days >= span or last >= today or first < date(2014, 12, 1):
        raise Refused(61501)
    if last == today - timedelta(days=1) and beijing(now).hour < settings.datacube_ready_hour:
        raise Refused(61503)
    wanted = [(first + timedelta(days=number)).isoformat() for number in range((last - first).days + 1)]
    return [(name, account.days.get(name, Day())) for name in wanted]


def user_summary(asked: list[tuple[str, Day]]) -> list[dict[str, Any]]:
    """New and lost fans by source."""
    return [
        {
            "ref_date": name,
            "user_source": int(source),
            "new_user": day.new.get(source, 0),
            "cancel_user": day.cancelled.get(source, 0),
        }
        for name, day in asked
        for source in sorted({*day.new, *day.cancelled}, key=int)
    ]


def user_cumulate(account: "Account", asked: list[tuple[str, Day]]) -> list[dict[str, Any]]:
    """Fans in all at the end of each day; a quiet day has the number of the one before."""
    rows = []
    for name, _ in asked:
        known = max(
            (each for each in account.days if each <= name and _moved(account.days[each])), default=""
        )
        total = account.days[known].cumulated if known else 0
        rows.append({"ref_date": name, "user_source": 0, "cumulate_user": total})
    return rows


def _moved(day: Day) -> bool:
    return bool(day.new or day.cancelled)


def upstream(asked: list[tuple[str, Day]], *, hourly: bool) -> list[dict[str, Any]]:
    """Messages and their writers by type, and by hour if wished."""
    rows: dict[tuple[str, int, int], list[Any]] = {}
    for name, day in asked:
        for key, count in day.upstream.items():
            hour, kind, openid = key.split("/", 2)
            row = rows.setdefault((name, int(hour) * 100 if hourly else -1, int(kind)), [set(), 0])
            row[0].add(openid)
            row[1] += count
    return [
        {
            "ref_date": name,
            **({"ref_hour": hour} if hourly else {}),
            "msg_type": kind,
            "msg_user": len(row[0]),
            "msg_count": row[1],
        }
        for (name, hour, kind), row in sorted(rows.items())
    ]


def upstream_distribution(asked: list[tuple[str, Day]]) -> list[dict[str, Any]]:
    """How many fans wrote how often."""
    rows = []
    for name, day in asked:
        counts: dict[str, int] = {}
        for key, count in day.upstream.items():
            openid = key.split("/", 2)[2]
            counts[openid] = counts.get(openid, 0) + count
        for interval, (low, high) in enumerate(INTERVALS):
            writers = sum(low <= count <= high for count in counts.values())
            if writers:
                rows.append({"ref_date": name, "count_interval": interval, "msg_user": writers})
    return rows


def interface(asked: list[tuple[str, Day]], *, hourly: bool) -> list[dict[str, Any]]:
    """Calls of the bot's server: how many, how many failed, how long they took in milliseconds."""
    rows = []
    for name, day in asked:
        hours = {hour: list(counts) for hour, counts in day.pushes.items()}
        if hours and not hourly:
            each = list(hours.values())
            hours = {
                "-1": [sum(row[number] for row in each) for number in range(3)]
                + [max(row[3] for row in each)]
            }
        for hour, (count, failed, spent, longest) in sorted(hours.items(), key=lambda item: int(item[0])):
            row = {"ref_date": name, **({"ref_hour": int(hour) * 100} if hourly else {})}
            row |= {
                "callback_count": count,
                "fail_count": failed,
                "total_time_cost": spent,
                "max_time_cost": longest,
            }
            rows.append(row)
    return rows
