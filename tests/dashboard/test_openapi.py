"""The description that the front end's client is made from is what the code says."""

from __future__ import annotations

import json

from copytrade_live.dashboard import openapi


def test_the_description_beside_the_code_is_current() -> None:
    assert openapi.PATH.read_text(encoding="utf-8") == openapi.text(), "run: python -m copytrade_live.dashboard.openapi"


def test_every_schema_that_is_referred_to_is_there() -> None:
    described = openapi.PATH.read_text(encoding="utf-8")
    schemas = json.loads(described)["components"]["schemas"]
    referred = {part.partition('"')[0] for part in described.split("#/components/schemas/")[1:]}
    assert referred <= set(schemas)
