"""`doctor`: look at everything that usually goes wrong, and say the remedy."""

import argparse
import sys

from bot.cli.command import add, settings


def register(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Declare the command."""
    add(
        commands, "doctor", doctor, "check settings, database, Redis, WeChat and the way in; say the remedies"
    )


def doctor(options: argparse.Namespace) -> int:
    """Print every finding; 1 if something is wrong."""
    config = settings(options)
    from bot.doctor.checks import CHECKS
    from bot.doctor.findings import Verdict
    from bot.runtime import open_runtime

    runtime = open_runtime(config)
    marks = {Verdict.GOOD: "✓", Verdict.ADVICE: "!", Verdict.WRONG: "✗"}
    wrong = 0
    for check in CHECKS:
        for finding in check(runtime):
            print(f"{marks[finding.verdict]} {finding.subject}: {finding.detail}")
            if finding.remedy:
                print(f"    → {finding.remedy}")
            wrong += finding.verdict is Verdict.WRONG
            sys.stdout.flush()
    runtime.close()
    print(f"\n{wrong} wrong" if wrong else "\nall well")
    return 1 if wrong else 0
