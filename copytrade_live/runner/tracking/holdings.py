"""What leaders hold of the tokens we copied: a proportional mirror of a sell divides by it."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, replace

from copytrade_live.clock import Clock
from copytrade_live.core.events import LeaderFillObserved
from copytrade_live.core.holdings import size_after, sizes_before
from copytrade_live.core.market import Instant, Side
from copytrade_live.core.signal import Signal
from copytrade_live.errors import VenueError
from copytrade_live.runner.health import Health
from copytrade_live.runner.sources import LeaderFeed

_PART = "holdings"
# Whose holding of what matters now: wallets with tokens.
Wants = Callable[[], Collection[tuple[str, str]]]
# Wallets read ahead at once; the listing of positions has a budget too.
_READ_AHEAD = 4


@dataclass(slots=True)
class _Held:
    """One leader's holding of one token, read or reckoned at an instant. Units: shares."""

    size: float
    at: Instant


class LeaderHoldings:
    """Reads a leader's positions when a sell needs them, and reckons on with what the leader does next."""

    def __init__(self, feed: LeaderFeed, clock: Clock, health: Health, wants: Wants) -> None:
        self._feed = feed
        self._clock = clock
        self._health = health
        self._wants = wants
        self._held: dict[tuple[str, str], _Held] = {}

    async def read_ahead(self) -> None:
        """Read a few of the holdings that matter and are not known: a sell should find them known."""
        wanted = set(self._wants())
        self._held = {key: held for key, held in self._held.items() if key in wanted}
        missing = sorted(wanted - set(self._held))
        for wallet in list(dict.fromkeys(wallet for wallet, _ in missing))[:_READ_AHEAD]:
            await self._read(wallet, [token for owner, token in missing if owner == wallet])

    async def describe(self, signals: Sequence[Signal]) -> list[Signal]:
        """The same signals with what their leader held before each, where that matters and can be known."""
        sold = {(one.wallet, one.token_id) for one in signals if one.side is Side.SELL}
        missing = sorted(sold.intersection(self._wants()).difference(self._held)) if sold else []
        for wallet in dict.fromkeys(wallet for wallet, _ in missing):
            await self._read(wallet, [token for owner, token in missing if owner == wallet])
        sizes: dict[str, float] = {}
        for key in dict.fromkeys((one.wallet, one.token_id) for one in signals):
            held = self._held.get(key)
            if held is not None:
                mine = [one for one in signals if (one.wallet, one.token_id) == key]
                before = sizes_before({key[1]: held.size}, held.at, mine)
                sizes |= {one.signal_id: size for one, size in zip(mine, before, strict=True)}
        return [replace(one, leader_size_before=sizes.get(one.signal_id)) for one in signals]

    def apply(self, event: LeaderFillObserved) -> None:
        """A committed fill changes its leader's holding."""
        signal = event.signal
        key = signal.wallet, signal.token_id
        if key in self._held and signal.leader_size_before is not None:
            self._held[key].size = size_after(signal.leader_size_before, signal.side, signal.size)

    async def _read(self, wallet: str, token_ids: Sequence[str]) -> None:
        try:
            listing = await self._feed.positions(wallet)
        except VenueError as error:
            self._health.failed(_PART, error)
            return
        now = self._clock.now()
        self._health.succeeded(_PART, now)
        rows = {row.token_id: row for row in listing.rows}
        for token in token_ids:
            row = rows.get(token)
            # Positions are shown late: the row itself says which of the leader's fills are in it.
            at = now if row is None or row.event_at is None else row.event_at
            self._held[wallet, token] = _Held(0.0 if row is None else row.size, at)
