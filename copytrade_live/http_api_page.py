"""The page docs/http-api.md: the dashboard's API as its OpenAPI description tells it."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

DESCRIPTION = Path(__file__).resolve().parent / "dashboard" / "openapi.json"
INTRO = (
    "What the [dashboard](dashboard.md) is served with, and any program may use. A session's cookie opens it; whatever "
    "changes something also carries `X-CSRF-Token`."
)
SECTIONS = {
    "session": "Logging in and out",
    "looking": "Looking",
    "signals": "Signals",
    "past": "Backtests, replay, what-if, config",
    "controls": "Controls",
    "health": "Health",
    "events": "Events",
}
Node = Mapping[str, Any]


def http_api_page(notice: str, api: Node | None = None) -> str:
    """The whole page. Raises: KeyError for an operation of a tag without a title here."""
    told = json.loads(DESCRIPTION.read_text(encoding="utf-8")) if api is None else api
    operations = [
        (method, path, one) for path, methods in told["paths"].items() for method, one in sorted(methods.items())
    ]
    parts: dict[str, list[str]] = {title: [] for title in SECTIONS.values()}
    for method, path, one in operations:
        parts[SECTIONS[one["tags"][0]]] += _operation(method, path, one)
    lines = [notice, "# HTTP API", "", INTRO]
    for title, of_section in parts.items():
        lines += ["", f"## {title}", *of_section]
    lines += ["", "## What is sent and answered"]
    for name, schema in sorted(told["components"]["schemas"].items()):
        lines += _schema(name, schema)
    return "\n".join(lines) + "\n"


def _operation(method: str, path: str, one: Node) -> Iterator[str]:
    yield from ("", f"### {method.upper()} {path}", "", _cell(one["description"]))
    if not one.get("security"):
        yield from ("", "Open: asks for no session.")
    given = [_given(parameter) for parameter in one.get("parameters", ()) if parameter["in"] != "header"]
    if given:
        yield from ("", "| given | in | type | meaning |", "|---|---|---|---|", *given)
    if "requestBody" in one:
        yield from ("", f"Sent: {_content(one['requestBody'])}.")
    yield from ("", "| answer | body | when |", "|---|---|---|")
    for status, answer in sorted(one["responses"].items()):
        when = "done" if answer["description"] in ("Successful Response", "") else _cell(answer["description"])
        yield f"| {status} | {_content(answer)} | {when} |"


def _given(parameter: Node) -> str:
    name = f"`{parameter['name']}`" + (" (needed)" if parameter.get("required") else "")
    return f"| {name} | {parameter['in']} | {_type(parameter['schema'])} | {_cell(parameter.get('description', ''))} |"


def _content(holder: Node) -> str:
    kinds = holder.get("content", {})
    return ", ".join(_type(one["schema"]) if one.get("schema") else f"`{kind}`" for kind, one in kinds.items()) or "-"


def _schema(name: str, schema: Node) -> Iterator[str]:
    yield from ("", f"### {name}", "")
    if schema.get("description"):
        yield from (_cell(schema["description"]), "")
    if "properties" not in schema:
        yield f"{_type(schema)}."
        return
    yield from ("| field | type | meaning |", "|---|---|---|")
    needed = schema.get("required", ())
    for field, kind in schema["properties"].items():
        shown = f"`{field}`" if field in needed else f"`{field}` (may be left out)"
        yield f"| {shown} | {_type(kind)} | {_cell(kind.get('description', ''))} |"


def _type(schema: Node) -> str:
    """A schema in words."""
    if "$ref" in schema:
        name = schema["$ref"].rsplit("/", 1)[-1]
        return f"[{name}](#{name.lower()})"
    for several in ("anyOf", "oneOf", "allOf"):
        if several in schema:
            return " or ".join(_type(one) for one in schema[several])
    if "enum" in schema or "const" in schema:
        return ", ".join(f"`{one}`" for one in schema.get("enum", [schema.get("const")]))
    if schema.get("type") == "array":
        return f"list of {_type(schema['items'])}" if schema.get("items") else "list"
    if schema.get("type") == "object" and isinstance(schema.get("additionalProperties"), Mapping):
        return f"object of {_type(schema['additionalProperties'])}"
    return _plain(schema)


def _plain(schema: Node) -> str:
    limits = {"minimum": "at least", "maximum": "at most", "minLength": "length from", "maxLength": "length to"}
    said = [f"{words} {schema[key]:,.15g}" for key, words in limits.items() if key in schema]
    said += [f"`{_cell(schema['pattern'])}`"] if "pattern" in schema else []
    kind = schema.get("type", "anything")
    return f"{kind} ({', '.join(said)})" if said else str(kind)


def _cell(text: str) -> str:
    return " ".join(str(text).split()).replace("|", r"\|")
