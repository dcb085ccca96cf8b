"""Switches faults on and off while the sandbox runs, and reads them from a file before it does."""

from __future__ import annotations

import json
from collections.abc import Iterable
from pathlib import Path

from starlette.requests import Request
from starlette.responses import Response

from copytrade_live.errors import ConfigError, InputFileError
from copytrade_live.sandbox.answers import Refusal, answer
from copytrade_live.sandbox.fault_kinds import FaultKind
from copytrade_live.sandbox.fault_settings import Fault, read_faults
from copytrade_live.sandbox.faults import FaultBook
from copytrade_live.sandbox.hostile import turn_hostile
from copytrade_live.sandbox.venue import Venue


class FaultAdmin:
    """Answers /admin/faults."""

    def __init__(self, book: FaultBook, venue: Venue) -> None:
        self._book, self._venue = book, venue
        self._foresee(book.active)

    async def serve(self, request: Request) -> Response:
        """GET tells what is known, on and met; POST switches on; DELETE switches everything off."""
        if request.method == "DELETE":
            self._book.clear()
        if request.method == "POST":
            faults = _read_body(await request.body())
            self._book.add(faults, self._venue.now())
            self._foresee(faults)
        return answer(self._book.described())

    def _foresee(self, faults: Iterable[Fault]) -> None:
        for fault in faults:
            if fault.name is FaultKind.HOSTILE_LEADER:
                turn_hostile(self._venue, fault, self._venue.now())


def read_fault_file(path: Path) -> list[Fault]:
    """The faults of a JSON file: one object or a list. Raises: InputFileError, ConfigError."""
    try:
        payload = json.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise InputFileError(f"{path} cannot be read: {error.strerror}; --faults needs a JSON file") from None
    except ValueError as error:
        raise InputFileError(f"{path} is not JSON: {error}") from None
    return read_faults(payload)


def _read_body(body: bytes) -> list[Fault]:
    try:
        return read_faults(json.loads(body))
    except ValueError:
        raise Refusal(400, 'the body must be JSON: {"name": ..., "probability": ...} or a list of such') from None
    except ConfigError as error:
        raise Refusal(400, str(error)) from None
