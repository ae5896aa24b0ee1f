"""What is pinned can be installed by every Python that is promised, not only by the one that made the pins."""

import re
from importlib.metadata import distribution
from pathlib import Path

import pytest
from packaging.markers import default_environment
from packaging.requirements import Requirement
from packaging.specifiers import SpecifierSet
from packaging.utils import canonicalize_name

ROOT = Path(__file__).resolve().parents[1]
PYTHONS = ["3.11.0", "3.12.0", "3.13.0", "3.14.0"]


def pinned(name):
    text = (ROOT / name).read_text("utf-8")
    return dict(re.findall(r"^([\w.-]+)==([\w.]+)", text, re.MULTILINE))


@pytest.mark.parametrize("python", PYTHONS)
@pytest.mark.parametrize("file", ["requirements.txt", "requirements-dev.txt"])
def test_what_is_pinned_is_whole_for_every_python(file, python):
    pins = pinned(file)
    minor = ".".join(python.split(".")[:2])
    environment = default_environment() | {
        "python_version": minor,
        "python_full_version": python,
        "extra": "",
    }
    wanting, refused = [], []
    for name in pins:
        metadata = distribution(name).metadata
        if python not in SpecifierSet(metadata["Requires-Python"] or ""):
            refused.append(f"{name} {metadata['Requires-Python']}")
        for line in metadata.get_all("Requires-Dist") or []:
            wanted = Requirement(line)
            if wanted.marker is None or wanted.marker.evaluate(environment):
                wanting += [f"{name} wants {wanted}"] if canonicalize_name(wanted.name) not in pins else []

    assert len(pins) > 40
    assert (wanting, refused) == ([], [])
