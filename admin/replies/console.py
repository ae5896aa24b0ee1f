"""Taking over what the account answers by WeChat's own console: looked at first, chosen, then made rules."""

from flask import redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from sqlalchemy import select
from werkzeug.exceptions import NotFound
from werkzeug.wrappers import Response as AnyResponse

from admin.access import allowed
from admin.choices import account
from admin.cookies import say
from admin.office import changing, reading, record, runtime
from admin.replies import words
from admin.replies.blueprint import pages
from admin.replies.fields import said
from bot.errors import WeChatError
from bot.replies import console
from bot.replies.console import Found
from bot.replies.models import AutoReply
from bot.router import Served
from bot.users.roles import Permission

NOTES = {
    "media": _l("A picture or recording keeps the console's id: try it, or upload it to Materials."),
    "video": _l("A film cannot be taken over: WeChat gives no id of it. Upload it to Materials."),
    "unknown": _l("A reply of a kind we do not know is left out."),
    "too_long": _l("A text longer than WeChat takes from a server is left out."),
    "articles": _l("Only one article can answer a message; the others are left out."),
    "more_replies": _l("Only the first five replies are taken over."),
    "words": _l("Some keywords are too long or too many, and left out."),
    "nothing": _l("Nothing is left of it that could be taken over."),
}


@pages.get("/console")
@allowed(Permission.REPLIES_CHANGE)
def console_page() -> str:
    """Say what taking over means. WeChat is not asked yet."""
    return render_template("admin/replies/console.html", found=None, trouble="", served=account())


@pages.post("/console/look")
@allowed(Permission.REPLIES_CHANGE)
def console_look() -> str | tuple[str, int]:
    """Ask WeChat what the console has, and show which rules would come of it. Nothing is kept."""
    served = _served()
    try:
        found = _asked(served)
    except WeChatError as error:
        page = render_template("admin/replies/console.html", found=None, trouble=str(error), served=served)
        return page, 502
    with reading() as session:
        rows = session.scalars(select(AutoReply)).all()
        standing = {one.key: console.standing(rows, one, served.id) for one in found}
    return render_template(
        "admin/replies/console.html",
        found=found,
        standing=standing,
        note_words=NOTES,
        words=words,
        trouble="",
        served=served,
    )


@pages.post("/console")
@allowed(Permission.REPLIES_CHANGE)
def console_take() -> AnyResponse | tuple[str, int]:
    """Make rules of what was chosen. WeChat is asked again: what it says now is what is taken over."""
    served, chosen = _served(), set(request.form.getlist("take"))
    try:
        found = [one for one in _asked(served) if one.key in chosen]
    except WeChatError as error:
        page = render_template("admin/replies/console.html", found=None, trouble=str(error), served=served)
        return page, 502
    with changing() as session:
        added = console.take(session, found, account_id=served.id)
        for row in added:
            record(session, "auto_reply.taken_over", row, after=said(row))
    if added:
        say(_("%(n)s rules were taken over. They are asked after all others; try them.", n=len(added)))
    else:
        say(_("Nothing was chosen that is not here already."), "info")
    return redirect(url_for("admin.replies.listing"), 303)


def _asked(served: Served) -> list[Found]:
    return console.found(runtime.wechat.of(served.name).console_replies())


def _served() -> Served:
    """Return the account the page was about, which another tab may have switched away from."""
    name = request.form.get("account", "")
    found = runtime.accounts.get(name) if name else account()
    if found is None:
        raise NotFound
    return found
