"""What may pass to Dagster's webserver at all, whoever asks: nothing that a page of somebody else could have sent."""

from __future__ import annotations

from starlette.requests import HTTPConnection, Request

# Programs report through these; a browser never does, and they take a change without any body.
_FOR_PROGRAMS = ("/report_asset_materialization", "/report_asset_check", "/report_asset_observation")
# Files that a run left or a path names: more than looking at pages.
_FILES = ("/notebook", "/dagit/notebook", "/download_debug", "/logs")
_OWN_SITES = ("same-origin", "none")


def refusal_of(request: Request) -> str:
    """Why this request goes no further, empty when it may. Host, Origin and content type were looked at before."""
    path = request.url.path.rstrip("/")
    if path.startswith(_FOR_PROGRAMS):
        return "Reports of assets are taken from programs on the socket, not through this door."
    if request.method not in ("GET", "HEAD", "POST"):
        return "Dagster's pages only read and post."
    if request.method != "POST" and path == "/graphql" and request.query_params:
        return "GraphQL is asked by POST: whatever is asked by GET could stand in a page of somebody else."
    if not is_own_site(request) and request.headers.get("sec-fetch-mode") != "navigate":
        return "Only Dagster's own pages may ask for this."
    return ""


def refusal_to_look(request: Request) -> str:
    """Why somebody who may only look is not answered; empty for pages, and for questions that change nothing.

    Which questions those are, the webserver tells: it refuses every mutation.
    """
    path = request.url.path.rstrip("/")
    if request.method == "POST" and path != "/graphql":
        return "This changes something: log in with an operator's key."
    if path.startswith(_FILES):
        return "Files of runs are for operators: log in with an operator's key."
    return ""


def is_own_site(connection: HTTPConnection) -> bool:
    """Whether the browser says that our own page asks; programs say nothing."""
    return connection.headers.get("sec-fetch-site", "same-origin") in _OWN_SITES


def is_own_origin(connection: HTTPConnection, scheme: str) -> bool:
    """Whether a WebSocket was opened by a page of this very door: browsers always say, and nothing else keeps it."""
    hosts, origins = connection.headers.getlist("host"), connection.headers.getlist("origin")
    return len(hosts) == len(origins) == 1 and origins[0].lower() == f"{scheme}://{hosts[0].lower()}"
