"""Style sheets, scripts and icons under an address that changes with their content, so that they never go stale."""

from __future__ import annotations

import hashlib
from pathlib import Path

from flask import Flask, Response, abort, send_from_directory

FOLDER = Path(__file__).parent / "static"


def digest(folder: Path = FOLDER) -> str:
    """A short digest of every file's name and content below `folder`."""
    whole = hashlib.sha256()
    for path in sorted(p for p in folder.rglob("*") if p.is_file()):
        whole.update(path.relative_to(folder).as_posix().encode() + b"\0")
        whole.update(hashlib.sha256(path.read_bytes()).digest())
    return whole.hexdigest()[:16]


def register(app: Flask) -> None:
    """Serves the files and gives templates `asset(name)`, the address of one of them."""
    current = digest()

    def asset(stamp: str, name: str) -> Response:
        if stamp != current:
            abort(404)
        response = send_from_directory(FOLDER, name, max_age=31_536_000)
        response.cache_control.public = True
        response.cache_control.immutable = True
        return response

    app.add_url_rule("/assets/<stamp>/<path:name>", "asset", asset)
    app.jinja_env.globals["asset"] = lambda name: f"/assets/{current}/{name}"
