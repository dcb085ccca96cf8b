"""The one code server: a changed config file has the location loaded again, one that cannot be read does not."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from dagster._core.errors import DagsterUserCodeUnreachableError

from copytrade_live.errors import ConfigError
from copytrade_pipelines.code_server import Reloading


class Server:
    """A code server that counts its reloads."""

    def __init__(self) -> None:
        self.reloads = 0
        self.broken: ConfigError | None = None
        self.is_starting = False

    def check(self) -> None:
        if self.broken is not None:
            raise self.broken

    def reload(self) -> None:
        if self.is_starting:
            raise DagsterUserCodeUnreachableError("not yet")
        self.reloads += 1


@pytest.fixture
def config(tmp_path: Path) -> Path:
    path = tmp_path / "config.yaml"
    path.write_text("a: 1\n")
    return path


def write(path: Path, text: str) -> None:
    """As an editor does."""
    fresh = path.with_suffix(".fresh")
    fresh.write_text(text)
    os.replace(fresh, path)


def test_a_changed_config_is_loaded_once(config: Path) -> None:
    server = Server()
    reloading = Reloading(config, server.check, server.reload)
    reloading.look()
    assert server.reloads == 0
    write(config, "a: 22\n")
    reloading.look()
    reloading.look()
    assert server.reloads == 1


def test_a_config_that_cannot_be_read_leaves_the_location_as_it_is(config: Path) -> None:
    server = Server()
    reloading = Reloading(config, server.check, server.reload)
    server.broken = ConfigError("bad")
    write(config, "a: bad\n")
    reloading.look()
    assert server.reloads == 0
    server.broken = None
    write(config, "a: 3\n")
    reloading.look()
    assert server.reloads == 1


def test_a_server_that_still_starts_is_asked_again(config: Path) -> None:
    server = Server()
    reloading = Reloading(config, server.check, server.reload)
    server.is_starting = True
    write(config, "a: 22\n")
    reloading.look()
    server.is_starting = False
    reloading.look()
    assert server.reloads == 1
