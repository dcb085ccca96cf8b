"""JSON answers and refusals in the venue's forms."""

from __future__ import annotations

import json

from starlette.responses import Response

Row = dict[str, object]


class Refusal(Exception):
    """An answer that is no data: an HTTP status and the venue's words."""

    def __init__(self, status: int, message: str, *, parameter: str = "") -> None:
        super().__init__(message)
        self.status = status
        self.message = message
        self.parameter = parameter


def answer(payload: object, status: int = 200) -> Response:
    """Compact JSON, as the venue sends it."""
    return answer_text(json_text(payload), status)


def answer_text(body: str, status: int = 200) -> Response:
    """An answer already written as JSON."""
    return Response(body, status_code=status, media_type="application/json")


def json_text(payload: object) -> str:
    """JSON without spaces."""
    return json.dumps(payload, separators=(",", ":"), ensure_ascii=False)


def refuse(refusal: Refusal) -> Response:
    """The error form of v1, gamma and the CLOB."""
    return answer({"error": refusal.message}, refusal.status)


def refuse_v2(refusal: Refusal) -> Response:
    """The error form of data v2."""
    code = {400: "invalid_parameter", 404: "not_found"}.get(refusal.status, "error")
    return answer(
        {
            "error": refusal.message,
            "code": code,
            "retryable": refusal.status >= 500,
            "trace_id": "sandbox",
            "parameter": refusal.parameter,
        },
        refusal.status,
    )
