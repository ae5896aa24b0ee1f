"""The Makefile: it explains itself, and says clearly when the machine lacks something."""

import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
pytestmark = pytest.mark.skipif(
    shutil.which("make") is None and os.environ.get("CI") != "true", reason="no make here"
)


def make(folder, *words):
    return subprocess.run(
        ["make", *words], cwd=folder, capture_output=True, text=True, timeout=300, check=False
    )


@pytest.fixture
def checkout(tmp_path):
    for name in ("Makefile", "requirements.txt", "requirements-dev.txt"):
        shutil.copy(ROOT / name, tmp_path)
    return tmp_path


def test_make_alone_explains_every_target(checkout):
    shown = make(checkout)

    declared = re.search(r"^\.PHONY: (.*)$", (ROOT / "Makefile").read_text("utf-8"), re.MULTILINE)
    assert shown.returncode == 0
    for target in declared.group(1).split():
        assert re.search(rf"^  make {target} +\S", shown.stdout, re.MULTILINE), target
    assert list(checkout.glob(".venv")) == []


def test_a_missing_python_is_said_in_a_sentence(checkout):
    refused = make(checkout, "run", "PYTHON=")

    assert refused.returncode != 0
    assert "Python 3.11 or newer is needed and was not found" in refused.stdout + refused.stderr


def test_an_old_python_is_said_in_a_sentence(checkout):
    old = checkout / "old-python"
    old.write_text("#!/bin/sh\nexit 1\n")
    old.chmod(0o755)

    refused = make(checkout, "run", f"PYTHON={old}")

    assert refused.returncode != 0
    assert "is not Python 3.11 or newer" in refused.stdout + refused.stderr


def test_what_is_asked_for_is_pinned_and_hashed():
    asked = {}
    for name in ("requirements", "requirements-dev"):
        for line in (ROOT / f"{name}.in").read_text("utf-8").splitlines():
            if found := re.match(r"([A-Za-z0-9._-]+)(?:\[[a-z]+\])?(?:==(\S+))?$", line):
                asked[found.group(1).lower().replace("_", "-")] = found.group(2)
    lines = (ROOT / "requirements-dev.txt").read_text("utf-8")
    pinned = dict(re.findall(r"^([a-z0-9.-]+)==(\S+) \\\n    --hash=sha256:", lines, re.MULTILINE))
    for name, version in asked.items():
        assert name in pinned
        assert version in {None, pinned[name]}
