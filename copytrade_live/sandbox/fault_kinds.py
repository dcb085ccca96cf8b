"""What the venue can be told to get wrong: each fault by name, what it does, and how it is asked for."""

from __future__ import annotations

import difflib
from collections.abc import Iterable
from enum import StrEnum

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from copytrade_live.errors import ConfigError


class FaultKind(StrEnum):
    """A way to misbehave that has been seen on the real venue."""

    RATE_LIMITED = "rate_limited"
    RATE_LIMITED_SILENTLY = "rate_limited_silently"
    THROTTLED_200 = "throttled_200"
    SERVER_ERROR = "server_error"
    TIMEOUT = "timeout"
    DISCONNECT = "disconnect"
    TRUNCATED_JSON = "truncated_json"
    HTML_BODY = "html_body"
    REPEATED_PAGE = "repeated_page"
    UNORDERED_ROWS = "unordered_rows"
    LATE_ROWS = "late_rows"
    BLANK_FIELDS = "blank_fields"
    CHAIN_DISAGREES = "chain_disagrees"


DESCRIPTIONS = {
    FaultKind.RATE_LIMITED: "429 with Retry-After: retry_after_seconds",
    FaultKind.RATE_LIMITED_SILENTLY: "429 without saying when to come back",
    FaultKind.THROTTLED_200: 'HTTP 200 whose body is {"error":"Too Many Requests"}',
    FaultKind.SERVER_ERROR: "500, 502, 503 (with Retry-After) or 504",
    FaultKind.TIMEOUT: "the answer comes only after so many real seconds: seconds",
    FaultKind.DISCONNECT: "the connection is cut before any answer",
    FaultKind.TRUNCATED_JSON: "HTTP 200 whose body ends in the middle",
    FaultKind.HTML_BODY: "a page of HTML, behind 200, 429 or 503",
    FaultKind.REPEATED_PAGE: "the page before the one asked for is sent again, whole, with its own next_cursor",
    FaultKind.UNORDERED_ROWS: "the rows of a page come shuffled",
    FaultKind.LATE_ROWS: "a share of the rows (probability) shows up delay_seconds of venue time later than usual",
    FaultKind.BLANK_FIELDS: "rows with outcome_index 999 and an empty event_slug, as right after a listing",
    FaultKind.CHAIN_DISAGREES: "a share of the chain's logs (probability) is missing, or has another size",
}
# These change the world that is shown, not the answer to one request; they stay until cleared.
STANDING = frozenset((FaultKind.LATE_ROWS, FaultKind.CHAIN_DISAGREES))


class Fault(BaseModel):
    """One fault as it was asked for."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: FaultKind = Field(description="Which fault.")
    probability: float = Field(0.1, ge=0.0, le=1.0, description="Share of requests, or of rows, that it befalls.")
    seed: int = Field(0, description="Another seed befalls others.")
    paths: tuple[str, ...] = Field((), description="Path prefixes it may befall; none means all but /admin.")
    most_in_row: int = Field(2, ge=1, description="Bad answers in a row for one request; the next one is good.")
    retry_after_seconds: int = Field(1, ge=0, description="What Retry-After asks for, seconds.")
    seconds: float = Field(30.0, ge=0.0, description="How late a timeout's answer comes, real seconds.")
    delay_seconds: float = Field(300.0, ge=0.0, description="How late late rows show up, seconds of the world's time.")

    def covers(self, path: str) -> bool:
        """Whether this fault may happen under a path; without prefixes it may under any."""
        return not self.paths or path.startswith(self.paths)


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
