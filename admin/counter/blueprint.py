from flask import Blueprint

pages = Blueprint("counter", __name__, url_prefix="/counter")
