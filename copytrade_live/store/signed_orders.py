"""Orders as they were signed: committed with the event that tells of them, before the first byte leaves."""

from __future__ import annotations

import sqlite3

from copytrade_live.ports import SignedOrder
from copytrade_live.secret import Secret


def keep_signed(connection: sqlite3.Connection, signed: SignedOrder, seq: int) -> None:
    """Keep one inside the caller's transaction. seq is the journal row of its event."""
    connection.execute(
        "INSERT INTO signed_orders (order_id, venue_order_id, seq, signed_at, payload) VALUES (?, ?, ?, ?, ?)",
        (signed.order_id, signed.venue_order_id, seq, signed.signed_at, signed.payload.reveal()),
    )


def find_signed(connection: sqlite3.Connection, order_id: str) -> SignedOrder | None:
    """What was signed for an order of ours."""
    found = connection.execute(
        "SELECT order_id, venue_order_id, signed_at, payload FROM signed_orders WHERE order_id = ?", (order_id,)
    ).fetchone()
    if found is None:
        return None
    return SignedOrder(
        order_id=found["order_id"],
        venue_order_id=found["venue_order_id"],
        payload=Secret(found["payload"]),
        signed_at=found["signed_at"],
    )
