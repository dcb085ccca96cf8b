"""An API key given by a person: counted, checked, and asked for again before what is dangerous."""

from __future__ import annotations

import hmac
import math

from fastapi import Request

from copytrade_live.dashboard.access.keys import KeyRecord
from copytrade_live.dashboard.access.sessions import Session
from copytrade_live.dashboard.desk import Desk
from copytrade_live.dashboard.problems import Refused
from copytrade_live.errors import StateError
from copytrade_live.logs import logger

_log = logger("dashboard")


def address_of(request: Request) -> str:
    """Where a request comes from."""
    return request.client.host if request.client else ""


def checked_key(desk: Desk, request: Request, key: str) -> KeyRecord:
    """Whose key this is. Raises: Refused while its sender has to wait, and when it is nobody's."""
    address = address_of(request)
    wait = desk.lockout.wait_seconds(address)
    if wait > 0.0:
        seconds = str(math.ceil(wait))
        raise Refused(429, "locked_out", f"Too many attempts; wait {seconds} s.", {"Retry-After": seconds})
    try:
        record = desk.keys.find(key)
    except StateError as error:
        # Who is not logged in yet is told nothing of what lies where.
        _log.error("nobody can log in: %s", error)
        raise Refused(503, "keys_unreadable", "The keys cannot be read; the dashboard's log says why.") from None
    if record is None:
        desk.lockout.failed(address)
        _log.warning("a wrong key came from %s", address)
        raise Refused(401, "wrong_key", "That is not a key; make one: copytrade dashboard key")
    desk.lockout.succeeded(address)
    return record


def confirm(desk: Desk, request: Request, session: Session, key: str, typed: str, wanted: str) -> None:
    """Demand the word typed and the session's own kind of key once more. Raises: Refused."""
    if typed.strip().lower() != wanted:
        raise Refused(403, "not_confirmed", f"Type {wanted} to confirm.")
    record = checked_key(desk, request, key)
    if not hmac.compare_digest(record.sha256, session.key_sha256):
        raise Refused(403, "another_key", "That is not the key of this session.")
