"""The privacy policy: what members agree to, version by version. A published text is never changed."""

from flask import Blueprint, redirect, render_template, url_for
from flask_babel import gettext as _
from sqlalchemy import func, select
from werkzeug.exceptions import NotFound
from werkzeug.wrappers import Response as AnyResponse

from admin import cookies
from admin.access import allowed
from admin.forms import Form
from admin.office import changing, reading, record, visitor
from bot.audit import Subject
from bot.consents import policies
from bot.consents.models import Consent
from bot.db import utc_now
from bot.users.roles import Permission

pages = Blueprint("policies", __name__, url_prefix="/policies")


@pages.get("/")
@allowed(Permission.MEMBERS_SEE)
def listing() -> str:
    """List the versions, with how many agreed to each and still do."""
    with reading() as session:
        counted = (
            select(Consent.policy_version, Consent.kind, func.count(Consent.id))
            .where(Consent.withdrawn_at.is_(None))
            .group_by(Consent.policy_version, Consent.kind)
        )
        counts = {(row[0], row[1]): row[2] for row in session.execute(counted)}
        rows = policies.history(session) or [policies.current(session)]
    return render_template("admin/policies/list.html", rows=rows, counts=counts)


@pages.get("/<int:version>")
@allowed(Permission.MEMBERS_SEE)
def show(version: int) -> str:
    """Show the words people agreed to."""
    with reading() as session:
        policy = policies.of(session, version)
    if policy is None:
        raise NotFound
    return render_template("admin/policies/show.html", policy=policy)


@pages.get("/new")
@allowed(Permission.MEMBERS_CHANGE)
def new() -> str:
    """Show the form, beginning with today's words."""
    with reading() as session:
        policy = policies.current(session)
    return render_template(
        "admin/policies/form.html", form=Form({"title": policy.title, "body": policy.body})
    )


@pages.post("/new")
@allowed(Permission.MEMBERS_CHANGE)
def publish() -> AnyResponse | tuple[str, int]:
    """Publish the next version, for the whole group; whoever binds from now on agrees to it."""
    form = Form.sent()
    title = form.text("title", longest=120)
    body = form.text("body", longest=policies.LONGEST).replace("\r\n", "\n")
    if not visitor.scope.everything:
        form.wrong("title", _("The policy is the whole group's; only the head office publishes it."))
    if form.is_right:
        with changing() as session:
            policy = policies.publish(session, title=title, body=body, by=visitor.name, now=utc_now())
            if policy is None:
                form.wrong(
                    "title", _("Somebody published a version at the same moment. Look at theirs first.")
                )
            else:
                about = Subject("policy_version", str(policy.version), policy.title)
                record(session, "policy.published", about, after={"characters": len(body)})
    if not form.is_right:
        return render_template("admin/policies/form.html", form=form), 422
    cookies.say(_("Published. Who binds from now on agrees to this version."))
    return redirect(url_for("admin.policies.listing"), 303)
