"""Dagster's webserver on a Unix socket that this user alone can open: no web page reaches it, whatever its origin.

`python -m copytrade_pipelines.webserver SOCKET WORKSPACE`; DAGSTER_HOME names the instance. On a port it would take
GraphQL mutations and reports of assets from any page open in any browser of this machine.
"""

from __future__ import annotations

import fcntl
import os
import socket
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import uvicorn
from dagster import DagsterInstance
from dagster._core.workspace.context import WorkspaceProcessContext
from dagster._core.workspace.load_target import WorkspaceFileTarget
from dagster_webserver.version import __version__

from copytrade_live.errors import PortInUseError
from copytrade_live.redaction import mask_records, mask_tracebacks
from copytrade_pipelines.looking import app_of

# As the command dagster-webserver has them.
_STATEMENT_MILLISECONDS, _RECYCLE_SECONDS, _MORE_CONNECTIONS = 15_000, 3_600, 20


def main(path: Path, workspace: Path) -> None:
    """Serve until somebody stops it. Raises: PortInUseError."""
    mask_records()
    mask_tracebacks()
    with DagsterInstance.get() as instance, listening(path) as listener:
        instance.optimize_for_webserver(_STATEMENT_MILLISECONDS, _RECYCLE_SECONDS, _MORE_CONNECTIONS)
        target = WorkspaceFileTarget(paths=[str(workspace)])
        with WorkspaceProcessContext(instance, target, version=__version__, read_only=False) as context:
            config = uvicorn.Config(app_of(context), log_level="warning", access_log=False, ws="websockets-sansio")
            uvicorn.Server(config).run(sockets=[listener])


@contextmanager
def listening(path: Path) -> Iterator[socket.socket]:
    """A socket that only its owner may open, gone again afterwards; nobody is let in before it is served.

    Raises: PortInUseError when another webserver has it.
    """
    make_ours(path.parent)
    with path.with_name(f"{path.name}.lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise PortInUseError(f"socket {path} is another webserver's; stop that one first") from None
        path.unlink(missing_ok=True)
        listener = _bound(path)
        try:
            yield listener
        finally:
            listener.close()
            path.unlink(missing_ok=True)


def _bound(path: Path) -> socket.socket:
    before = os.umask(0o177)
    listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    try:
        listener.bind(str(path))
    except OSError as error:
        listener.close()
        raise PortInUseError(
            f"socket {path} cannot be listened on ({error}); choose a shorter or another one"
        ) from None
    finally:
        os.umask(before)
    return listener


def make_ours(folder: Path) -> None:
    """Make a folder if there is none. Raises: PortInUseError where another user may put files."""
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    # Whoever may put files there could put a socket of their own into the place of this one.
    found = folder.stat()
    if found.st_uid != os.geteuid() or found.st_mode & 0o022:
        raise PortInUseError(f"{folder} is not this user's alone to write to; mend it: chmod go-w, or choose another")


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
