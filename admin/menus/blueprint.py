from flask import Blueprint

pages = Blueprint("menus", __name__, url_prefix="/menus")
