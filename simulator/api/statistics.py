"""datacube: statistics made from what really happened (protocol §10)."""

from typing import Any

from simulator.api.gate import Answer, Call, Calls
from simulator.world import statistics
from simulator.world.statistics import Day

calls = Calls()


def _days(call: Call, span: int) -> list[tuple[str, Day]]:
    return statistics.days(call.account, call.body, span, call.now, call.settings)


@calls.post("/datacube/getusersummary", "statistics", bare=True)
def user_summary(call: Call) -> Answer:
    """New and lost fans."""
    return {"list": statistics.user_summary(_days(call, 7))}


@calls.post("/datacube/getusercumulate", "statistics", bare=True)
def user_cumulate(call: Call) -> Answer:
    """Fans in all."""
    return {"list": statistics.user_cumulate(call.account, _days(call, 7))}


@calls.post("/datacube/getupstreammsg", "statistics", bare=True)
def upstream(call: Call) -> Answer:
    """Messages by day."""
    return {"list": statistics.upstream(_days(call, 7), hourly=False)}


@calls.post("/datacube/getupstreammsghour", "statistics", bare=True)
def upstream_hours(call: Call) -> Answer:
    """Messages by hour."""
    return {"list": statistics.upstream(_days(call, 1), hourly=True)}


@calls.post("/datacube/getupstreammsgweek", "statistics", bare=True)
def upstream_week(call: Call) -> Answer:
    """Messages by week; the rows are days here."""
    return {"list": statistics.upstream(_days(call, 30), hourly=False)}


@calls.post("/datacube/getupstreammsgmonth", "statistics", bare=True)
def upstream_month(call: Call) -> Answer:
    """Messages by month; the rows are days here."""
    return {"list": statistics.upstream(_days(call, 30), hourly=False)}


@calls.post("/datacube/getupstreammsgdist", "statistics", bare=True)
def distribution(call: Call) -> Answer:
    """How many fans wrote how often."""
    return {"list": statistics.upstream_distribution(_days(call, 15))}


@calls.post("/datacube/getupstreammsgdistweek", "statistics", bare=True)
def distribution_week(call: Call) -> Answer:
    """The same by week; the rows are days here."""
    return {"list": statistics.upstream_distribution(_days(call, 30))}


@calls.post("/datacube/getupstreammsgdistmonth", "statistics", bare=True)
def distribution_month(call: Call) -> Answer:
    """The same by month; the rows are days here."""
    return {"list": statistics.upstream_distribution(_days(call, 30))}


@calls.post("/datacube/getinterfacesummary", "statistics", bare=True)
def interface(call: Call) -> Answer:
    """Pushes by day."""
    return {"list": statistics.interface(_days(call, 30), hourly=False)}


@calls.post("/datacube/getinterfacesummaryhour", "statistics", bare=True)
def interface_hours(call: Call) -> Answer:
    """Pushes by hour."""
    return {"list": statistics.interface(_days(call, 1), hourly=True)}


def _nothing_read(call: Call) -> dict[str, Any]:
    _days(call, 30)
    return {"list": []}


# Nobody reads articles in the simulator; the calls exist so that code can be written against them.
for _name in ("getarticleread", "getarticleshare", "getarticletotaldetail", "getbizsummary"):
    calls.post(f"/datacube/{_name}", "statistics", bare=True)(_nothing_read)
