from flask import Blueprint

pages = Blueprint("tags", __name__, url_prefix="/tags")
