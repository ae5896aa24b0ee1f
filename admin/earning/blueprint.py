"""The blueprints of the sections that several modules fill."""

from flask import Blueprint

pages = Blueprint("earning_rules", __name__, url_prefix="/points-rules")
purchases = Blueprint("purchases", __name__, url_prefix="/purchases")
