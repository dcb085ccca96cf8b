"""A leader's fill, restated as something that could be copied."""

from __future__ import annotations

from dataclasses import dataclass

from copytrade_live.core.market import Instant, Role, Side


@dataclass(frozen=True, slots=True, kw_only=True)
class Signal:
    """One fill of a leader.

    Units: price in dollars per share, size in shares.
    leader_size_before is what the leader held of the token before this fill, None when we do not know;
    a proportional mirror of a sell needs it. source names who told of it first; no rule looks at it.
    """

    signal_id: str
    wallet: str
    condition_id: str
    token_id: str
    outcome: str
    side: Side
    role: Role
    price: float
    size: float
    event_at: Instant
    observed_at: Instant
    tx_hash: str
    leader_size_before: float | None = None
    source: str = ""

    @property
    def notional(self) -> float:
        """Price times size, in collateral."""
        return self.price * self.size
