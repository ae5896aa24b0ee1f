"""For those who work for the group: my poster, what it brought, who I am here, my shop."""

from flask import Blueprint, render_template

from h5 import mine
from h5.access import staff_only

pages = Blueprint("staff", __name__, url_prefix="/staff")


@pages.get("")
@staff_only
def show() -> str:
    """Show the poster, this week's numbers and the shop."""
    return render_template("h5/staff.html", mine=mine.look())
