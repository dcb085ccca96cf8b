"""Metrics and health over HTTP, on loopback unless the operator says otherwise."""

from __future__ import annotations

import asyncio
import hmac
import os
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager

import uvicorn
from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, generate_latest
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.middleware.trustedhost import TrustedHostMiddleware
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from copytrade_live.errors import ConfigError
from copytrade_live.ports_in_use import open_port
from copytrade_live.settings import ObservabilityConfig
from copytrade_live.this_machine import LOOPBACK_NAMES, is_here

TOKEN_VARIABLE = "COPYTRADE_METRICS_TOKEN"  # noqa: S105 - the name of a variable
LEAST_TOKEN = 32

Reasons = Callable[[], list[str]]


def take_token() -> str:
    """The bearer token of the environment, which forgets it. Returns: empty when there is none."""
    return os.environ.pop(TOKEN_VARIABLE, "")


def check_binding(config: ObservabilityConfig, token: str) -> None:
    """Refuse an address that strangers could reach unasked. Raises: ConfigError."""
    if token and len(token) < LEAST_TOKEN:
        raise ConfigError(f"{TOKEN_VARIABLE} has {len(token)} characters, {LEAST_TOKEN} are needed; make a random one")
    if is_here(config.host):
        return
    if not config.expose:
        raise ConfigError(
            f"observability.host is {config.host}, which other machines can reach; use 127.0.0.1, or set "
            f"observability.expose to true, put TLS in front and give a token in {TOKEN_VARIABLE}"
        )
    if not token:
        raise ConfigError(f"observability.expose is true but {TOKEN_VARIABLE} holds no token; set one and start again")


def build_app(config: ObservabilityConfig, registry: CollectorRegistry, reasons: Reasons, token: str) -> Starlette:
    """The three pages. A Host that is not ours is refused: a web page cannot rebind its name to this server."""

    async def healthz(request: Request) -> Response:
        return JSONResponse({"status": "alive"})

    async def readyz(request: Request) -> Response:
        found = reasons()
        return JSONResponse({"ready": not found, "reasons": found}, status_code=503 if found else 200)

    async def metrics(request: Request) -> Response:
        if token and not _is_bearer(request, token):
            return JSONResponse(
                {"error": "a bearer token is needed"}, status_code=401, headers={"WWW-Authenticate": "Bearer"}
            )
        return Response(generate_latest(registry), headers={"Content-Type": CONTENT_TYPE_LATEST})

    routes = [Route("/healthz", healthz), Route("/readyz", readyz), Route("/metrics", metrics)]
    hosts = [*LOOPBACK_NAMES, config.host, *config.allowed_hosts]
    return Starlette(
        routes=routes, middleware=[Middleware(TrustedHostMiddleware, allowed_hosts=hosts, www_redirect=False)]
    )


@asynccontextmanager
async def serving(app: Starlette, host: str, port: int, setting: str) -> AsyncIterator[str]:
    """Serve in this loop: an answer proves that the loop turns. Yields: the address. Raises: PortInUseError."""
    with open_port(host, port, setting) as listener:
        name, number = listener.getsockname()[:2]
        server = _Server(
            uvicorn.Config(app, log_config=None, log_level="warning", access_log=False, lifespan="off", ws="none")
        )
        task = asyncio.create_task(server.serve(sockets=[listener]), name="http")
        try:
            yield f"http://{name}:{number}"
        finally:
            server.should_exit = True
            server.force_exit = True
            await asyncio.gather(task, return_exceptions=True)


class _Server(uvicorn.Server):
    """A server that leaves the process's signals to whoever runs it."""

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Capture none."""
        yield


def _is_bearer(request: Request, token: str) -> bool:
    given = request.headers.get("Authorization", "")
    return hmac.compare_digest(given.encode(), f"Bearer {token}".encode())
