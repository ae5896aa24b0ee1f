"""Buttons and books in a few letters."""

from bot.db import utc_now
from bot.menus import books, versions


def click(name, key=None, **more):
    return {"name": name, "type": "click", "key": key or f"KEY_{name}", **more}


def view(name, url="https://www.example.com/page", **more):
    return {"name": name, "type": "view", "url": url, **more}


def group(name, *subs, **more):
    return {"name": name, "sub_button": list(subs), **more}


def book(*buttons, **by_tag):
    """Return a book; `by_tag` are the buttons of its conditional menus by their ids, first first."""
    conditional = [{"id": name, "tag_id": tag, "buttons": list(own)} for name, (tag, *own) in by_tag.items()]
    return books.with_ids({"default": list(buttons), "conditional": conditional})


def publish(runtime, made, *, note="test", due_at=None, account="head"):
    """Hand a book over as the office does; returns the version's id. The job is not run by it."""
    with runtime.db.transaction() as session:
        row = versions.add(
            session,
            account=account,
            account_id=runtime.accounts[account].id,
            book=made,
            author="梅",
            author_id=None,
            note=note,
            now=utc_now(),
            due_at=due_at,
        )
        return row.id
