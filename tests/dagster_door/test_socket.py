"""The webserver's socket is its owner's alone, one at a time, and never in a folder of somebody else."""

from __future__ import annotations

import socket
import stat
from pathlib import Path

import pytest

from copytrade_live.errors import PortInUseError
from copytrade_live.programs import dagster_socket
from copytrade_live.settings import Home
from copytrade_pipelines.webserver import listening


def test_only_its_owner_may_open_it_and_it_is_gone_afterwards(tmp_path: Path) -> None:
    path = tmp_path / "own" / "web.sock"
    with listening(path):
        assert stat.S_IMODE(path.stat().st_mode) == 0o600
        assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700
    assert not path.exists()


def test_a_second_webserver_is_refused_and_what_a_killed_one_left_is_taken(tmp_path: Path) -> None:
    path = tmp_path / "web.sock"
    with listening(path), pytest.raises(PortInUseError, match="another webserver"), listening(path):
        pass
    with socket.socket(socket.AF_UNIX) as left:
        left.bind(str(path))
    with listening(path) as found:
        assert found.fileno() > 0


def test_a_folder_that_others_may_write_to_is_refused(tmp_path: Path) -> None:
    tmp_path.chmod(0o777)
    with pytest.raises(PortInUseError, match="chmod go-w"), listening(tmp_path / "web.sock"):
        pass


def test_a_home_with_a_long_name_gets_a_short_path_of_its_own(tmp_path: Path) -> None:
    short, long = Home(Path("/srv/copytrade")), Home(Path("/srv") / ("x" * 120))
    assert dagster_socket(short) == short.dagster / "web.sock"
    assert len(str(dagster_socket(long))) < 100
    assert dagster_socket(long) != dagster_socket(Home(Path("/srv") / ("y" * 120)))
