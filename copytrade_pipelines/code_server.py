"""One code server for Dagster's daemon and webserver, on a Unix socket: the code location is loaded once.

`python -m copytrade_pipelines.code_server SOCKET`; DAGSTER_HOME names the instance. Without it the webserver loads the
location for itself, and the daemon once more every minute. When the config file changes, the location is loaded again;
runs that are under way keep the code they began with.
"""

from __future__ import annotations

import sys
import threading
from collections.abc import Callable
from pathlib import Path

from dagster._cli.code_server import start_command
from dagster._core.errors import DagsterUserCodeUnreachableError
from dagster._grpc.client import DagsterGrpcClient

from copytrade_live.errors import ConfigError
from copytrade_live.file_stamp import stamp_of
from copytrade_live.logs import logger
from copytrade_live.settings import home_from_environment, load_config
from copytrade_pipelines.webserver import make_ours

MODULE, LOCATION = "copytrade_pipelines.definitions", "copytrade"
LOOK_SECONDS = 2.0
_STARTUP_SECONDS = 180
_log = logger("code_server")


def main(socket: Path) -> None:
    """Serve until somebody stops it."""
    make_ours(socket.parent)
    home = home_from_environment()
    reloading = Reloading(home.config, lambda: load_config(None, home), lambda: _reload(socket))
    threading.Thread(target=reloading.run, name="config", daemon=True).start()
    options = ["--socket", str(socket), "--module-name", MODULE, "--location-name", LOCATION]
    start_command.main([*options, "--startup-timeout", str(_STARTUP_SECONDS)], standalone_mode=False)


class Reloading:
    """Has the location loaded again when its config file changed and can be read; check raises ConfigError if not."""

    def __init__(self, path: Path, check: Callable[[], object], reload: Callable[[], None]) -> None:
        self._path, self._check, self._reload = path, check, reload
        self._seen = stamp_of(path)

    def run(self) -> None:
        """Look now and then, for ever."""
        never = threading.Event()
        while not never.wait(LOOK_SECONDS):
            self.look()

    def look(self) -> None:
        """Look once."""
        found = stamp_of(self._path)
        if found == self._seen:
            return
        try:
            self._check()
            self._reload()
        except ConfigError as error:
            _log.warning("Dagster goes on with the config it has: %s", error)
        except DagsterUserCodeUnreachableError:
            return  # it is still starting: the next look asks again
        self._seen = found


def _reload(socket: Path) -> None:
    DagsterGrpcClient(socket=str(socket)).reload_code(timeout=_STARTUP_SECONDS)
    _log.info("the config file changed: Dagster loaded the code location again")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
