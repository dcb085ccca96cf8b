"""Writes openapi.json, which the front end's client is generated from: python -m copytrade_live.dashboard.openapi."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from copytrade_live.dashboard.access.policy import cookie_name
from copytrade_live.dashboard.app import build_api
from copytrade_live.dashboard.schemas.events import StreamEvents

PATH = Path(__file__).with_name("openapi.json")
_OPEN = (("post", "/api/session"), ("get", "/healthz"))
_REF = "#/components/schemas/{model}"


def description() -> dict[str, Any]:
    """The API's description, the event stream's data among its schemas."""
    found = build_api(None).openapi()
    schemas: dict[str, Any] = found["components"]["schemas"]
    told = StreamEvents.model_json_schema(ref_template=_REF)
    for name, schema in told.pop("$defs").items():
        schemas.setdefault(name, schema)
    schemas[StreamEvents.__name__] = told
    for name in ("HTTPValidationError", "ValidationError"):
        schemas.pop(name, None)
    stream = found["paths"]["/api/events"]["get"]["responses"]["200"]["content"]
    stream["text/event-stream"] = {"schema": {"$ref": _REF.format(model=StreamEvents.__name__)}}
    found["components"]["schemas"] = dict(sorted(schemas.items()))
    _tell_who_may(found)
    return found


def _tell_who_may(found: dict[str, Any]) -> None:
    """Every route but the open ones asks for the session's cookie."""
    found["components"]["securitySchemes"] = {"session": {"type": "apiKey", "in": "cookie", "name": cookie_name(False)}}
    for path, operations in found["paths"].items():
        for method, operation in operations.items():
            if (method, path) not in _OPEN:
                operation["security"] = [{"session": []}]


def text() -> str:
    """The description as it lies beside the code."""
    return json.dumps(description(), indent=1, ensure_ascii=False) + "\n"


if __name__ == "__main__":
    PATH.write_text(text(), encoding="utf-8")
