"""The blueprint of a section that several modules fill."""

from flask import Blueprint

pages = Blueprint("levels", __name__, url_prefix="/levels")
