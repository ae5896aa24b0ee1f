"""Pictures the platform draws itself: travellers' avatars."""

import io

import flask
from PIL import Image, ImageDraw

from simulator.platform import Platform

SIDE = 132  # the size WeChat's avatar addresses end in


def make_blueprint(platform: Platform) -> flask.Blueprint:
    """Avatars.  Open to anybody: bots fetch them, and they show a colour and nothing else."""
    views = flask.Blueprint("pictures", __name__)

    @views.get("/sim/avatars/<traveller>.png")
    def avatar(traveller: str) -> flask.Response:
        with platform.lock:
            known = platform.state.travellers.get(traveller)
        if known is None:
            flask.abort(404)
        return flask.Response(_drawn(known.colour), mimetype="image/png")

    return views


def _drawn(colour: str) -> bytes:
    picture = Image.new("RGB", (SIDE, SIDE), colour)
    draw = ImageDraw.Draw(picture)
    draw.ellipse((44, 26, 88, 70), fill="white")
    draw.ellipse((24, 78, 108, 170), fill="white")
    out = io.BytesIO()
    picture.save(out, "PNG")
    return out.getvalue()
