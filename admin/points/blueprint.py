from flask import Blueprint

pages = Blueprint("points", __name__, url_prefix="/points")
