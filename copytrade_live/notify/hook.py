"""Takes what Alertmanager hands on, on loopback alone: a page in a browser cannot speak here."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.middleware.trustedhost import TrustedHostMiddleware
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from copytrade_live.clock import Clock
from copytrade_live.core.market import Instant
from copytrade_live.notify.news import News
from copytrade_live.runner.alerts import Severity
from copytrade_live.settings import NewsKind
from copytrade_live.this_machine import LOOPBACK_NAMES
from copytrade_live.visible import visible

_MOST_BYTES, _MOST_ALERTS = 500_000, 50


def build_hook(tell: Callable[[News], None], clock: Clock) -> Starlette:
    """The one page: POST /alerts, in Alertmanager's form."""

    async def alerts(request: Request) -> Response:
        if "origin" in request.headers or "sec-fetch-site" in request.headers:
            return JSONResponse({"error": "no page of a browser speaks here"}, status_code=403)
        if request.headers.get("content-type", "").partition(";")[0].strip() != "application/json":
            return JSONResponse({"error": "send application/json"}, status_code=415)
        if int(request.headers.get("content-length") or _MOST_BYTES + 1) > _MOST_BYTES:
            return JSONResponse({"error": f"send {_MOST_BYTES} bytes at most, and say how many"}, status_code=413)
        try:
            found = [news_of(one, clock.now()) for one in (await request.json())["alerts"][:_MOST_ALERTS]]
        except (ValueError, KeyError, TypeError, AttributeError):
            return JSONResponse({"error": "that is not what Alertmanager sends"}, status_code=400)
        for one in found:
            tell(one)
        return JSONResponse({"taken": len(found)})

    async def healthz(request: Request) -> Response:
        return JSONResponse({"status": "alive"})

    return Starlette(
        routes=[Route("/alerts", alerts, methods=["POST"]), Route("/healthz", healthz)],
        middleware=[Middleware(TrustedHostMiddleware, allowed_hosts=[*LOOPBACK_NAMES], www_redirect=False)],
    )


def news_of(alert: Mapping[str, Any], now: Instant) -> News:
    """One alert of Alertmanager's as news. Raises: KeyError, AttributeError for anything else."""
    labels, told = alert["labels"], alert["annotations"]
    is_over = alert["status"] == "resolved"
    severity = Severity.INFO if is_over else _severity(labels.get("severity", ""))
    said = f"{labels['alertname']} {'is over' if is_over else 'fires'}: {told.get('summary', '')}"
    detail = "" if is_over else f" {told.get('description', '')} {told.get('runbook', '')}"
    return News(at=now, kind=NewsKind.ALERTS, severity=severity, text=visible(f"{said}{detail}".strip()))


def _severity(name: str) -> Severity:
    return Severity(name) if name in list(Severity) else Severity.WARNING
