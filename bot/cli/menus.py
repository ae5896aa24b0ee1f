"""`menu pull`, `menu push`, `menu diff`: an account's menus as a file, beside what WeChat has."""

import argparse
import getpass
import json
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sqlalchemy import select

from bot import audit
from bot.audit import Actor
from bot.cli.command import add, settings, with_config
from bot.db import utc_now
from bot.errors import ConfigError
from bot.menus import books, checks, diff, importing, versions
from bot.menus.books import Book
from bot.menus.diff import Change, Did
from bot.menus.importing import Imported
from bot.menus.outline import outline
from bot.tags.models import Tag

if TYPE_CHECKING:
    from bot.runtime import Runtime


def register(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Declare the commands."""
    parser = add(commands, "menu", diff_menus, "an account's menus as a file, beside what WeChat has")
    actions = parser.add_subparsers(dest="action", metavar="action", required=True)
    pulling = actions.add_parser("pull", help="print what WeChat has now, console-made too, as JSON")
    pulling.add_argument("--file", type=Path, help="write it there instead")
    pulling.set_defaults(run=pull)
    pushing = actions.add_parser("push", help="publish a file as a new version")
    pushing.add_argument("file", type=Path, help="JSON as `menu pull` writes it")
    pushing.add_argument("--note", default="", help="why, for your colleagues")
    pushing.add_argument(
        "--over", action="store_true", help="replace a menu that WeChat has and that is not ours; it is kept"
    )
    pushing.set_defaults(run=push)
    comparing = actions.add_parser("diff", help="what differs from WeChat's; 1 if anything does")
    comparing.add_argument("file", type=Path, nargs="?", help="a file (else the version in force)")
    comparing.set_defaults(run=diff_menus)
    for action in (pulling, pushing, comparing):
        with_config(action)
        action.add_argument("--account", required=True, help="its name in the settings")


def pull(options: argparse.Namespace) -> int:
    """Write WeChat's menus as a file; what a file cannot hold is said on standard error."""
    runtime = _open(options)
    try:
        found, tags = _at_wechat(runtime, options.account)
    finally:
        runtime.close()
    text = json.dumps(_document(found.book, tags), ensure_ascii=False, indent=2) + "\n"
    if options.file:
        options.file.write_text(text, encoding="utf-8")
    else:
        sys.stdout.write(text)
    for key, answer in found.answers.items():
        print(f"note: a console text became the key {key}; it said: {answer}", file=sys.stderr)
    for name in found.kept:
        print(f"note: {name} came from the console and cannot be published as it is", file=sys.stderr)
    if found.left_out:
        print(f"note: {found.left_out} menus that are not by one of our tags were left out", file=sys.stderr)
    return 0


def push(options: argparse.Namespace) -> int:
    """Check the file, make a version of it and promise its publishing; 1 if WeChat would not take it."""
    runtime = _open(options)
    try:
        return _push(runtime, options)
    finally:
        runtime.close()


def diff_menus(options: argparse.Namespace) -> int:
    """Print what one would have to do to WeChat's menus to have the file's."""
    runtime = _open(options)
    try:
        found, tags = _at_wechat(runtime, options.account)
        if options.file:
            ours = _read(options.file, tags)
        else:
            with runtime.db.reading() as session:
                menu = versions.in_force(session, runtime.accounts[options.account].id)
            if menu is None:
                print("nothing has been published from here yet")
                return 1
            ours = menu.document
    finally:
        runtime.close()
    changes = diff.changes(found.book, ours)
    for one in changes:
        print(_sentence(one, tags))
    if not changes:
        print("they are the same")
    return 1 if changes else 0


def _push(runtime: "Runtime", options: argparse.Namespace) -> int:
    account, now = options.account, utc_now()
    account_id = runtime.accounts[account].id
    theirs = importing.ask(runtime.wechat.of(account))
    with runtime.db.reading() as session:
        tags = _tags(session)
        known = importing.known_tags(session, account_id)
        in_force = versions.in_force(session, account_id)
    book = _read(options.file, tags)
    problems = checks.check(book, tags=tags)
    names = {place.button["id"]: diff.path_name(place) for place in books.places(book)}
    for one in problems:
        facts = f" ({one.n} of {one.most})" if one.most else ""
        kind = "warning" if one.is_warning else "error"
        print(
            f"{kind}: {names.get(one.button, 'menu')}: {one.field} {one.wrong.value}{facts}", file=sys.stderr
        )
    if checks.errors(problems):
        return 1
    found = importing.read(theirs, known)
    is_ours = theirs.is_empty or (in_force is not None and books.same(in_force.document, found.book))
    if not is_ours and not options.over:
        print("WeChat has a menu that was not published from here; `menu pull` shows it, --over replaces it")
        return 1
    with runtime.db.transaction() as session:
        if not is_ours:
            learned = importing.learn_tags(session, account_id, theirs, now=now)
            kept = importing.read(theirs, learned)
            versions.keep_found(
                session, account_id=account_id, found=kept, note="what WeChat had before", now=now
            )
        row = versions.add(
            session,
            account=account,
            account_id=account_id,
            book=book,
            author="command line",
            author_id=None,
            note=options.note[:200],
            now=utc_now(),
        )
        number = row.number
        audit.record(
            session,
            Actor(f"cli:{getpass.getuser()}"),
            "menu.published",
            row,
            now=utc_now(),
            before=_outline(in_force.document, tags) if in_force else None,
            after=_outline(book, tags),
            reason=options.note[:200] or None,
        )
    print(f"version {number} of {account} is handed over; a worker gives it to WeChat")
    return 0


def _open(options: argparse.Namespace) -> "Runtime":
    from bot.runtime import open_runtime  # counts, and so waits (bot.metrics)

    runtime = open_runtime(settings(options))
    if options.account not in runtime.accounts:
        known = ", ".join(runtime.accounts) or "none"
        runtime.close()
        raise ConfigError(f"--account {options.account}: the settings do not have it; they have {known}")
    return runtime


def _at_wechat(runtime: "Runtime", account: str) -> tuple[Imported, dict[int, str]]:
    theirs = importing.ask(runtime.wechat.of(account))
    with runtime.db.reading() as session:
        known = importing.known_tags(session, runtime.accounts[account].id)
        return importing.read(theirs, known), _tags(session)


def _tags(session: Any) -> dict[int, str]:
    return {row.id: row.name for row in session.scalars(select(Tag))}


def _outline(book: Book, tags: Mapping[int, str]) -> dict[str, str]:
    return outline(book, lambda tag_id: "everybody" if tag_id is None else tags.get(tag_id, f"#{tag_id}"))


def _document(book: Book, tags: Mapping[int, str]) -> dict[str, Any]:
    """Return the book as a file says it: no ids of ours, tags by name."""
    menus = [
        {"tag": tags.get(one["tag_id"], ""), "button": _bare(one["buttons"])} for one in book["conditional"]
    ]
    return {"button": _bare(book["default"]), "conditional": menus}


def _bare(buttons: Any) -> Any:
    return [
        {name: _bare(value) if name == "sub_button" else value for name, value in one.items() if name != "id"}
        for one in buttons
    ]


def _read(file: Path, tags: Mapping[int, str]) -> Book:
    """Return the book a file says; raise `ConfigError` for one that does not say any."""
    by_name = {name: key for key, name in tags.items()}
    try:
        document = json.loads(file.read_text(encoding="utf-8"))
        return books.with_ids(
            {
                "default": books.from_wechat(document["button"]),
                "conditional": [
                    {"tag_id": by_name.get(one["tag"]), "buttons": books.from_wechat(one["button"])}
                    for one in document.get("conditional", [])
                ],
            }
        )
    except OSError as error:
        raise ConfigError(f"{file}: {error.strerror}") from None
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise ConfigError(f"{file}: not a menu as `menu pull` writes it ({error!r})") from None


def _sentence(one: Change, tags: Mapping[int, str]) -> str:
    menu = "" if one.menu is None else f"[{tags.get(one.menu, one.menu)}] "
    if one.did is Did.CHANGED:
        return f"{menu}changed {one.name}: {one.field} {one.before!r} -> {one.after!r}"
    return f"{menu}{one.did.value.replace('_', ' ')} {one.name}".rstrip()
