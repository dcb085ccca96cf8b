"""One fault as it is asked for: which, how often, and its numbers."""

from __future__ import annotations

import difflib
from collections.abc import Iterable

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from copytrade_live.core.market import SECOND, Instant
from copytrade_live.errors import ConfigError
from copytrade_live.sandbox.fault_kinds import FaultKind


class Fault(BaseModel):
    """One fault as it was asked for."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: FaultKind = Field(description="Which fault.")
    probability: float = Field(0.1, ge=0.0, le=1.0, description="Share of what the fault may befall that it does.")
    seed: int = Field(0, description="Another seed befalls others.")
    paths: tuple[str, ...] = Field(
        (), description="Path prefixes of requests, or paths of streams, it may befall; none means all but /admin."
    )
    most_in_row: int = Field(2, ge=1, description="Bad answers in a row for one request; the next one is good.")
    retry_after_seconds: int = Field(1, ge=0, description="What Retry-After asks for, seconds.")
    seconds: float = Field(30.0, ge=0.0, description="How late a late answer comes, real seconds.")
    delay_seconds: float = Field(
        300.0, ge=0.0, description="How late rows, frames, bookings and settlements come, seconds of the world's time."
    )
    every_seconds: float = Field(
        0.0, ge=0.0, description="A window may open once in so many seconds of the world's time; 0: once, at once."
    )
    window_seconds: float = Field(
        90.0, ge=0.0, description="How long a window stays open, seconds of the world's time."
    )
    post_only_seconds: float = Field(
        120.0, ge=0.0, description="After a restart only post-only orders are taken, seconds of the world's time."
    )
    skew_seconds: float = Field(5.0, description="How far a skewed clock is ahead, seconds.")
    frames: int = Field(1200, ge=1, description="How many frames a flood is.")
    tokens: tuple[str, ...] = Field((), description="Tokens that a frozen stream is silent about; none means all.")
    wallets: tuple[str, ...] = Field((), description="Wallets that turn hostile, or whose fills fail; none means any.")
    fills_a_minute: float = Field(600.0, gt=0.0, description="How often a hostile wallet trades.")

    @property
    def open_for(self) -> Instant:
        """How long a window of this fault is, milliseconds."""
        after = self.post_only_seconds if self.name is FaultKind.RESTART else 0.0
        return round((self.window_seconds + after) * SECOND)

    def covers(self, path: str) -> bool:
        """Whether this fault may happen under a path; without prefixes it may under any. "/" is the stream there."""
        return not self.paths or any(path == one or (one != "/" and path.startswith(one)) for one in self.paths)


def read_faults(payload: object) -> list[Fault]:
    """One fault or a list of them. Raises: ConfigError naming the nearest name or field, or the range."""
    given = payload if isinstance(payload, list) else [payload]
    return [_read_fault(one) for one in given]


def _read_fault(given: object) -> Fault:
    if not isinstance(given, dict):
        raise ConfigError(f'a fault must be an object such as {{"name": "rate_limited"}}, was {given!r}')
    _check_known("field", given, Fault.model_fields)
    name = str(given.get("name", ""))
    _check_known("fault", [name], FaultKind)
    try:
        return Fault.model_validate(given)
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(str(part) for part in first["loc"])
        raise ConfigError(f"fault {name}: {where}: {first['msg']}, was {first['input']!r}") from None


def _check_known(what: str, names: Iterable[object], known: Iterable[str]) -> None:
    allowed = [str(one) for one in known]
    for name in names:
        if name not in allowed:
            nearest = difflib.get_close_matches(str(name), allowed, n=1, cutoff=0.5)
            hint = f"did you mean {nearest[0]}?" if nearest else f"known are {', '.join(allowed)}"
            raise ConfigError(f"unknown {what} {str(name)!r}; {hint}")
