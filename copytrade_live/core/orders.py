"""What we ask of a venue and what came of it."""

from __future__ import annotations

from dataclasses import dataclass

from copytrade_live.core.market import Instant, Micro, Side
from copytrade_live.core.reasons import ExitReason


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """One attempt of ours to trade, the same in every shell.

    Units: limit in dollars per share, size in micro-shares.
    order_id is a function of the signal or exit and the attempt, so a retry after a crash cannot double it.
    root_id names the first attempt: every attempt of one intent shares it.
    anchor is the price that slippage is measured from: the leader's for entries, the bid for exits.
    """

    order_id: str
    root_id: str
    attempt: int
    token_id: str
    condition_id: str
    wallet: str
    side: Side
    limit: float
    size: Micro
    anchor: float
    tick_size: float
    fee_rate: float
    fee_exponent: float
    submitted_at: Instant
    expires_at: Instant
    exit_reason: ExitReason | None = None
    event_id: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Fill:
    """One execution of ours.

    Units: size in micro-shares; cash in micro-collateral, what was paid or received fee included; fee within it.
    is_final says that it cannot be voided any more; trade_id is the venue's.
    """

    fill_id: str
    order_id: str
    token_id: str
    side: Side
    size: Micro
    cash: Micro
    fee: Micro
    price: float
    is_final: bool = True
    trade_id: str = ""
