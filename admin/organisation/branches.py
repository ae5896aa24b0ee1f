"""The branches: the company's parts, each with its shops."""

from flask import Blueprint, redirect, render_template, url_for
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from sqlalchemy import func, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm.exc import StaleDataError
from werkzeug.exceptions import Forbidden
from werkzeug.wrappers import Response as AnyResponse

from admin.access import allowed
from admin.cookies import say
from admin.forms import Form
from admin.office import changing, find, reading, record, visitor
from admin.organisation.saving import check_version, differences, may_change_branch
from admin.paging import page
from admin.sheets import Sheet, add_routes
from bot.audit import facts
from bot.db.revisions import bump
from bot.db.scoped import ScopedSession
from bot.organisation.models import Branch, Shop, ShopState
from bot.users.roles import Permission

pages = Blueprint("branches", __name__, url_prefix="/branches")
FIELDS = (("name", _l("Branch name")), ("city", _l("City")))


@pages.get("/")
@allowed(Permission.ORGANISATION_SEE)
def listing() -> str:
    """List the branches, with how many shops each has."""
    with reading() as session:
        found = page(session, select(Branch), by=Branch.id)
        counted = select(Shop.branch_id, Shop.state, func.count(Shop.id)).group_by(Shop.branch_id, Shop.state)
        counts = {(row[0], row[1]): row[2] for row in session.execute(counted)}
    shown = {
        one.id: (counts.get((one.id, ShopState.OPEN), 0), counts.get((one.id, ShopState.CLOSED), 0))
        for one in found.rows
    }
    changeable = {one.id for one in found.rows if may_change_branch(one.id)}
    return render_template("admin/branches/list.html", page=found, counts=shown, changeable=changeable)


@pages.get("/new")
@allowed(Permission.ORGANISATION_CHANGE)
def new() -> str:
    """Show an empty form; the head office's only."""
    if not visitor.scope.everything:
        raise Forbidden
    return render_template("admin/branches/form.html", form=Form(), branch=None, differ=None)


@pages.post("/new")
@allowed(Permission.ORGANISATION_CHANGE)
def add() -> AnyResponse | tuple[str, int]:
    """Add a branch; the head office's only."""
    if not visitor.scope.everything:
        raise Forbidden
    form = Form.sent()
    with changing() as session:
        branch, wanted = Branch(), _read(form)
        if form.is_right and _put(session, form, branch, wanted):
            record(session, "branch.added", branch, after=facts(branch, "name", "city"))
        if not form.is_right:
            return render_template("admin/branches/form.html", form=form, branch=None, differ=None), 422
    say(_("%(name)s is added.", name=branch.name))
    return redirect(url_for("admin.branches.listing"), 303)


@pages.get("/<int:key>")
@allowed(Permission.ORGANISATION_CHANGE)
def edit(key: int) -> str:
    """Show the branch in a form."""
    with reading() as session:
        branch = _own(session, key)
    form = Form(facts(branch, "name", "city", "version"))
    return render_template("admin/branches/form.html", form=form, branch=branch, differ=None)


@pages.post("/<int:key>")
@allowed(Permission.ORGANISATION_CHANGE)
def change(key: int) -> AnyResponse | tuple[str, int]:
    """Save the branch, unless somebody else has meanwhile."""
    form = Form.sent()
    try:
        with changing() as session:
            branch = _own(session, key)
            wanted = _read(form)
            if form.is_right:
                check_version(form, branch)
                before = facts(branch, "name", "city")
                if _put(session, form, branch, wanted):
                    record(
                        session, "branch.changed", branch, before=before, after=facts(branch, "name", "city")
                    )
            if not form.is_right:
                return render_template("admin/branches/form.html", form=form, branch=branch, differ=None), 422
    except StaleDataError:
        with reading() as session:
            branch = _own(session, key)
        differ = differences(form, facts(branch, "name", "city"), FIELDS)
        form.values["version"] = branch.version
        return render_template("admin/branches/form.html", form=form, branch=branch, differ=differ), 409
    say(_("%(name)s is saved.", name=branch.name))
    return redirect(url_for("admin.branches.listing"), 303)


def _own(session: ScopedSession, key: int) -> Branch:
    """Return the branch, if it is the visitor's to change and not only to know the name of."""
    branch = find(session, Branch, key)
    if not may_change_branch(key):
        raise Forbidden
    return branch


def _read(form: Form) -> dict[str, str]:
    return {"name": form.text("name", longest=64), "city": form.text("city", longest=64)}


def _put(session: ScopedSession, form: Form, branch: Branch, wanted: dict[str, str]) -> bool:
    try:
        with session.begin_nested():  # which writes what is pending: change nothing before
            branch.name, branch.city = wanted["name"], wanted["city"]
            session.add(branch)
            session.flush()
    except IntegrityError:
        form.wrong("name", _("Another branch has this name."))
        return False
    bump(session, "shops")  # replies say the branch's name
    return True


add_routes(
    pages,
    Sheet(
        kind="branches",
        title=_l("Branches"),
        change=Permission.ORGANISATION_CHANGE,
        export=Permission.ORGANISATION_EXPORT,
        wanted=lambda _given: select(Branch).order_by(Branch.id),
        pages="branches",
    ),
)
