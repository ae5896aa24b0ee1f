"""`staff import`: take a sheet of staff over, looked at first."""

import argparse
import getpass
import sys
from itertools import islice
from pathlib import Path

from bot.audit import Actor
from bot.cli.command import add, settings, with_config
from bot.db import EVERYTHING, Database, utc_now
from bot.errors import YizhanError
from bot.imports import plan, words
from bot.imports.kinds import KINDS
from bot.imports.looking import Around, Status
from bot.imports.plan import CHUNK, LIMITS, Plan
from bot.imports.staff import StaffSheet
from bot.organisation.jobs import HERE
from bot.privacy import NoKeys, vault_of
from bot.sheets import NotASheet


def register(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Declare the command."""
    parser = add(commands, "staff", put, "the people who work in the shops")
    actions = parser.add_subparsers(dest="action", metavar="action", required=True)
    importing = with_config(actions.add_parser("import", help="add and change staff from a sheet"))
    importing.add_argument("file", type=Path, help=".xlsx or .csv, as the back office's template has it")
    importing.add_argument("--dry-run", action="store_true", help="only say what would change")
    importing.add_argument(
        "--only-right",
        action="store_true",
        help="leave wrong rows out (else one wrong row: nothing done)",
    )
    importing.set_defaults(run=put)


def put(options: argparse.Namespace) -> int:
    """Import the sheet; 0 when all of it is as the sheet says, 1 when rows were wrong."""
    config = settings(options)
    try:
        vault = vault_of(config.privacy)
    except NoKeys:
        vault = None
    around = Around(EVERYTHING, utc_now().astimezone(HERE).date(), vault)
    with Database(config.database) as db:
        try:
            content = _content(options.file)
            with db.scoped_reading(EVERYTHING) as session:
                looked = plan.look(session, StaffSheet.name, content, around)
        except NotASheet as error:
            raise NotThisFile(f"{options.file}: {words.why(error, in_chinese=False)}") from None
        _say(looked)
        is_refused = bool(looked.wrong) and not options.only_right
        if options.dry_run or is_refused or not looked.todo:
            if is_refused and not options.dry_run:
                print("nothing was imported; mend these rows, or say --only-right", file=sys.stderr)
            return 1 if looked.wrong else 0
        failed = _do(db, content, around, looked)
    return 1 if looked.wrong or failed else 0


class NotThisFile(YizhanError):
    """The caller's move: the file cannot be read as a sheet of staff."""


def _content(file: Path) -> bytes:
    try:
        with file.open("rb") as source:
            return source.read(LIMITS.size + 1)
    except OSError as error:
        raise NotThisFile(f"{file}: {error.strerror}") from None


def _say(looked: Plan) -> None:
    print("  ".join(f"{status.value} {looked.counts[status]}" for status in Status))
    for name in looked.unknown:
        print(f"column {name} is not known and not read")
    if looked.stopped_at:
        print(f"nothing below row {looked.stopped_at} was read: too many blank rows")
    for look in looked.wrong:
        for problem in look.problems:
            where = words.at(look.number, problem, in_chinese=False)
            print(f"{where}: {words.why(problem, in_chinese=False)}", file=sys.stderr)


def _do(db: Database, content: bytes, around: Around, looked: Plan) -> int:
    """Import the rows that would change something, some a transaction; return how many could not be."""
    with db.scoped_reading(EVERYTHING) as session:
        kind = KINDS[StaffSheet.name](session, around)
    todo = {look.number for look in looked.todo}
    lines = [line for line in plan.lines_of(kind, content) if line.number in todo]
    actor, finished, failed = Actor(f"cli:{getpass.getuser()}"), 0, 0
    waiting = iter(lines)
    while chunk := list(islice(waiting, CHUNK)):
        with db.scoped(EVERYTHING) as session:
            done = plan.do(session, StaffSheet.name, chunk, around, actor=actor, now=utc_now())
        finished += len(chunk)
        failed += len(done.problems)
        for look, problem in done.problems:
            where = words.at(look.number, problem, in_chinese=False)
            print(f"{where}: {words.why(problem, in_chinese=False)}", file=sys.stderr)
        print(f"{finished} of {len(lines)}")
    print(f"imported: {finished - failed}")
    return failed
