"""`make fuzz`: let atheris look for bytes that break something, target by target; 1 if it found any.

What it learned stays in `var/fuzz/<target>/`, so that the next run goes on from there;
what broke something lies beside it as `broke-…` and is tried with `--again FILE`.
"""

import argparse
import importlib.util
import logging
import subprocess
import sys
from pathlib import Path

from tests.fuzz.names import NAMES

FOLDER = Path("var/fuzz")
MEGABYTES = 1024
SECONDS_FOR_ONE = 10  # what takes longer is a fault: who sends it keeps a process busy


def main() -> int:
    options = _options()
    if options.again:
        _attempt(options.target[0], options.again)
        return 0
    if importlib.util.find_spec("atheris") is None:
        print("atheris is not installed here; start this with: make fuzz", file=sys.stderr)
        return 2
    if options.inside:
        _hand_over(options.target[0], options.seconds)
    broken = [name for name in options.target or NAMES if _look(name, options.seconds)]
    print(f"{len(options.target or NAMES)} targets, broken: {', '.join(broken) or 'none'}")
    return 1 if broken else 0


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.fuzz", description=__doc__)
    parser.add_argument("target", nargs="*", help=f"one or more of: {', '.join(NAMES)}; all without")
    parser.add_argument("--seconds", type=int, default=60, help="for each target")
    parser.add_argument("--again", type=Path, help="try this file once, with what went wrong in full")
    parser.add_argument("--inside", action="store_true", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if unknown := [name for name in options.target if name not in NAMES]:
        parser.error(f"no target is called {unknown[0]}; there are: {', '.join(NAMES)}")
    if options.again and len(options.target) != 1:
        parser.error("--again wants the one target that FILE is for")
    return options


def _look(name: str, seconds: int) -> bool:
    """Look for so long in a process of its own, since atheris never returns; say whether something broke."""
    print(f"{name}: {seconds} s", flush=True)
    command = [sys.executable, "-m", "tests.fuzz", name, "--seconds", str(seconds), "--inside"]
    done = subprocess.run(
        command, check=False, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, errors="replace"
    )
    lines = done.stdout.splitlines()
    shown = (
        lines[-80:]
        if done.returncode
        else [line for line in lines if line.startswith("stat::") or " DONE " in line]
    )
    print("\n".join(f"  {line}" for line in shown), flush=True)
    return done.returncode != 0


def _hand_over(name: str, seconds: int) -> None:
    import atheris

    with atheris.instrument_imports(include=["bot", "posters", "api", "wechatpy", "handlers"]):
        from tests.fuzz.everything import TARGETS
    logging.getLogger("bot").setLevel(logging.CRITICAL)
    target = TARGETS[name]
    corpus = FOLDER / name
    corpus.mkdir(parents=True, exist_ok=True)
    for place, seed in enumerate(target.seeds):
        (corpus / f"seed-{place}").write_bytes(seed)
    words = corpus.with_suffix(".dict")
    words.write_text("\n".join(map(_quoted, target.words)))
    told = [
        f"-max_total_time={seconds}",
        f"-rss_limit_mb={MEGABYTES}",
        f"-timeout={SECONDS_FOR_ONE}",
        f"-artifact_prefix={FOLDER}/{name}-broke-",
        *([f"-dict={words}"] if target.words else []),
        "-max_len=65000",
        "-print_final_stats=1",
        str(corpus),
    ]
    atheris.Setup([sys.argv[0], *told], target.attempt)
    atheris.Fuzz()


def _quoted(word: bytes) -> str:
    return '"' + "".join(f"\\x{byte:02x}" for byte in word) + '"'


def _attempt(name: str, file: Path) -> None:
    from tests.fuzz.everything import TARGETS

    TARGETS[name].attempt(file.read_bytes())
    print(f"{name}: {file} is read or refused, as it should be")


if __name__ == "__main__":
    sys.exit(main())
