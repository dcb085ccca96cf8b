"""The built front end: its files, its one page for every address, and what is shown while it is not built."""

from __future__ import annotations

from pathlib import Path

from fastapi import APIRouter, Depends
from starlette.responses import FileResponse, HTMLResponse, Response

from copytrade_live.dashboard.access.policy import OPEN
from copytrade_live.dashboard.access.walls import problem

DIST = Path(__file__).parent / "web" / "dist"
_ASSETS, _INDEX = "assets", "index.html"
# Their names hold their content's hash, so that a name never means anything else.
_FOREVER = "public, max-age=31536000, immutable"
_TYPES = {
    ".js": "text/javascript", ".css": "text/css", ".html": "text/html", ".svg": "image/svg+xml", ".png": "image/png",
    ".ico": "image/x-icon", ".woff2": "font/woff2", ".json": "application/json", ".webmanifest":
    "application/manifest+json", ".txt": "text/plain", ".map": "application/json",
}  # fmt: skip
_NOT_BUILT = """<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>copytrade</title></head>
<body><h1>The dashboard's pages are not built</h1>
<p>Run <code>make web</code> in the folder of copytrade and load this page again. The API under <code>/api</code>
works; <code>copytrade status</code> tells the same in a terminal.</p></body></html>
"""

router = APIRouter(include_in_schema=False, dependencies=[Depends(OPEN)])


def has_pages() -> bool:
    """Whether the front end is built."""
    return (DIST / _INDEX).is_file()


@router.get("/{path:path}")
async def get_page(path: str) -> Response:
    """A file of the front end; the page itself for every address that is no file."""
    if path == "api" or path.startswith("api/"):
        return problem(404, "not_found", "The API has no such address.")
    found = _file_of(path)
    if found is not None:
        headers = {"Cache-Control": _FOREVER} if path.startswith(f"{_ASSETS}/") else {}
        return FileResponse(found, media_type=_TYPES[found.suffix], headers=headers)
    if path.startswith(f"{_ASSETS}/"):
        return problem(404, "not_found", "There is no such file; the pages were built again: reload.")
    if not has_pages():
        return HTMLResponse(_NOT_BUILT)
    return FileResponse(DIST / _INDEX, media_type="text/html")


def _file_of(path: str) -> Path | None:
    """The file of a path, None where there is none inside the built front end."""
    if not path or "\0" in path:
        return None
    root = DIST.resolve()
    try:
        found = (root / path).resolve()
        is_ours = found.is_relative_to(root) and found.suffix in _TYPES and found.is_file()
    except OSError:
        # A name longer than names may be.
        return None
    return found if is_ours else None
