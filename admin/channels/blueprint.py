from flask import Blueprint

pages = Blueprint("channels", __name__, url_prefix="/channels")
