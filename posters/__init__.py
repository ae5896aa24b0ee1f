"""海报: facts in, picture out; imports nothing of the project (design §1).

`read` makes a template of a document, `draw` a finished picture of a template and
facts. What is drawn is scanned before it is handed out.
"""

from collections.abc import Mapping
from typing import Any

from posters import picture, reading
from posters.designs import builtin
from posters.drawing import draw
from posters.errors import BadPicture, PosterError, Problem, TemplateError, Unreadable
from posters.printing import draw_print
from posters.scenes import SCENES
from posters.template import Facts, Template

__all__ = [
    "BadPicture",
    "Facts",
    "PosterError",
    "Problem",
    "Template",
    "TemplateError",
    "Unreadable",
    "builtin",
    "draw",
    "draw_print",
    "picture",
    "read",
]


def read(document: Mapping[str, Any]) -> Template:
    """Return the template a JSON document describes; raise `TemplateError` listing all of its problems."""
    return reading.read(document, frozenset(SCENES))
