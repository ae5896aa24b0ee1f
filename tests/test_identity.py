"""The identity's colours stand in two files, because the simulator shares nothing with the project: they are equal."""

import re
from pathlib import Path

ROOT = Path(__file__).parents[1]
COLOURS = ("pine", "amber", "paper", "ink", "mist", "berry", "sky")


def colours(file):
    """Return the light and the dark value of each colour that the file names."""
    text = (ROOT / file).read_text("utf-8")
    return dict(re.findall(r"--([\w-]+):\s*(light-dark\(#\w+, #\w+\));", text))


def test_the_simulator_wears_the_same_colours_as_the_back_office():
    ours, theirs = colours("admin/static/identity.css"), colours("simulator/faces/static/base.css")
    shared = set(ours) & set(theirs)

    assert set(COLOURS) <= shared
    assert {name: ours[name] for name in shared} == {name: theirs[name] for name in shared}


def test_the_colours_are_those_of_the_identity():
    light = {
        name: value[len("light-dark(") :].split(",")[0]
        for name, value in colours("admin/static/identity.css").items()
    }

    assert (light["pine"], light["amber"], light["paper"], light["ink"]) == (
        "#0f6b5c", "#e59f2c", "#faf8f4", "#1e2a2b",
    )  # fmt: skip
    assert (light["mist"], light["berry"]) == ("#e7ecea", "#b3364b")
