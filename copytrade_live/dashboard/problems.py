"""Requests that are not answered, and how that is said."""

from __future__ import annotations

from typing import Any

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from starlette.exceptions import HTTPException

from copytrade_live.dashboard.schemas.model import Problem
from copytrade_live.errors import CopytradeError, InputFileError, StateError
from copytrade_live.logs import logger

_log = logger("dashboard")
_CODES = {404: "not_found", 405: "method_not_allowed"}


class Refused(Exception):
    """A request that is not answered: the status, a stable word, what to do."""

    def __init__(self, status: int, code: str, message: str, headers: dict[str, str] | None = None) -> None:
        super().__init__(message)
        self.status = status
        self.code = code
        self.headers = headers or {}


def answers(*statuses: int) -> dict[int | str, dict[str, Any]]:
    """What a route may answer besides what it gives, for the schema."""
    return {status: {"model": Problem, "description": _MEANINGS[status]} for status in statuses}


_MEANINGS = {
    400: "The request cannot be read.",
    401: "Nobody is logged in.",
    403: "The session may not do this.",
    404: "There is no such thing.",
    409: "As things stand this cannot be done.",
    413: "The request is too large.",
    415: "A change is sent as JSON.",
    421: "The Host header names another server.",
    422: "The request is not valid.",
    429: "Too many; wait.",
    503: "The runner's files cannot be read now.",
}


def handle_problems(app: FastAPI) -> None:
    """Say every failure in the same shape, and never repeat what was sent."""
    app.add_exception_handler(Refused, _refused)
    app.add_exception_handler(RequestValidationError, _not_valid)
    app.add_exception_handler(HTTPException, _by_status)
    app.add_exception_handler(CopytradeError, _expected)


def _say(status: int, code: str, message: str, headers: dict[str, str] | None = None) -> JSONResponse:
    return JSONResponse({"code": code, "message": message}, status_code=status, headers=headers)


async def _refused(request: Request, error: Exception) -> JSONResponse:
    if not isinstance(error, Refused):
        raise AssertionError("registered for its kind")
    return _say(error.status, error.code, str(error), error.headers)


async def _not_valid(request: Request, error: Exception) -> JSONResponse:
    if not isinstance(error, RequestValidationError):
        raise AssertionError("registered for its kind")
    said = [f"{'.'.join(map(str, one['loc']))}: {one['msg']}" for one in error.errors()[:10]]
    return _say(422, "not_valid", "; ".join(said))


async def _by_status(request: Request, error: Exception) -> JSONResponse:
    if not isinstance(error, HTTPException):
        raise AssertionError("registered for its kind")
    code = _CODES.get(error.status_code, "refused")
    return _say(error.status_code, code, str(error.detail), dict(error.headers or {}))


async def _expected(request: Request, error: Exception) -> JSONResponse:
    if isinstance(error, InputFileError):
        return _say(404, "not_found", str(error))
    if not isinstance(error, StateError):
        _log.warning("%s %s: %s", request.method, request.url.path, error)
    return _say(503, "unavailable", str(error))
