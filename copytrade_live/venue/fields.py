"""One check per kind of wire field; PayloadError names the field and the value it had."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any, NoReturn

from copytrade_live.clock import from_iso
from copytrade_live.core.market import Instant, Side
from copytrade_live.errors import PayloadError

Payload = Mapping[str, Any]

_WALLET = re.compile(r"0x[0-9a-f]{40}")
# 64 hex digits; markets of protocol v2 and combos have 62.
_CONDITION = re.compile(r"0x(?:[0-9a-f]{62}|[0-9a-f]{64})")
_TOKEN = re.compile(r"[0-9]{1,78}")
_TX_HASH = re.compile(r"0x[0-9a-f]{64}")
_WHOLE = re.compile(r"[0-9]{1,16}")

# A larger number than this is in milliseconds; in seconds it would lie in the year 5138.
_FIRST_MILLISECONDS = 100_000_000_000
_EARLIEST: Instant = int(datetime(2018, 1, 1, tzinfo=UTC).timestamp() * 1000)
_LATEST: Instant = int(datetime(2100, 1, 1, tzinfo=UTC).timestamp() * 1000)


def refuse(field: str, value: object, expected: str) -> NoReturn:
    """Raise the PayloadError of a field. Raises: PayloadError, always."""
    shown = repr(value)
    raise PayloadError(f"{field} must be {expected}, was {shown[:120]}", field=field, value=value)


def row_of(payload: object, what: str) -> Payload:
    """The payload as an object."""
    if not isinstance(payload, dict):
        refuse(what, payload, "an object")
    return payload


def rows_of(payload: object, what: str) -> list[object]:
    """The rows of a bare array or of an envelope with data."""
    rows = payload.get("data") if isinstance(payload, dict) else payload
    if not isinstance(rows, list):
        refuse(what, payload, "an array, or an object with data")
    return rows


def text(row: Payload, field: str) -> str:
    """Any text; absent and null are empty."""
    value = row.get(field)
    if value is None:
        return ""
    if not isinstance(value, str):
        refuse(field, value, "text")
    return value


def wallet(row: Payload, field: str) -> str:
    """A wallet address in lower case; the streams send mixed case."""
    return _matching(row, field, _WALLET, "0x and 40 hex digits")


def condition(row: Payload, field: str) -> str:
    """A condition id."""
    return _matching(row, field, _CONDITION, "0x and 62 or 64 hex digits")


def optional_condition(row: Payload, field: str) -> str:
    """A condition id, or nothing (rebates belong to no market)."""
    return condition(row, field) if row.get(field) else ""


def token(row: Payload, field: str) -> str:
    """A token id: text of digits, never a number (a float would lose digits)."""
    return _matching(row, field, _TOKEN, "text of 1 to 78 digits")


def optional_token(row: Payload, field: str) -> str:
    """A token id, or nothing (redemptions name none)."""
    return token(row, field) if row.get(field) else ""


def tx_hash(row: Payload, field: str) -> str:
    """A transaction hash, or nothing (old recordings lost it)."""
    return _matching(row, field, _TX_HASH, "0x and 64 hex digits") if row.get(field) else ""


def side(row: Payload, field: str) -> Side:
    """BUY or SELL."""
    value = row.get(field)
    if value == "BUY":
        return Side.BUY
    if value == "SELL":
        return Side.SELL
    refuse(field, value, "BUY or SELL")


def number(row: Payload, field: str) -> float:
    """A finite number, as a number or as text."""
    value = row.get(field)
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        refuse(field, value, "a number")
    try:
        found = float(value)
    except (ValueError, OverflowError):
        refuse(field, value, "a number")
    if not math.isfinite(found):
        refuse(field, value, "a finite number")
    return found


def optional_number(row: Payload, field: str, default: float) -> float:
    """A finite number; absent, null and empty text are the default."""
    return default if row.get(field) in (None, "") else number(row, field)


def price(row: Payload, field: str) -> float:
    """Dollars per share, 0 to 1."""
    found = number(row, field)
    if not 0.0 <= found <= 1.0:
        refuse(field, row.get(field), "a price from 0 to 1")
    return found


def size(row: Payload, field: str) -> float:
    """Shares, above 0."""
    found = number(row, field)
    if found <= 0.0:
        refuse(field, row.get(field), "a size above 0")
    return found


def size_or_zero(row: Payload, field: str) -> float:
    """Shares or collateral, 0 or more; losing tokens redeem for 0."""
    found = optional_number(row, field, 0.0)
    if found < 0.0:
        refuse(field, row.get(field), "0 or more")
    return found


def truth(row: Payload, field: str) -> bool:
    """A boolean; absent and null are false."""
    value = row.get(field)
    if value is None:
        return False
    if not isinstance(value, bool):
        refuse(field, value, "true or false")
    return value


def instant(row: Payload, field: str) -> Instant:
    """A time in whole seconds or milliseconds since epoch, as a number or as text of digits."""
    value = row.get(field)
    if isinstance(value, str) and _WHOLE.fullmatch(value):
        value = int(value)
    if isinstance(value, bool) or not isinstance(value, int):
        refuse(field, value, "whole seconds or milliseconds since epoch")
    return _sane(field, value, value if abs(value) >= _FIRST_MILLISECONDS else value * 1000)


def optional_time(row: Payload, field: str) -> Instant | None:
    """An ISO 8601 time (gamma also writes "2026-03-19 23:20:15+00"); absent and empty are None."""
    value = row.get(field)
    if value in (None, ""):
        return None
    if not isinstance(value, str):
        refuse(field, value, "an ISO 8601 time")
    try:
        return _sane(field, value, from_iso(value))
    except ValueError:
        refuse(field, value, "an ISO 8601 time")


def optional_index(row: Payload, field: str) -> int | None:
    """The place of an outcome; 999 and absence mean unknown."""
    value = row.get(field)
    if value in (None, ""):
        return None
    found = number(row, field)
    if found != int(found) or found < 0:
        refuse(field, value, "a whole number, 0 or more")
    return None if found == 999 else int(found)


def texts(row: Payload, field: str) -> tuple[str, ...]:
    """A list of texts, as a real array or as JSON inside text; absent and empty are ()."""
    value = row.get(field)
    if value in (None, ""):
        return ()
    if isinstance(value, str):
        try:
            value = json.loads(value)
        except json.JSONDecodeError:
            refuse(field, value, "a list, or JSON text of one")
    if not isinstance(value, list) or not all(isinstance(item, str) for item in value):
        refuse(field, value, "a list of texts")
    return tuple(value)


def _matching(row: Payload, field: str, pattern: re.Pattern[str], expected: str) -> str:
    value = row.get(field)
    if not isinstance(value, str):
        refuse(field, value, expected)
    found = value.lower()
    if not pattern.fullmatch(found):
        refuse(field, value, expected)
    return found


def _sane(field: str, value: object, found: Instant) -> Instant:
    if not _EARLIEST <= found < _LATEST:
        refuse(field, value, "a time from 2018 to 2100")
    return found
