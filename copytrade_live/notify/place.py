"""How far the journal was told: written down before a message goes, so that none goes twice, whatever dies."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, replace
from pathlib import Path

from copytrade_live.durable import write_durably
from copytrade_live.errors import StateError


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """told: newest event that needs no telling any more. sending: the one before, while a message is on its way."""

    told: int
    sending: int | None = None


class PlaceFile:
    """Where the place is kept."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def read(self) -> Place | None:
        """The place, None before the first time. Raises: StateError."""
        if not self._path.exists():
            return None
        try:
            found = json.loads(self._path.read_bytes())
            return Place(told=int(found["told"]), sending=found["sending"])
        except (OSError, ValueError, KeyError, TypeError) as error:
            raise StateError(
                f"{self._path} does not say what was told ({type(error).__name__}); remove it to begin with what comes"
            ) from None

    def write(self, place: Place) -> None:
        """Keep it, durably. Raises: StateError."""
        write_durably(self._path, json.dumps(asdict(place)).encode() + b"\n")

    def begin_sending(self, until: int) -> None:
        """A message about everything up to this event goes now: it counts as told from here on."""
        before = self.read()
        self.write(Place(told=until, sending=before.told if before else 0))

    def sent(self) -> None:
        """It went, or was given up."""
        place = self.read()
        if place is not None:
            self.write(replace(place, sending=None))
