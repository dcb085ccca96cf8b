"""The processes of a running copytrade, as commands to start."""

from __future__ import annotations

import hashlib
import http.client
import json
import os
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from urllib.parse import urlsplit

from copytrade_live.ports_in_use import LOOPBACK, loopback_url
from copytrade_live.settings import HOME_VARIABLE, Home
from copytrade_live.settings.dashboard import URL_VARIABLE
from copytrade_live.stray_secrets import drop_keys
from copytrade_live.supervise import Program, Stack

# Whoever has it may halt and resume: it goes to the dashboard alone.
DASHBOARD_KEY = "COPYTRADE_DASHBOARD_KEY"
# Tokens of bots and passwords of mailboxes are in it: it goes to who sends messages alone.
NOTIFY_URLS = "COPYTRADE_NOTIFY_URLS"
WORKSPACE_FILE = "workspace.yaml"
_WORKSPACE = """\
# Written by copytrade: what the Dagster webserver and daemon ask, the one code server of this home.
load_from:
  - grpc_server:
      socket: {socket}
      location_name: copytrade
"""
_LOOK_SECONDS = 0.1
_WEB_SOCKET, _CODE_SOCKET = "web.sock", "code.sock"
# The system takes 107 bytes.
_LONGEST_SOCKET_PATH = 100


def environment(home: Home, dashboard_port: int | None = None) -> dict[str, str]:
    """What every process of a stack is given: no key, since all of them trade on paper. No tool phones home.

    dashboard_port: where the stack's own dashboard listens.
    """
    inherited = dict(os.environ)
    drop_keys(inherited)
    for secret in (DASHBOARD_KEY, NOTIFY_URLS):
        inherited.pop(secret, None)
    return {
        **inherited,
        HOME_VARIABLE: str(home.root),
        **({} if dashboard_port is None else {URL_VARIABLE: loopback_url(dashboard_port)}),
        "DAGSTER_HOME": str(home.dagster),
        "DAGSTER_DISABLE_TELEMETRY": "1",
        "DAGSTER_DG_UPDATE_CHECK_ENABLED": "0",
        "PYTHONUNBUFFERED": "1",
    }


def copytrade(name: str, *arguments: str, ends: bool = False, on_line: Callable[[str], None] | None = None) -> Program:
    """A verb of our own as a process."""
    command = [sys.executable, "-c", "from copytrade_live.cli import main; main()", *arguments]
    return Program(name=name, command=command, is_meant_to_end=ends, on_line=on_line)


def dagster_programs(home: Home) -> list[Program]:
    """Dagster on this home's instance: its code server and webserver, each on a socket, and its daemon.

    Writes the workspace file they load.
    """
    home.dagster.mkdir(parents=True, exist_ok=True)
    workspace, code = home.dagster / WORKSPACE_FILE, _socket(home, _CODE_SOCKET)
    workspace.write_text(_WORKSPACE.format(socket=json.dumps(str(code))), encoding="utf-8")
    python = [sys.executable, "-m"]
    webserver = [*python, "copytrade_pipelines.webserver", str(dagster_socket(home)), str(workspace)]
    return [
        Program(name="dagster-code", command=[*python, "copytrade_pipelines.code_server", str(code)], may_fall=True),
        Program(name="dagster-daemon", command=[*python, "dagster._daemon", "run", "-w", str(workspace)]),
        Program(name="dagster-webserver", command=webserver, may_fall=True),
    ]


def start_dagster(home: Home, stack: Stack, on_look: Callable[[], None]) -> None:
    """Start its code server, and who asks it once it listens; on_look is called meanwhile. Raises: ProcessDied."""
    code, *others = dagster_programs(home)
    listening = _socket(home, _CODE_SOCKET)
    listening.unlink(missing_ok=True)
    stack.start(code)
    while not listening.exists():
        stack.check()
        on_look()
        time.sleep(_LOOK_SECONDS)
    for program in others:
        stack.start(program)


def dagster_socket(home: Home) -> Path:
    """Where Dagster's webserver listens."""
    return _socket(home, _WEB_SOCKET)


def _socket(home: Home, name: str) -> Path:
    """A socket of Dagster's: in its folder, or in one named after it where the path would be too long."""
    path = home.dagster / name
    if len(str(path).encode()) <= _LONGEST_SOCKET_PATH:
        return path
    digest = hashlib.sha256(str(home.root).encode()).hexdigest()[:16]
    return Path(tempfile.gettempdir()) / f"copytrade-{os.geteuid()}-{digest}" / name


def wait_for_http(stack: Stack, url: str, on_look: Callable[[], None] = lambda: None) -> None:
    """Wait until something answers there; on_look is called meanwhile.

    Raises: ProcessDied when a process of the stack ends meanwhile.
    """
    while not answers(url):
        stack.check()
        on_look()
        time.sleep(_LOOK_SECONDS)


def answers(url: str) -> bool:
    """Whether a web server answers at this address with anything but a failure of its own."""
    parts = urlsplit(url)
    connection = http.client.HTTPConnection(parts.hostname or LOOPBACK, parts.port, timeout=5)
    try:
        connection.request("GET", parts.path or "/")
        return connection.getresponse().status < http.HTTPStatus.INTERNAL_SERVER_ERROR
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()
