"""Dashboards and alerts ask for figures that exist, with labels and values that exist."""

import json
import re

import pytest

from bot import metrics
from bot.arrivals import Outcome
from bot.outbox.models import State
from tests.deploy.reading import DEPLOY, documents

KNOWN = {
    f"{metric._name}{'' if metric._type == 'histogram' else '_total'}": set(metric._labelnames)
    for metric in (metrics.MESSAGES, metrics.MESSAGE_SECONDS, metrics.WECHAT_CALLS)
} | {"yizhan_outbox_rows": {"state"}, "yizhan_replica_used": set(), "up": {"job", "instance"}}
VALUES = {"outcome": {one.value for one in Outcome}, "state": {one.value for one in State}}
BOARD = json.loads((DEPLOY / "monitoring" / "grafana.json").read_text("utf-8"))
[RULES] = documents(DEPLOY / "monitoring" / "alerts.yaml")
ALERTS = RULES["groups"][0]["rules"]
ASKED = [target["expr"] for panel in BOARD["panels"] for target in panel["targets"]]
ASKED += [alert["expr"] for alert in ALERTS]


@pytest.mark.parametrize("expression", ASKED)
def test_what_is_asked_exists(expression):
    bare = re.sub(r'"[^"]*"', '""', expression)
    names = set(re.findall(r"\b(yizhan_\w+|up)\b", bare))

    assert names
    assert all(bare.count(opening) == bare.count(closing) for opening, closing in ("()", "{}", "[]"))
    labels = set()
    for name in names:
        plain = re.sub(r"_(bucket|count|sum)$", "", name)
        assert plain in KNOWN, name
        assert plain == name or metrics.MESSAGE_SECONDS._name == plain
        labels |= KNOWN[plain] | ({"le"} if name.endswith("_bucket") else set())
    for label, value in re.findall(r'(\w+)\s*(?:=~|!=|!~|=)\s*"([^"]*)"', expression):
        assert label in labels
        assert value in VALUES.get(label, {value})
    for grouped in re.findall(r"\bby \(([^)]*)\)", expression):
        assert {word.strip() for word in grouped.split(",")} <= labels


def test_every_alert_says_how_bad_it_is_and_what_to_do():
    assert len({alert["alert"] for alert in ALERTS}) == len(ALERTS) > 8
    for alert in ALERTS:
        assert alert["labels"]["severity"] in {"critical", "warning"}
        assert alert["annotations"]["summary"]
        assert alert["annotations"]["remedy"]


def test_panels_do_not_lie_upon_one_another():
    taken = set()
    for panel in BOARD["panels"]:
        at = panel["gridPos"]
        cells = {(x, y) for x in range(at["x"], at["x"] + at["w"]) for y in range(at["y"], at["y"] + at["h"])}
        assert not cells & taken
        assert at["x"] + at["w"] <= 24
        taken |= cells
