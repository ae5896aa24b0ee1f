"""Which shops' staff see where they stand among their colleagues: the shop's own manager decides."""

from flask import redirect, render_template, url_for
from flask_babel import gettext as _
from sqlalchemy import select
from werkzeug.wrappers import Response as AnyResponse

from admin.access import allowed
from admin.cookies import say
from admin.forms import Form
from admin.office import changing, reading, record
from admin.posters.blueprint import pages
from bot.db.scoped import ScopedSession
from bot.organisation.models import Shop, ShopState
from bot.posters import figures
from bot.posters.models import ShopPosterRank
from bot.users.roles import Permission


@pages.get("/ranks")
@allowed(Permission.ORGANISATION_CHANGE)
def ranks() -> str:
    """Show the shops in sight, ticked where staff see their rank."""
    with reading() as session:
        return _page(session, Form({"shops": _shown(session)}))


@pages.post("/ranks")
@allowed(Permission.ORGANISATION_CHANGE)
def put_ranks() -> AnyResponse | tuple[str, int]:
    """Show the rank in the ticked shops, and in no others of those in sight."""
    form = Form.sent()
    with changing() as session:
        known = [key for key, _name in _shops(session)]
        wanted = form.ids("shops", among=known, of=Shop)
        if not form.is_right:
            return _page(session, form), 422
        before = _shown(session)
        for key in known:
            if (key in wanted) != (key in before):
                is_shown = key in wanted
                figures.show_rank(session, key, shown=is_shown)
                action = "shop.poster_rank_shown" if is_shown else "shop.poster_rank_hidden"
                record(session, action, session.get_one(Shop, key))
    say(_("Saved."))
    return redirect(url_for("admin.posters.listing"), 303)


def _shown(session: ScopedSession) -> list[int]:
    return list(session.scalars(select(ShopPosterRank.shop_id)))


def _shops(session: ScopedSession) -> list[tuple[int, str]]:
    wanted = select(Shop.id, Shop.name).where(Shop.state == ShopState.OPEN.value)
    return list(session.execute(wanted.order_by(Shop.branch_id, Shop.id)).all())


def _page(session: ScopedSession, form: Form) -> str:
    return render_template("admin/posters/ranks.html", form=form, shops=_shops(session))
