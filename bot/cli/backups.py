"""`backup`, `restore`, `restoration`: keeping the database, putting it back, and what that brings about."""

import argparse
import getpass
import signal
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from bot.cli.command import add, keep_private, settings, with_config
from bot.errors import ConfigError

if TYPE_CHECKING:
    from bot.audit import Actor
    from bot.backups.manifest import Manifest

MINUTE = "%Y-%m-%d %H:%M"
AFTERWARDS = """Next:
  1. python -m bot restoration show     what may have been said since the backup; nothing of it is said
  2. start everything; fans, tags, codes and the desk are compared with WeChat by themselves
  3. python -m bot menu diff            whether WeChat has a newer menu than the backup
  4. python -m bot restoration drop … / end     once somebody has looked"""


def register(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Declare the commands."""
    backing = add(commands, "backup", backup, "keep the database in one file, while the server runs")
    backing.add_argument("file", nargs="?", type=Path, help="the file, or a folder (else var/backups/)")
    backing.add_argument(
        "--keep", type=int, metavar="N", help="then delete all but the newest N of that folder"
    )
    putting = add(
        commands, "restore", restore, "put a backup in the database's place; everything must be stopped"
    )
    putting.add_argument("file", type=Path, help="what `backup` wrote")
    flags = {
        "--replace": "though the database holds something; it is put aside",
        "--without-keys": "though [privacy] keys are lost; what they sealed stays closed",
    }
    for flag, help_text in flags.items():
        putting.add_argument(flag, action="store_true", help=help_text)
    looking = add(commands, "restoration", show, "look at what may have been said before a restoration")
    actions = looking.add_subparsers(dest="action", metavar="action", required=True)
    with_config(actions.add_parser("show", help="what is held, and how much")).set_defaults(run=show)
    dropping = with_config(actions.add_parser("drop", help="never say what is held under these names"))
    dropping.add_argument("names", nargs="*", metavar="name", help="as `restoration show` lists them")
    dropping.add_argument("--all", action="store_true", help="everything that is held")
    dropping.set_defaults(run=drop)
    ending = with_config(actions.add_parser("end", help="let what is still held go on, and speak again"))
    ending.set_defaults(run=end)
    beginning = actions.add_parser("begin", help="take the same care after other tools put the database back")
    with_config(beginning).set_defaults(run=begin)
    beginning.add_argument(
        "--taken-at", required=True, type=_moment, metavar="MOMENT", help="2026-11-26T03:00Z"
    )


def backup(options: argparse.Namespace) -> int:
    """Write the backup and say what must be kept apart from it."""
    keep_private()
    config = settings(options)
    signal.signal(signal.SIGTERM, lambda *_: sys.exit("stopped; nothing was kept"))
    from bot.backups import making
    from bot.db import utc_now

    now = utc_now()
    file: Path = options.file or making.usual_file(config, now=now)
    if file.is_dir():
        file /= making.NAME.format(now)
    if options.keep is not None and options.keep < 1:
        raise ConfigError(f"--keep {options.keep}: at least 1, the one that is made now")
    made = making.make(config, file, now=now)
    print(f"{file}: {file.stat().st_size / 1e6:.1f} MB, {_about(made)}")
    for old in making.prune(file.parent, keep=options.keep) if options.keep else []:
        print(f"{old}: deleted")
    if made.keys:
        names = ", ".join(made.keys)
        print(f"Not in it: [privacy] {names}. Without them its telephones cannot be read; keep them apart.")
    print("Not in it: the settings, and the files that hold their secrets.")
    return 0


def restore(options: argparse.Namespace) -> int:
    """Put the backup in place, or say why not and leave everything."""
    keep_private()
    config = settings(options)
    from bot.backups import restoring
    from bot.db import utc_now
    from bot.supervisor import run_lock

    for number in (signal.SIGTERM, signal.SIGHUP):  # a lost terminal is an error like others: undone
        signal.signal(number, _stop)
    # Whoever starts `run` meanwhile is told that we are at it.
    with run_lock.hold(Path(config.server.folder) / "run.lock"):
        done = restoring.restore(
            config, options.file, replace=options.replace, without_keys=options.without_keys, now=utc_now()
        )
    print(f"restored: {_about(done.manifest)}")
    if done.migrated:
        print(f"it was of an older release: {done.migrated} migrations applied")
    if done.kept:
        print(f"the database before it is kept as {done.kept}; delete it once all is well")
    print(f"{done.aftermath.held} promises are held, {done.aftermath.closed} requests at the desk closed")
    print(AFTERWARDS)
    return 0


def _stop(_number: int, _frame: object) -> None:
    raise SystemExit("stopped; the database is what it was")


def begin(options: argparse.Namespace) -> int:
    """Hold what may have been said since the moment that the database is of."""
    config = settings(options)
    from bot.backups import aftermath
    from bot.db import Database, utc_now

    now = utc_now()
    if options.taken_at > now:
        raise ConfigError(f"--taken-at {options.taken_at:%Y-%m-%dT%H:%MZ} is still to come")
    with Database(config.database) as db, db.transaction() as session:
        names = [account.name for account in config.accounts]
        seen = aftermath.begin(
            session,
            taken_at=options.taken_at,
            source="by other tools",
            accounts=names,
            now=now,
            actor=_actor(),
        )
    print(f"{seen.held} promises are held, {seen.closed} requests at the desk closed")
    print(AFTERWARDS)
    return 0


def show(options: argparse.Namespace) -> int:
    """Print what is held; 1 if anything is, so that a script can ask."""
    config = settings(options)
    from bot.backups import reviewing
    from bot.db import Database
    from bot.restorations.reading import under_review

    with Database(config.database) as db, db.reading() as session:
        of = under_review(session)
        if of is None:
            print("no restoration is to be looked at")
            return 0
        print(f"the database of {of.taken_at:{MINUTE}} UTC, restored {of.restored_at:{MINUTE}} UTC")
        print(f"{'held as':28} {'before':>8} {'since':>8}")
        for one in reviewing.held(session):
            print(f"{one.name:28} {one.before:8} {one.since:8}  {one.about}".rstrip())
    return 1


def drop(options: argparse.Namespace) -> int:
    """Never say what is held under some names, or any."""
    if not options.names and not options.all:
        raise ConfigError("name what to drop as `restoration show` lists it, or --all")
    config = settings(options)
    from bot.backups import reviewing
    from bot.db import Database, utc_now

    with Database(config.database) as db, db.transaction() as session:
        names = options.names or [one.name for one in reviewing.held(session)]
        count = reviewing.drop(session, names, actor=_actor(), now=utc_now())
    print(f"{count} dropped")
    return 0


def end(options: argparse.Namespace) -> int:
    """Let the rest go on."""
    config = settings(options)
    from bot.backups import reviewing
    from bot.db import Database, utc_now

    with Database(config.database) as db, db.transaction() as session:
        names = [account.name for account in config.accounts]
        count = reviewing.end(session, accounts=names, actor=_actor(), now=utc_now())
    print(f"{count} held promises wait again, and notices are sent")
    return 0


def _about(manifest: "Manifest") -> str:
    made = f"as of {manifest.taken_at:%Y-%m-%d %H:%M:%S} UTC by release {manifest.product}"
    return f"{manifest.server}, migration {manifest.revision}, {made}"


def _actor() -> "Actor":
    from bot.audit import Actor

    return Actor(f"cli:{getpass.getuser()}")


def _moment(text: str) -> datetime:
    found = datetime.fromisoformat(text)
    return (found if found.tzinfo else found.replace(tzinfo=UTC)).astimezone(UTC)
