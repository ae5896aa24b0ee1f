from flask import Blueprint

pages = Blueprint("coupons", __name__, url_prefix="/coupons")
