from flask import Blueprint

pages = Blueprint("broadcasts", __name__, url_prefix="/broadcasts")
