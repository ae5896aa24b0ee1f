"""The tree of groups: everyone sees it, the head office grows it."""

from flask import redirect, render_template, url_for
from flask_babel import gettext as _
from sqlalchemy import func, select
from sqlalchemy.orm.exc import StaleDataError
from werkzeug.wrappers import Response as AnyResponse

from admin.access import allowed
from admin.channels.blueprint import pages
from admin.channels.fields import one_of
from admin.cookies import say
from admin.forms import Form
from admin.office import changing, find, reading, record
from bot.audit import facts
from bot.channels import groups
from bot.channels.models import Channel, ChannelGroup
from bot.db.scoped import ScopedSession
from bot.users.roles import Permission


@pages.get("/groups")
@allowed(Permission.CHANNELS_SEE)
def tree() -> str:
    """Show the tree, with how many channels of the visitor's scope each group has."""
    with reading() as session:
        return _page(session, Form())


@pages.post("/groups")
@allowed(Permission.CHANNELS_CHANGE)
def grow() -> AnyResponse | tuple[str, int]:
    """Add a group."""
    form = Form.sent()
    with changing() as session:
        name = form.text("name", longest=64)
        parent_id = one_of(form, "parent_id", {place.id for place in groups.tree(session)})
        if not form.is_right:
            return _page(session, form), 422
        row = ChannelGroup()
        groups.put(session, row, name=name, parent_id=parent_id)
        record(session, "channel_group.added", row, after=facts(row, "name", "parent_id"))
    say(_("%(name)s is added.", name=name))
    return redirect(url_for("admin.channels.tree"), 303)


@pages.get("/groups/<int:key>")
@allowed(Permission.CHANNELS_CHANGE)
def group(key: int) -> str:
    """Show one group, to be renamed or moved."""
    with reading() as session:
        row = find(session, ChannelGroup, key)
        form = Form({"name": row.name, "parent_id": row.parent_id or "", "version": row.version})
        return _page(session, form, row)


@pages.post("/groups/<int:key>")
@allowed(Permission.CHANNELS_CHANGE)
def move(key: int) -> AnyResponse | tuple[str, int]:
    """Rename the group, or hang it elsewhere; never below itself, and not over somebody else's change."""
    form = Form.sent()
    try:
        with changing() as session:
            row = find(session, ChannelGroup, key)
            name = form.text("name", longest=64)
            parent_id = one_of(form, "parent_id", {place.id for place in groups.tree(session)})
            if not form.is_right:
                return _page(session, form, row), 422
            if str(form.values.get("version")) != str(row.version):
                raise StaleDataError  # noqa: TRY301 - as the flush would say it
            before = facts(row, "name", "parent_id")
            groups.put(session, row, name=name, parent_id=parent_id)
            record(
                session, "channel_group.changed", row, before=before, after=facts(row, "name", "parent_id")
            )
    except groups.Circle:
        form.wrong("parent_id", _("A group cannot stand below itself. Choose a place outside of it."))
        return _again(form, key), 422
    except StaleDataError:
        form.wrong("name", _("Somebody else changed this group meanwhile. Look, and save again."))
        return _again(form, key), 409
    say(_("%(name)s is saved.", name=name))
    return redirect(url_for("admin.channels.tree"), 303)


def _again(form: Form, key: int) -> str:
    with reading() as session:
        row = find(session, ChannelGroup, key)
        form.values["version"] = row.version
        return _page(session, form, row)


def _page(session: ScopedSession, form: Form, row: ChannelGroup | None = None) -> str:
    with session.no_autoflush:
        counting = select(Channel.group_id, func.count(Channel.id)).group_by(Channel.group_id)
        counts = {found[0]: found[1] for found in session.execute(counting)}
        places = groups.tree(session)
    inside = groups.within(places, row.id) if row is not None else set()
    return render_template(
        "admin/channels/groups.html", form=form, row=row, places=places, counts=counts, inside=inside
    )
