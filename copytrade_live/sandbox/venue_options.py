"""How strict and how slow the venue is, within what the real one has been seen to do."""

from __future__ import annotations

from dataclasses import dataclass, field

from copytrade_live.core.market import SECOND, Instant, Micro
from copytrade_live.sandbox.exchange.options import ExchangeOptions

INDEX_LAG: Instant = 10 * SECOND


@dataclass(frozen=True, slots=True, kw_only=True)
class VenueOptions:
    """How the venue answers.

    index_lag is how long a fill takes to show in the data API, in the world's milliseconds.

    The offset caps are those of the first generation's listings, beyond which it refuses; rpc_most_logs and
    rpc_most_blocks those of one eth_getLogs. enforce_limits refuses requests over the documented limits;
    exchange says how orders settle, funds which wallets have how many micro-dollars from the start.
    """

    index_lag: Instant = INDEX_LAG
    trades_offset_cap: int = 10_000
    activity_offset_cap: int = 3_000
    rpc_most_logs: int = 10_000
    rpc_most_blocks: int = 5_000
    enforce_limits: bool = False
    exchange: ExchangeOptions = field(default_factory=ExchangeOptions)
    funds: tuple[tuple[str, Micro], ...] = ()
