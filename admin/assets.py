"""What browsers load besides pages, under /assets/<content hash>/…, to be kept for ever.

Our own files, and the named ones of node_modules, which `make` fills from
package.json (docs/decisions/0009-front-end.md).  Nothing else of node_modules
can be asked for.  Without it the pages still work, plainly, and say what to do.
"""

import hashlib
from collections.abc import Callable
from pathlib import Path

from flask import Blueprint, Response, abort, send_file

HERE = Path(__file__).resolve().parent
OURS = HERE / "static"
MODULES = HERE.parent / "node_modules"
THEIRS = {
    "tabler.css": "@tabler/core/dist/css/tabler.min.css",
    "tabler.js": "@tabler/core/dist/js/tabler.min.js",
    "htmx.js": "htmx.org/dist/htmx.min.js",
    "echarts.js": "echarts/dist/echarts.min.js",
}
TYPES = {".css": "text/css", ".js": "text/javascript", ".svg": "image/svg+xml", ".png": "image/png"}
FOR_EVER = "public, max-age=31536000, immutable"


class Assets:
    """The files there are, each with the hash that stands in its address."""

    def __init__(self, modules: Path = MODULES) -> None:
        self._files = {
            str(file.relative_to(OURS)): file for file in sorted(OURS.rglob("*")) if file.suffix in TYPES
        }
        # Our modules import one another by relative addresses, so they share one hash.
        ours = _hash(*self._files.values())
        self._hashes = dict.fromkeys(self._files, ours)
        for name, path in THEIRS.items():
            if (modules / path).is_file():
                self._files[name] = modules / path
                self._hashes[name] = _hash(modules / path)

    @property
    def is_complete(self) -> bool:
        """Whether node_modules was there."""
        return all(name in self._files for name in THEIRS)

    def has(self, name: str) -> bool:
        """Tell whether the file is there."""
        return name in self._files

    def url(self, name: str) -> str:
        """Return the address of the file; `KeyError` for one of ours that is not there."""
        return f"/assets/{self._hashes[name] if name not in THEIRS else self._hashes.get(name, '-')}/{name}"

    def make_blueprint(self) -> Blueprint:
        """Return the route. Access: everyone; there is nothing in it that is not public."""
        pages = Blueprint("assets", __name__)

        @pages.get("/assets/<digest>/<path:name>")
        def asset(digest: str, name: str) -> Response:
            file = self._files.get(name)
            if file is None:
                abort(404)
            response = send_file(file, mimetype=TYPES[file.suffix])
            # A page of an older version may ask; what it gets must not be kept under that name.
            response.headers["Cache-Control"] = FOR_EVER if digest == self._hashes[name] else "no-cache"
            response.headers["X-Content-Type-Options"] = "nosniff"
            return response

        return pages


def _hash(*files: Path) -> str:
    digest = hashlib.sha256()
    for file in files:
        digest.update(file.read_bytes())
    return digest.hexdigest()[:16]


Url = Callable[[str], str]
