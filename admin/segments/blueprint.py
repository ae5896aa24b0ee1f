from flask import Blueprint

pages = Blueprint("segments", __name__, url_prefix="/segments")
