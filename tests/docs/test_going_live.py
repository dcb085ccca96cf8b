"""docs/going-live.md, followed word by word from an empty folder against a sandbox, in three terminals."""

from __future__ import annotations

import os
import re
import socket
from collections.abc import Iterator
from contextlib import ExitStack, closing
from pathlib import Path

import pytest

from copytrade_live.runner.serve_live import CONSENT
from tests.docs.terminals import Terminal
from tests.docs.walk import put_copytrade
from tests.sandbox.trading import KEY, OTHER_KEY

PAGE = Path(__file__).resolve().parents[2] / "docs" / "going-live.md"
REHEARSAL = PAGE.read_text(encoding="utf-8").split("## With your own wallet")[0]
BLOCKS = dict(re.findall(r"### (\d)\. .*?```sh\n(.*?)```", REHEARSAL, flags=re.DOTALL))
PASSWORD = "correct horse battery staple"
ANSWERS = {
    "password of the keystore: ": PASSWORD,
    "Repeat for confirmation: ": PASSWORD,
    "private key of the wallet's owner: ": KEY,
}


@pytest.fixture
def terminals(tmp_path: Path) -> Iterator[list[Terminal]]:
    tools = tmp_path / "bin"
    tools.mkdir()
    put_copytrade(tools)
    empty = tmp_path / "empty"
    empty.mkdir()
    kept = {name: value for name, value in os.environ.items() if not name.startswith("COPYTRADE")}
    given = kept | {"PATH": f"{tools}:{os.environ['PATH']}", "PYTHONPATH": str(PAGE.parents[1]), "COLUMNS": "200"}
    with ExitStack() as stack:
        yield [stack.enter_context(closing(Terminal(empty, given))) for _ in range(3)]


def a_free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def test_every_step_of_the_page_is_followed_by_this_test() -> None:
    assert sorted(BLOCKS) == [str(number) for number in range(1, 9)]
    assert PAGE.read_text(encoding="utf-8").count("```sh") == len(BLOCKS)


@pytest.mark.slow
def test_the_rehearsal_can_be_followed_word_by_word(terminals: list[Terminal], tmp_path: Path) -> None:
    venue, runner, looker = terminals
    port = str(a_free_port())  # the page's own may be taken on a machine that runs tests
    block = {number: text.replace("8900", port) for number, text in BLOCKS.items()}

    venue.type(block["1"].strip())
    venue.wait_for(f"127.0.0.1:{port}")
    assert "ok:" in runner.run(block["2"], ANSWERS)
    assert "for its owner alone" in runner.run(block["3"], ANSWERS)
    assert "may trade for 0xBc0f" in runner.run(block["4"], ANSWERS)
    assert "ok:" in runner.run(block["5"], ANSWERS)
    config = tmp_path / "empty" / "home" / "config.yaml"
    config.write_text(config.read_text().replace("  port: 9090", "  port: 0"))  # as above

    runner.type(block["6"].strip())
    runner.wait_for("password of", "keystore.json")
    runner.wait_for(":", "json")
    runner.type(PASSWORD)
    banner = runner.wait_for("to go on: ")
    assert "REAL MONEY" in banner
    assert "at most 20 signed, 100 a day" in banner
    assert "could move the money" not in banner
    runner.type(CONSENT)
    runner.wait_for("/metrics")

    looked = looker.run(block["7"], ANSWERS)
    assert "running, pid" in looked
    assert "1000" in looked.replace(",", "")
    runner.interrupt()
    runner.type("echo ended")
    runner.wait_for("ended")
    assert "may no longer trade" in runner.run(block["8"], ANSWERS)
    said = "".join(one.text for one in terminals)
    for secret in (KEY[2:], KEY[2:14], OTHER_KEY[2:], PASSWORD):
        assert secret not in said
