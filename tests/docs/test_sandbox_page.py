"""docs/sandbox.md, followed word by word in an empty folder."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.docs.blocks import runnable
from tests.docs.test_going_live import a_free_port
from tests.docs.walk import Walk, folder_with_the_code

PAGE = "docs/sandbox.md"

pytestmark = [pytest.mark.e2e, pytest.mark.slow]


def test_every_command_of_the_page_works(tmp_path: Path) -> None:
    port = a_free_port()  # the page's own may be taken on a machine that runs tests
    replaced = {":8900": f":{port}", "copytrade sandbox": f"copytrade sandbox --port {port}"}
    with Walk(folder_with_the_code(tmp_path / "code"), replaced=replaced, patience_seconds=300.0) as walk:
        said = walk.follow(runnable(PAGE, "sh"))
    assert "1000" in said
    assert "settlement_failed" in said
