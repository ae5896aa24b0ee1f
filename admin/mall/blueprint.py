from flask import Blueprint

pages = Blueprint("mall", __name__, url_prefix="/mall")
