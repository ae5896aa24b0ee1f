"""What a run showed, as a table for people and one JSON line for machines."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from tests.bench.load import Figures
from tests.bench.measuring import middle

Series = dict[tuple[str, str], list[Figures]]  # by server and mode, one entry a round

NAMES = {
    "echo": "wechatpy echo, Flask, gunicorn gthread",
    "co_wechat": "co-wechat, koa, Node",
    "floor": "floor: ASGI `success` on granian",
    "edge": "our edge alone, nothing recorded",
    "sqlite": "ours, durable, SQLite",
    "postgresql": "ours, durable, PostgreSQL",
}
BUSY = 0.9
COLUMNS = ("msg/s", "x echo", "cpu us", "echo / cpu", "p50 ms", "p99 ms", "load cpu", "db us")


@dataclass(slots=True)
class Report:
    """The rounds of one run and what was seen besides."""

    connections: int
    seconds: float
    many: Series = field(default_factory=dict)
    alone: Series = field(default_factory=dict)
    paced: Series = field(default_factory=dict)
    missing: dict[str, str] = field(default_factory=dict)
    faults: dict[str, int] = field(default_factory=dict)
    rows_right: bool | None = None

    def note(self, figures: Figures, *, server: str, mode: str, connections: int) -> None:
        """Keep the figures of one round."""
        series = self.many if connections > 1 else self.alone
        series.setdefault((server, mode), []).append(figures)
        self._note_faults(figures, server, mode)

    def note_paced(self, figures: Figures, *, server: str, mode: str) -> None:
        """Keep a round at a pace the server did not choose."""
        self.paced.setdefault((server, mode), []).append(figures)
        self._note_faults(figures, server, mode)

    def _note_faults(self, figures: Figures, server: str, mode: str) -> None:
        for fault, count in figures.faults.items():
            name = f"{server} {mode}: {fault}"
            self.faults[name] = self.faults.get(name, 0) + count

    def table(self) -> str:
        """Return the figures as lines of text."""
        rounds = max(len(found) for found in self.many.values())
        lines = [
            f"{rounds} interleaved rounds of {self.seconds:g} s, {self.connections} keep-alive connections",
            "server on one core, load on another; medians, ratios within a round",
            *self._block(self.many),
        ]
        if self.alone:
            lines += ["", "one connection, one message at a time", *self._block(self.alone)]
        if self.paced:
            lines += ["", "70 % of that at random moments, timed from when due", *self._block(self.paced)]
        lines += ["", *self._remarks()]
        return "\n".join(lines)

    def summary(self) -> dict[str, Any]:
        """Return the JSON: ratios first (throughput of the edge, CPU per message of the durable path)."""
        found: dict[str, Any] = {
            "edge_ratio_plain": _round(rate_ratio(self.many, "edge", "plain")),
            "edge_ratio_safe": _round(rate_ratio(self.many, "edge", "safe")),
            "durable_ratio_sqlite": _round(cpu_ratio(self.many, "sqlite", "plain")),
            "durable_ratio_postgresql": _round(cpu_ratio(self.many, "postgresql", "plain")),
        }
        for name in ("sqlite", "postgresql"):
            found[f"durable_ratio_{name}_safe"] = _round(cpu_ratio(self.many, name, "safe"))
            for mode in ("plain", "safe"):
                found[f"durable_rate_ratio_{name}_{mode}"] = _round(rate_ratio(self.many, name, mode))
        found["replies_right"] = not self.faults
        found["rows_right"] = self.rows_right
        found["servers"] = {f"{name}_{mode}": facts_of(these) for (name, mode), these in self.many.items()}
        found["alone"] = {f"{name}_{mode}": facts_of(these) for (name, mode), these in self.alone.items()}
        found["paced"] = {f"{name}_{mode}": facts_of(these) for (name, mode), these in self.paced.items()}
        for mode in ("plain", "safe"):
            found[f"edge_over_co_wechat_{mode}"] = _round(_over_node(self.many, mode))
        found["missing"] = self.missing
        return found

    def _block(self, series: Series) -> list[str]:
        lines: list[str] = []
        for mode in ("plain", "safe"):
            cells = [(NAMES[name], _cells(series, name, mode)) for name, which in series if which == mode]
            if cells:
                lines += ["", f"{mode:<40}" + "".join(f"{column:>11}" for column in COLUMNS)]
                lines += [f"{name:<40}" + "".join(f"{cell:>11}" for cell in row) for name, row in cells]
        return lines

    def _remarks(self) -> Sequence[str]:
        lines = [f"{NAMES[name]}: not measured, {why}" for name, why in self.missing.items()]
        lines += [f"WRONG REPLIES: {count} x {what}" for what, count in self.faults.items()]
        if self.rows_right is False:
            lines.append("WRONG ROWS: messages, promises or counts in a database are not one each")
        for (name, mode), these in self.many.items():
            if middle(these, lambda one: one.load_cpu_share) > BUSY:
                lines.append(f"{NAMES[name]}, {mode}: the load generator was the limit; it could do more")
        lines += [
            "cpu us: CPU of the server's processes per message; echo / cpu: how many times less than the echo's",
            "db us: CPU of PostgreSQL's backends per message, not in the ratio",
        ]
        return lines


def rate_ratio(series: Series, name: str, mode: str) -> float | None:
    """Return how many times the echo's throughput `name` reached, round by round; None if not measured."""
    return _ratio(series, name, mode, lambda ours, echo: ours.rate / echo.rate)


def cpu_ratio(series: Series, name: str, mode: str) -> float | None:
    """Return the echo's CPU per message over that of `name`, round by round; None if not measured."""
    return _ratio(series, name, mode, lambda ours, echo: echo.cpu_us("server") / ours.cpu_us("server"))


def _over_node(series: Series, mode: str) -> float | None:
    """Return how many times Node's throughput our edge reached; None if one was not measured."""
    pairs = list(zip(series.get(("edge", mode), ()), series.get(("co_wechat", mode), ()), strict=False))
    return middle(pairs, lambda pair: pair[0].rate / pair[1].rate) if pairs else None


def _ratio(series: Series, name: str, mode: str, compare: Any) -> float | None:
    # Both of one pair saw the same machine: it runs at two speeds, and others work on it.
    pairs = list(zip(series.get((name, mode), ()), series.get(("echo", mode), ()), strict=False))
    return middle(pairs, lambda pair: float(compare(*pair))) if pairs else None


def _cells(series: Series, name: str, mode: str) -> list[str]:
    facts = facts_of(series[name, mode])
    return [
        f"{facts['rate']:,.0f}",
        _shown(rate_ratio(series, name, mode)),
        f"{facts['cpu_us']:.0f}",
        _shown(cpu_ratio(series, name, mode)),
        f"{facts['p50_ms']:.1f}",
        f"{facts['p99_ms']:.1f}",
        f"{facts['load_cpu']:.0%}",
        f"{facts['database_cpu_us']:.0f}" if facts["database_cpu_us"] else "",
    ]


def facts_of(these: list[Figures]) -> dict[str, float]:
    """Return the medians over the rounds."""
    return {
        "rate": round(middle(these, lambda one: one.rate), 1),
        "cpu_us": round(middle(these, lambda one: one.cpu_us("server")), 1),
        "database_cpu_us": round(middle(these, lambda one: one.cpu_us("database")), 1),
        "p50_ms": round(middle(these, lambda one: one.p50_ms), 2),
        "p99_ms": round(middle(these, lambda one: one.p99_ms), 2),
        "load_cpu": round(middle(these, lambda one: one.load_cpu_share), 3),
    }


def _round(value: float | None) -> float | None:
    return None if value is None else round(value, 2)


def _shown(value: float | None) -> str:
    return "" if value is None else f"{value:.2f}"
