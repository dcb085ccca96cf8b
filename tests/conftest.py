"""What every test gets: its turn, a home of its own, a clean environment, and no network but this machine's."""

from __future__ import annotations

import os
import socket
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import httpx
import httpx._transports.default as httpx_transports
import pytest

from tests.long_files import in_order

_SCRUBBED = ("COPYTRADE_", "DAGSTER_")
# 127.1 is 127.0.0.1 as some write it.
_LOOPBACK = ("127.0.0.1", "127.1", "::1", "localhost")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Long files first."""
    items.sort(key=lambda item: in_order(item.path))


@pytest.fixture(scope="session", autouse=True)
def roots_read_once() -> Iterator[None]:
    """Clients of tests speak to this machine without TLS; each would read the roots of trust anew, for 30 ms."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(httpx_transports, "create_ssl_context", cache(httpx.create_ssl_context))
        yield


@pytest.fixture(autouse=True)
def clean_environment(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """No setting of the machine reaches a test; COPYTRADE_SHARED alone names recorded data."""
    for name in list(os.environ):
        if name.startswith(_SCRUBBED) and name != "COPYTRADE_SHARED":
            monkeypatch.delenv(name)
    monkeypatch.setenv("COPYTRADE_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("DAGSTER_DISABLE_TELEMETRY", "1")
    yield
    # Code under test may set variables for its children; the next test must not inherit them.
    for name in list(os.environ):
        if name.startswith("DAGSTER_") and name != "DAGSTER_DISABLE_TELEMETRY":
            del os.environ[name]


@pytest.fixture(autouse=True)
def no_network(monkeypatch: pytest.MonkeyPatch) -> None:
    """Connecting anywhere but this machine fails at once, and says so."""
    connect, connect_ex, look_up = socket.socket.connect, socket.socket.connect_ex, socket.getaddrinfo

    def guarded_connect(self: socket.socket, address: Any) -> None:
        _refuse_outside(self, address)
        connect(self, address)

    def guarded_connect_ex(self: socket.socket, address: Any) -> int:
        _refuse_outside(self, address)
        return connect_ex(self, address)

    def guarded_look_up(host: Any, *arguments: Any, **options: Any) -> Any:
        name = host.decode() if isinstance(host, bytes) else host
        if name is not None and name not in _LOOPBACK:
            raise OSError(f"tests have no network: {name} was looked up")
        return look_up(host, *arguments, **options)

    monkeypatch.setattr(socket.socket, "connect", guarded_connect)
    monkeypatch.setattr(socket.socket, "connect_ex", guarded_connect_ex)
    monkeypatch.setattr(socket, "getaddrinfo", guarded_look_up)


def _refuse_outside(connection: socket.socket, address: Any) -> None:
    if connection.family in (socket.AF_INET, socket.AF_INET6) and address[0] not in _LOOPBACK:
        raise OSError(f"tests have no network: {address[0]} was connected to")
