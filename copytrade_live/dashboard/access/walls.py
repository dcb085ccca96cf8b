"""What surrounds every request: the headers of every answer, the names we go by, where changes may come from."""

from __future__ import annotations

from collections.abc import Iterable

from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import JSONResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from copytrade_live.dashboard.access.binding import name_of

# A config of the longest with every character escaped.
MOST_BODY_BYTES = 4_000_000
_SAFE_METHODS = ("GET", "HEAD")
CONTENT_POLICY = (
    "default-src 'self'; script-src 'self'; style-src 'self'; img-src 'self' data:; font-src 'self'; "
    "connect-src 'self'; object-src 'none'; base-uri 'none'; form-action 'none'; frame-src 'self'; "
    "frame-ancestors 'none'"
)
HEADERS = {
    "Content-Security-Policy": CONTENT_POLICY,
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
    "Cache-Control": "no-store",
}
_TLS_HEADERS = {"Strict-Transport-Security": "max-age=31536000"}


class Walls:
    """The outermost layer: nothing passes in or out but through it."""

    def __init__(self, app: ASGIApp, *, hosts: Iterable[str], origins: Iterable[str], behind_tls: bool) -> None:
        self._app = app
        self._hosts = frozenset(map(str.lower, hosts))
        self._origins = frozenset(origin.lower().rstrip("/") for origin in origins)
        self._scheme = "https" if behind_tls else "http"
        self._headers = HEADERS | _TLS_HEADERS if behind_tls else HEADERS

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return

        async def send_clothed(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in self._headers.items():
                    headers.setdefault(name, value)
            await send(message)

        refusal = self._refusal(scope)
        if refusal is not None:
            await refusal(scope, receive, send_clothed)
            return
        await self._app(scope, _capped(receive), send_clothed)

    def _refusal(self, scope: Scope) -> JSONResponse | None:
        headers = Headers(scope=scope)
        hosts = headers.getlist("host")
        if len(hosts) != 1 or name_of(hosts[0]) not in self._hosts:
            return problem(421, "wrong_host", "This server does not go by that name; see dashboard.allowed_hosts.")
        length = headers.get("content-length", "0")
        if not length.isdigit() or int(length) > MOST_BODY_BYTES:
            return problem(413, "too_large", f"A request has at most {MOST_BODY_BYTES} bytes.")
        if scope["method"] in _SAFE_METHODS:
            return None
        return self._refuse_foreign(headers, hosts[0]) or _refuse_form(headers, scope["method"])

    def _refuse_foreign(self, headers: Headers, host: str) -> JSONResponse | None:
        origins = headers.getlist("origin")
        origin = origins[0].lower() if len(origins) == 1 else ""
        own = f"{self._scheme}://{host.lower()}"
        if origin != own and origin not in self._origins:
            return problem(403, "foreign_origin", "Changes are made from the dashboard's own pages alone.")
        site = headers.get("sec-fetch-site", "same-origin")
        if site != "same-origin" and origin not in self._origins:
            return problem(403, "foreign_origin", "Changes are made from the dashboard's own pages alone.")
        return None


def problem(status: int, code: str, message: str) -> JSONResponse:
    """An answer that says why there is none."""
    return JSONResponse({"code": code, "message": message}, status_code=status)


def _refuse_form(headers: Headers, method: str) -> JSONResponse | None:
    kind = headers.get("content-type", "").partition(";")[0].strip().lower()
    has_body = headers.get("content-length", "0") != "0" or "transfer-encoding" in headers
    if (has_body or method in ("POST", "PUT", "PATCH")) and kind != "application/json":
        return problem(415, "not_json", "A change is sent as application/json.")
    return None


def _capped(receive: Receive) -> Receive:
    taken = 0

    async def receive_capped() -> Message:
        nonlocal taken
        message = await receive()
        taken += len(message.get("body", b""))
        if taken > MOST_BODY_BYTES:
            # Chunked and endless: whoever reads it sees a client that went away.
            return {"type": "http.disconnect"}
        return message

    return receive_capped
