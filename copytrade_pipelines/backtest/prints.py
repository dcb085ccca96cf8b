"""Trades of others, as a resting order meets them."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass, field

from copytrade_live.core.market import MINUTE, Instant, Role, Side
from copytrade_live.core.signal import Signal

# A resting order looks every second or so: prints older than this were looked at long ago.
_KEPT: Instant = 10 * MINUTE


@dataclass(frozen=True, slots=True)
class Print:
    """One trade. side is the taker's: a SELL reaches buyers who rest. Units: dollars per share, shares."""

    at: Instant
    token_id: str
    side: Side
    price: float
    size: float


def print_of(signal: Signal) -> Print:
    """The trade behind somebody's fill; an unknown role counts as taker."""
    side = signal.side
    if signal.role is Role.MAKER:
        side = Side.SELL if side is Side.BUY else Side.BUY
    return Print(signal.event_at, signal.token_id, side, signal.price, signal.size)


@dataclass(slots=True)
class RecentPrints:
    """The latest prints of each token, by when they became known."""

    _known: dict[str, deque[tuple[Instant, Print]]] = field(default_factory=dict)

    def add(self, one: Print, now: Instant) -> None:
        """Remember a print that became known now."""
        recent = self._known.setdefault(one.token_id, deque())
        while recent and now - recent[0][0] > _KEPT:
            recent.popleft()
        recent.append((now, one))

    def known(self, token_id: str, since: Instant, until: Instant) -> Iterator[Print]:
        """Prints that became known after since and up to until."""
        return (one for at, one in self._known.get(token_id, ()) if since < at <= until)
