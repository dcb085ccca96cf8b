"""Expected failures, split by what to do about them.

CopytradeError
├── ConfigError              the operator mends a file, flag or environment variable
├── VenueError               the venue let us down
│   ├── VenueUnavailable     try again later
│   │   └── VenueRestricted  it takes nothing from us, or from anyone, for now; says why and for how long
│   ├── VenueRefusal         do not try again
│   └── PayloadError         what it sent does not fit; drop, count, quarantine
├── PolicyRefused            the signer's own policy forbids the order; nothing was signed
├── KeyRefused               the key is missing, unsafe where it lies, or not wanted; live trading does not start
├── SnapshotError            a published file is missing, truncated or tampered with; keep the last good one
├── StateError               the state database is locked, corrupt or of another mode; stop
│   ├── DiskFull             nothing was written; the same may be done once there is room
│   └── NotWrittenOut        what was written may not outlive the machine; stop, and start from what is on disk
├── PortInUseError           another process listens there
├── WarehouseError           the warehouse is locked by another process or broken; stop the run
├── SqlModelError            a SQL model breaks its contract; names the model and the fix
└── InputFileError           a file given to a command cannot be read as what it should be
"""

from __future__ import annotations


class CopytradeError(Exception):
    """Root of every failure we expect; its message says what, which and what to do."""


class ConfigError(CopytradeError):
    """A setting is wrong."""


class VenueError(CopytradeError):
    """The venue let us down."""


class VenueUnavailable(VenueError):
    """The venue cannot be reached or is busy; later may work."""


class VenueRestricted(VenueUnavailable):
    """The venue takes no requests of this kind now. restriction is one of ports.VenueRestriction; Units: seconds."""

    def __init__(self, message: str, *, restriction: str, retry_after: float | None = None) -> None:
        super().__init__(message)
        self.restriction = restriction
        self.retry_after = retry_after


class VenueRefusal(VenueError):
    """The venue said no; the same request will fail again."""


class PayloadError(VenueError):
    """A payload does not have the shape it should. field and value say where."""

    def __init__(self, message: str, *, field: str = "", value: object = None) -> None:
        super().__init__(message)
        self.field = field
        self.value = value


class PolicyRefused(CopytradeError):
    """The signer will not sign this. code is a stable word for why, where a transaction was refused."""

    def __init__(self, message: str, *, code: str = "") -> None:
        super().__init__(message)
        self.code = code


class KeyRefused(CopytradeError):
    """The key cannot be used."""


class SnapshotError(CopytradeError):
    """A published file cannot be trusted."""


class StateError(CopytradeError):
    """The state database cannot be used."""


class DiskFull(StateError):
    """There is no room to write; nothing of what was to be written was."""


class NotWrittenOut(StateError):
    """The disk did not take what was written before: how much of it is there, only a start from the file tells."""


class PortInUseError(CopytradeError):
    """A port we were told to listen on is taken."""


class WarehouseError(CopytradeError):
    """The warehouse cannot be used."""


class SqlModelError(CopytradeError):
    """A SQL model breaks its contract."""


class InputFileError(CopytradeError):
    """A file given to a command cannot be read as what it should be."""
