"""The shops: where they are, when they are open. What is saved here, travellers are told a second later."""

from typing import Any

from flask import Blueprint, redirect, render_template, url_for
from flask import request as asked
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from sqlalchemy import Select, or_, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm.exc import StaleDataError
from werkzeug.wrappers import Response as AnyResponse

from admin.access import allowed
from admin.cookies import say
from admin.formats import HERE
from admin.forms import Form
from admin.office import changing, find, reading, record
from admin.organisation import hours_form, shop_form
from admin.organisation.saving import Differences, check_version, differences, may_change_branch
from admin.paging import page
from admin.sheets import Sheet, add_routes
from bot.db import utc_now
from bot.db.revisions import bump
from bot.db.scoped import ScopedSession
from bot.keys import key_in
from bot.organisation import opening
from bot.organisation.models import Branch, Shop, ShopState, Staff
from bot.users.roles import Permission

pages = Blueprint("shops", __name__, url_prefix="/shops")
AUDITED = ("name", "branch_id", "address", "phone", "hours", "latitude", "longitude", "state")


@pages.get("/")
@allowed(Permission.ORGANISATION_SEE)
def listing() -> str:
    """List the shops, newest first."""
    with reading() as session:
        found = page(session, wanted(asked.args), by=Shop.id)
        branches = session.scalars(select(Branch).order_by(Branch.id)).all()
        can_add = bool(_own_branches(session))
    return render_template("admin/shops/list.html", page=found, branches=branches, can_add=can_add)


def wanted(given: Any) -> Select[Shop]:
    """Return the shops that the filters `branch`, `city`, `state` and `q` leave."""
    found = select(Shop)
    if (branch_id := key_in(given.get("branch"))) is not None:
        found = found.where(Shop.branch_id == branch_id)
    if city := str(given.get("city", "")).strip()[:64]:
        found = found.where(Shop.branch_id.in_(select(Branch.id).where(Branch.city == city)))
    if (state := given.get("state", "")) in set(ShopState):
        found = found.where(Shop.state == state)
    if text := str(given.get("q", "")).strip()[:64]:
        columns = (Shop.name, Shop.address, Shop.phone)
        found = found.where(or_(*(column.contains(text, autoescape=True) for column in columns)))
    return found


@pages.get("/new")
@allowed(Permission.ORGANISATION_CHANGE)
def new() -> str:
    """Show an empty form, with the hours most shops have."""
    with reading() as session:
        usual = dict.fromkeys(hours_form.DAYS, "09:00-18:00")
        return _form_page(session, Form({**usual, "branch_id": asked.args.get("branch", "")}), None)


@pages.post("/new")
@allowed(Permission.ORGANISATION_CHANGE)
def add() -> AnyResponse | tuple[str, int]:
    """Add a shop in a branch of the visitor's."""
    form = Form.sent()
    with changing() as session:
        facts = shop_form.read(form)
        branch = _branch(session, form)
        if form.is_right and branch is not None:
            shop = Shop(state=ShopState.OPEN.value)
            if put(session, form, shop, {**facts, "branch_id": branch.id}):
                _warn(session, shop)
                record(session, "shop.added", shop, after=said(shop))
        if not form.is_right:
            return _form_page(session, form, None), 422
    say(_("%(name)s is added. Travellers are told its hours from now on.", name=shop.name))
    # Whoever was given shops one by one may not see the new one until it is given to them.
    return redirect(url_for("admin.shops.show", key=shop.id), 303)


@pages.get("/<int:key>")
@allowed(Permission.ORGANISATION_SEE)
def show(key: int) -> str:
    """Show one shop and who works there."""
    with reading() as session:
        shop = find(session, Shop, key)
        branch = session.get(Branch, shop.branch_id)
        people = session.scalars(
            select(Staff).where(Staff.shop_id == key).order_by(Staff.active.desc(), Staff.id).limit(200)
        ).all()
    schedule = opening.schedule_of(shop)
    week = hours_form.values(schedule)
    return render_template(
        "admin/shops/show.html", shop=shop, branch=branch, people=people, week=week, days=shop_form.WEEK
    )


@pages.get("/<int:key>/edit")
@allowed(Permission.ORGANISATION_CHANGE)
def edit(key: int) -> str:
    """Show the shop in a form."""
    with reading() as session:
        shop = find(session, Shop, key)
        return _form_page(session, Form(shop_form.values(shop)), shop)


@pages.post("/<int:key>/edit")
@allowed(Permission.ORGANISATION_CHANGE)
def change(key: int) -> AnyResponse | tuple[str, int]:
    """Save the shop, unless somebody else has meanwhile: then both are shown, and nothing is lost."""
    form = Form.sent()
    try:
        with changing() as session:
            shop = find(session, Shop, key)
            facts = shop_form.read(form)
            branch = _branch(session, form, shop)
            if not form.is_right or branch is None:
                return _form_page(session, form, shop), 422
            check_version(form, shop)
            before = said(shop)
            if not put(session, form, shop, {**facts, "branch_id": branch.id}):
                return _form_page(session, form, shop), 422
            _warn(session, shop)
            record(session, "shop.changed", shop, before=before, after=said(shop))
    except StaleDataError:
        return _both(form, key), 409
    say(_("%(name)s is saved. Travellers are told this from now on.", name=shop.name))
    return redirect(url_for("admin.shops.show", key=key), 303)


@pages.post("/<int:key>/state")
@allowed(Permission.ORGANISATION_CHANGE)
def switch(key: int) -> AnyResponse:
    """Close the shop, or open it again."""
    state = ShopState.OPEN if asked.form.get("state") == "open" else ShopState.CLOSED
    with changing() as session:
        shop = find(session, Shop, key)
        before = said(shop)
        opening.set_state(shop, state, today=utc_now().astimezone(HERE).date())
        bump(session, "shops")
        action = "shop.opened" if state is ShopState.OPEN else "shop.closed"
        record(session, action, shop, before=before, after=said(shop))
    say(
        _("%(name)s is open again.", name=shop.name)
        if state is ShopState.OPEN
        else _("%(name)s is closed. Travellers who ask for its hours read that.", name=shop.name)
    )
    return redirect(url_for("admin.shops.show", key=key), 303)


@pages.post("/hours")
@allowed(Permission.ORGANISATION_CHANGE)
def preview() -> str:
    """Say the typed hours as travellers would read them; nothing is saved."""
    form = Form.sent()
    schedule = hours_form.read(form)
    return render_template(
        "admin/shops/hours_part.html",
        text=hours_form.today_text(schedule) if schedule else "",
        wrong=next(iter(form.errors.values()), ""),
    )


def put(session: ScopedSession, form: Form, shop: Shop, facts: dict[str, Any]) -> bool:
    """Write the shop; False, and said in the form, if its name is taken."""
    try:
        with session.begin_nested():  # which writes what is pending: change nothing before
            shop_form.fill(shop, facts)
            session.add(shop)
            session.flush()
    except IntegrityError:
        form.wrong(
            "name", _("Another shop has this name. Names are said to travellers, so each is one shop's.")
        )
        return False
    bump(session, "shops")
    return True


def said(shop: Shop) -> dict[str, Any]:
    """Return the facts of the shop for the audit."""
    return {name: getattr(shop, name) for name in AUDITED}


def _branch(session: ScopedSession, form: Form, shop: Shop | None = None) -> Branch | None:
    """Return the chosen branch. One that is not the visitor's is refused, and the look written down."""
    key = key_in(form.values.get("branch_id"))
    if key is None:
        form.wrong("branch_id", _("Please choose one of these."))
        return None
    branch = find(session, Branch, key)
    stays = shop is not None and shop.branch_id == branch.id
    if not stays and not may_change_branch(branch.id):
        form.wrong("branch_id", _("You may not add shops to this branch."))
        return None
    return branch


def _own_branches(session: ScopedSession, shop: Shop | None = None) -> list[tuple[int, str]]:
    rows = session.scalars(select(Branch).order_by(Branch.id))
    return [
        (one.id, one.name)
        for one in rows
        if may_change_branch(one.id) or (shop is not None and one.id == shop.branch_id)
    ]


def _warn(session: ScopedSession, shop: Shop) -> None:
    near = select(Shop).where(Shop.branch_id == shop.branch_id, Shop.id != shop.id).limit(50)
    if shop_form.is_far(shop, list(session.scalars(near))):
        say(
            _("It is saved, but lies far from every other shop of its branch. Please check its location."),
            "warning",
        )


def _both(form: Form, key: int) -> str:
    """Show what was typed again, beside what somebody else saved meanwhile."""
    with reading() as session:
        shop = find(session, Shop, key)
        saved = shop_form.values(shop)
        differ = differences(form, saved, shop_form.FIELDS)
        form.values["version"] = shop.version
        return _form_page(session, form, shop, differ)


def _form_page(
    session: ScopedSession, form: Form, shop: Shop | None, differ: Differences | None = None
) -> str:
    with session.no_autoflush:
        branches = _own_branches(session, shop)
    return render_template(
        "admin/shops/form.html",
        form=form,
        shop=shop,
        branches=branches,
        week=shop_form.WEEK,
        holidays=hours_form.lines(form),
        differ=differ,
    )


add_routes(
    pages,
    Sheet(
        kind="shops",
        title=_l("Shops"),
        change=Permission.ORGANISATION_CHANGE,
        export=Permission.ORGANISATION_EXPORT,
        wanted=lambda given: wanted(given).order_by(Shop.id),
        pages="shops",
    ),
)
