from flask import Blueprint

pages = Blueprint("reach", __name__, url_prefix="/reach")
