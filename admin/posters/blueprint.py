from flask import Blueprint

pages = Blueprint("posters", __name__, url_prefix="/posters")
