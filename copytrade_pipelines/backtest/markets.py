"""Markets as they could be known at a moment: the static facts, and how far each had got by then."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace

from copytrade_live.core.market import Instant, Market, MarketStatus


@dataclass(frozen=True, slots=True, kw_only=True)
class ListedMarket:
    """One market's static facts, and when it closed: closed_at for the venue, closed_known_at for us."""

    market: Market
    closed_at: Instant | None
    closed_known_at: Instant | None


@dataclass(frozen=True, slots=True, kw_only=True)
class StatusChange:
    """A condition's oracle got somewhere, and when that could be known."""

    condition_id: str
    status: MarketStatus
    known_at: Instant


class MarketBoard:
    """Every market that the tape's leaders touch."""

    def __init__(self, listed: Iterable[ListedMarket], changes: Iterable[StatusChange]) -> None:
        self._listed = {row.market.condition_id: row for row in listed}
        self._by_token = {token: row for row in self._listed.values() for token in row.market.token_ids}
        self._changes: dict[str, list[StatusChange]] = {}
        for change in sorted(changes, key=lambda change: (change.known_at, change.status.value)):
            self._changes.setdefault(change.condition_id, []).append(change)

    def as_known(self, condition_id: str, now: Instant) -> Market | None:
        """The market with its status as of now, None for one we know nothing of."""
        row = self._listed.get(condition_id)
        if row is None:
            return None
        status = self._status(row, now)
        is_trading = status not in (MarketStatus.CLOSED, MarketStatus.RESOLVED)
        return replace(
            row.market,
            status=status,
            accepting_orders=row.market.accepting_orders and is_trading,
            observed_at=now,
        )

    def tick_size(self, token_id: str, now: Instant) -> float | None:
        """The token's tick while its book exists: from a closed market the venue has taken it away."""
        row = self._by_token.get(token_id)
        if row is None or (row.closed_at is not None and row.closed_at <= now):
            return None
        return row.market.tick_size

    @property
    def token_ids(self) -> Mapping[str, tuple[str, ...]]:
        """The tokens of each condition."""
        return {condition: row.market.token_ids for condition, row in self._listed.items()}

    def _status(self, row: ListedMarket, now: Instant) -> MarketStatus:
        status = MarketStatus.OPEN
        for change in self._changes.get(row.market.condition_id, []):
            if change.known_at <= now:
                status = change.status
        is_closed = row.closed_known_at is not None and row.closed_known_at <= now
        return MarketStatus.CLOSED if status is MarketStatus.OPEN and is_closed else status
