"""Where one arrives: the sections one may open."""

from flask import Blueprint, render_template

from admin.access import open_to_everyone_signed_in

pages = Blueprint("home", __name__)


@pages.get("/", strict_slashes=False)
@open_to_everyone_signed_in
def today() -> str:
    """Show what the visitor can do here."""
    return render_template("admin/home.html")
