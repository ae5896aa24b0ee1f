"""The privacy policy, as it is and as it was when somebody agreed."""

from flask import Blueprint, render_template, request
from werkzeug.exceptions import NotFound

from h5 import membership
from h5.access import open_to_everyone
from h5.addresses import is_local
from h5.days import said

pages = Blueprint("policy", __name__)


@pages.get("/policy")
@open_to_everyone
def show() -> str:
    """Show the version that is asked for, else the one that holds now."""
    wanted = request.args.get("version", "")
    if wanted and not (wanted.isascii() and wanted.isdigit() and len(wanted) < 10):
        raise NotFound
    current = membership.policy()
    policy = membership.policy_of(int(wanted)) if wanted else current
    if policy is None:
        raise NotFound
    to = request.args.get("to", "")
    return render_template(
        "h5/policy.html",
        policy=policy,
        current=current,
        since=said(policy.published_at),
        paragraphs=[
            part.split("\n") for part in policy.body.replace("\r\n", "\n").split("\n\n") if part.strip()
        ],
        to=to if is_local(to) else None,
    )
