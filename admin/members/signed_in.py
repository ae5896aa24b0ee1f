"""Who of the staff has signed in through WeChat: phone and OpenID, as the binding page found them."""

from flask import Blueprint, render_template
from sqlalchemy import select

from admin.access import allowed
from admin.fans import account_names
from admin.office import reading, vault
from admin.paging import page
from bot.fans.models import Fan
from bot.organisation import phones
from bot.organisation.models import Shop, Staff
from bot.users.roles import Permission

pages = Blueprint("staff_signins", __name__, url_prefix="/staff-signins")


@pages.get("/")
@allowed(Permission.ORGANISATION_SEE)
def listing() -> str:
    """List the fans who are somebody of the visitor's staff."""
    with reading() as session:
        # Of the staff in sight, whatever shop the fan last came through.
        wanted = select(Fan).where(Fan.staff_id.in_(select(Staff.id)))
        found = page(session, wanted, by=Fan.id)
        ids = {fan.staff_id for fan in found.rows}
        staff = {one.id: one for one in session.scalars(select(Staff).where(Staff.id.in_(ids)))}
        shops = {one.id: one.name for one in session.scalars(select(Shop))}
    masks = phones.masks(staff.values(), vault())
    return render_template(
        "admin/staff/signed_in.html",
        page=found,
        staff=staff,
        shops=shops,
        masks=masks,
        accounts=account_names(),
    )
