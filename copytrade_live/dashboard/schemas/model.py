"""What every schema shares."""

from __future__ import annotations

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from copytrade_live.core.reason_units import Unit

# Milliseconds since 1970 UTC; JavaScript's own.
At = Annotated[int, Field(description="Milliseconds since 1970-01-01 UTC.", ge=0, le=8_640_000_000_000_000)]
Wallet = Annotated[str, StringConstraints(pattern=r"^0x[0-9a-f]{40}$")]
TokenId = Annotated[str, StringConstraints(pattern=r"^[0-9]{1,78}$")]
RunId = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]{0,99}$")]
SignalId = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9:_-]{1,200}$")]
Note = Annotated[str, StringConstraints(max_length=500)]


class Model(BaseModel):
    """Given or taken: frozen, and nothing unknown in it."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class Problem(Model):
    """Why a request was not answered. code is a stable word, message says what to do."""

    code: str
    message: str


class Refusal(Model):
    """A reason that forbids something, with the number measured and its limit in the reason's own unit."""

    reason: str
    summary: str
    measured: float | None
    limit: float | None
    unit: Unit | None
