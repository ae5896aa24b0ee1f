"""Pages the menus lead to that are not open yet: a kind word, and the way to what is there."""

from flask import Blueprint, render_template

from h5.access import open_to_everyone

pages = Blueprint("soon", __name__)
TITLES = {"survey": "行程问卷"}


@pages.get("/<any(survey):what>")
@open_to_everyone
def show(what: str) -> str:
    """Say that the page is not open yet."""
    return render_template("h5/soon.html", title=TITLES[what])
