from flask import Blueprint

pages = Blueprint("series", __name__, url_prefix="/series")
