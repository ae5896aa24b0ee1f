"""No secret is in the repository: not a provider's, by its shape, nor one that is given to a name that says so."""

import math
import re
import shutil
import subprocess
from collections import Counter
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
SHAPES = {
    "a private key": re.compile(r"-----BEGIN (?:[A-Z]+ )*PRIVATE KEY-----"),
    "an access key of AWS": re.compile(r"A(?:KIA|SIA)[0-9A-Z]{16}\b"),
    "an access key of Aliyun": re.compile(r"LTAI[0-9A-Za-z]{16,24}\b"),
    "a key of Tencent Cloud": re.compile(r"AKID[0-9A-Za-z]{32}\b"),
    "a token of GitHub": re.compile(r"g(?:h[pousr]_[0-9A-Za-z]{36}|ithub_pat_\w{50})"),
    "a token of Slack": re.compile(r"xox[baprs]-[0-9A-Za-z-]{20,}"),
    "a web token": re.compile(r"eyJ[\w-]{16,}\.eyJ[\w-]{16,}\.[\w-]{16,}"),
    "a password in an address": re.compile(r"://[^\s:/@\"'<>{}$%]+:(?!password@|x@)[^\s/@\"'<>{}$%]{8,}@"),
}
GIVEN = re.compile(
    r"""(?:secret|passwd|password|aes_?key|api_?key|access_?key|private_?key|access_?token)[\w-]*"""
    r"""\s*[=:]\s*f?["']([\w+/=-]{16,})["']"""
)
# What looks like one, and is made up: each with the file it may stand in.
MADE_UP: set[tuple[str, str]] = set()
NOT_READ = (".png", ".jpg", ".jpeg", ".woff2", ".ico", ".xlsx", ".pdf")
LISTS_OF_HASHES = {
    "requirements.txt",
    "requirements-dev.txt",
    "requirements-tools.txt",
    "requirements-fuzz.txt",
    "package-lock.json",
}


def bits(text: str) -> float:
    """How much a letter of the text tells, by how often each occurs: 4 for random hex, near 5 for base64."""
    counts = Counter(text)
    return -sum(count / len(text) * math.log2(count / len(text)) for count in counts.values())


def found(text: str) -> list[str]:
    """What of a text looks like a secret."""
    seen = [
        f"{what}: {match.group()[:12]}…" for what, shape in SHAPES.items() for match in shape.finditer(text)
    ]
    for match in GIVEN.finditer(text.lower()):
        value = text[slice(*match.span(1))]
        if bits(value) > 3.5 and re.search(r"\d", value) and "0123456789" not in value:
            seen.append(f"given to a name: {value}")
    return seen


def test_no_file_of_the_repository_holds_a_secret():
    if shutil.which("git") is None or not (ROOT / ".git").exists():
        pytest.skip("not a checkout: there is no list of its files")
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True, check=True)
    suspicious = []
    for name in listed.stdout.split("\0"):
        path = ROOT / name
        if not name or name in LISTS_OF_HASHES or path.suffix in NOT_READ or not path.is_file():
            continue
        text = path.read_text("utf-8", "replace")
        suspicious += [f"{name}: {what}" for what in found(text) if (name, what) not in MADE_UP]

    assert suspicious == []


def test_a_secret_would_be_noticed():
    # Put together here, so that the file itself holds none.
    planted = {
        "an access key of Aliyun": "LTAI" + "5tQ9vXw2YzA8bC3dE4fG",
        "given to a name": 'app_secret = "' + "3f9a1c07be52d86490ab1e7cd5f20836" + '"',
        "a password in an address": "postgresql://yizhan:" + "Zk83hsQpLw@db/yizhan",
        "a private key": "-----BEGIN RSA " + "PRIVATE KEY-----",
    }

    for what, text in planted.items():
        assert any(one.startswith(what) for one in found(text)), what
    assert found('app_secret = "FILL-IN"\ntoken = "simtoken2026"') == []
