from flask import Blueprint

pages = Blueprint("materials", __name__, url_prefix="/materials")
