from flask import Blueprint

pages = Blueprint("channel_figures", __name__, url_prefix="/channel-figures")
