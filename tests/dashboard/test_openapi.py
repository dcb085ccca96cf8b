"""The description that the front end's client is made from is what the code says."""

from __future__ import annotations

from copytrade_live.dashboard import openapi


def test_the_description_beside_the_code_is_current() -> None:
    assert openapi.PATH.read_text(encoding="utf-8") == openapi.text(), "run: python -m copytrade_live.dashboard.openapi"


def test_every_schema_that_is_referred_to_is_there() -> None:
    text, schemas = openapi.text(), openapi.description()["components"]["schemas"]
    referred = {part.partition('"')[0] for part in text.split("#/components/schemas/")[1:]}
    assert referred <= set(schemas)
