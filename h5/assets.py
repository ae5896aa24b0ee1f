"""Style, script and pictures of the pages, under /assets/h5/<content hash>/…, to be kept for ever.

All of it is ours and small: the first load must fit sixty kilobytes on a slow 4G.
"""

import gzip
import hashlib
from pathlib import Path

from flask import Blueprint, Response, abort, request

OURS = Path(__file__).resolve().parent / "static"
TYPES = {".css": "text/css; charset=utf-8", ".js": "text/javascript; charset=utf-8", ".svg": "image/svg+xml"}
FOR_EVER = "public, max-age=31536000, immutable"


class Assets:
    """The files there are, each with its hash and once more packed."""

    def __init__(self, folder: Path = OURS) -> None:
        self._files = {
            file.name: file.read_bytes() for file in sorted(folder.iterdir()) if file.suffix in TYPES
        }
        self._packed = {name: gzip.compress(content, mtime=0) for name, content in self._files.items()}
        self._hashes = {
            name: hashlib.sha256(content).hexdigest()[:16] for name, content in self._files.items()
        }

    def url(self, name: str) -> str:
        """Return the address of the file; `KeyError` for one that is not there."""
        return f"/assets/h5/{self._hashes[name]}/{name}"

    def make_blueprint(self) -> Blueprint:
        """Return the route. Access: everyone; there is nothing in it that is not public."""
        pages = Blueprint("h5_assets", __name__)

        @pages.get("/assets/h5/<digest>/<name>")
        def asset(digest: str, name: str) -> Response:
            if name not in self._files:
                abort(404)
            is_packed = "gzip" in request.headers.get("Accept-Encoding", "")
            content = self._packed[name] if is_packed else self._files[name]
            response = Response(content, content_type=TYPES[Path(name).suffix])
            if is_packed:
                response.headers["Content-Encoding"] = "gzip"
            response.headers["Vary"] = "Accept-Encoding"
            # A page of an older version may ask; what it gets must not be kept under that name.
            response.headers["Cache-Control"] = FOR_EVER if digest == self._hashes[name] else "no-cache"
            response.headers["X-Content-Type-Options"] = "nosniff"
            return response

        return pages
