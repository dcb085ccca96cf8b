"""Markets as they could be known at a moment: the static facts, and how far each had got by then."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace

from copytrade_live.core.market import Instant, Market, MarketStatus


@dataclass(frozen=True, slots=True, kw_only=True)
class ListedMarket:
    """One market's static facts, when it opened and when it closed: closed_at for the venue, closed_known_at for us."""

    market: Market
    closed_at: Instant | None
    closed_known_at: Instant | None
    opens_at: Instant | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class StatusChange:
    """A condition's oracle got somewhere, and when that could be known."""

    condition_id: str
    status: MarketStatus
    known_at: Instant


@dataclass(frozen=True, slots=True, kw_only=True)
class Terms:
    """What a condition charged from a moment on."""

    condition_id: str
    since: Instant
    fee_rate: float
    fee_exponent: float


class MarketBoard:
    """Every market that the tape's leaders touch."""

    def __init__(
        self, listed: Iterable[ListedMarket], changes: Iterable[StatusChange], terms: Iterable[Terms] = ()
    ) -> None:
        self._listed = {row.market.condition_id: row for row in listed}
        self._by_token = {token: row for row in self._listed.values() for token in row.market.token_ids}
        # When each token's market opened, where that is known.
        self.opening: Mapping[str, Instant] = {
            token: row.opens_at for token, row in self._by_token.items() if row.opens_at is not None
        }
        self._changes: dict[str, list[StatusChange]] = {}
        for change in sorted(changes, key=lambda change: (change.known_at, change.status.value)):
            self._changes.setdefault(change.condition_id, []).append(change)
        self._terms: dict[str, list[Terms]] = {}
        for term in sorted(terms, key=lambda term: (term.since, term.fee_rate)):
            self._terms.setdefault(term.condition_id, []).append(term)

    def as_known(self, condition_id: str, now: Instant) -> Market | None:
        """The market with its status as of now, None for one we know nothing of."""
        row = self._listed.get(condition_id)
        if row is None:
            return None
        status = self._status(row, now)
        is_trading = status not in (MarketStatus.CLOSED, MarketStatus.RESOLVED)
        rate, exponent = self._fees(row.market, now)
        return replace(
            row.market,
            fee_rate=rate,
            fee_exponent=exponent,
            status=status,
            accepting_orders=row.market.accepting_orders and is_trading,
            observed_at=now,
        )

    def turns(self, condition_id: str) -> list[Instant] | None:
        """The moments at which what is known of a market changes, in order; None for one we know nothing of."""
        row = self._listed.get(condition_id)
        if row is None:
            return None
        changes, terms = self._changes.get(condition_id, ()), self._terms.get(condition_id, ())
        moments = {one.known_at for one in changes} | {one.since for one in terms}
        return sorted(moments if row.closed_known_at is None else moments | {row.closed_known_at})

    def trading(self, token_id: str, now: Instant) -> ListedMarket | None:
        """The token's market while its book exists: not before it opens, and the venue takes it away at the close."""
        row = self._by_token.get(token_id)
        if row is None or (row.closed_at is not None and row.closed_at <= now):
            return None
        return None if row.opens_at is not None and now < row.opens_at else row

    def listed_of(self, token_id: str) -> ListedMarket | None:
        """The token's market, None for one we know nothing of."""
        return self._by_token.get(token_id)

    @property
    def token_ids(self) -> Mapping[str, tuple[str, ...]]:
        """The tokens of each condition."""
        return {condition: row.market.token_ids for condition, row in self._listed.items()}

    def _fees(self, market: Market, now: Instant) -> tuple[float, float]:
        standing = None
        for term in self._terms.get(market.condition_id, ()):
            if term.since <= now:
                standing = term
        return (standing.fee_rate, standing.fee_exponent) if standing else (market.fee_rate, market.fee_exponent)

    def _status(self, row: ListedMarket, now: Instant) -> MarketStatus:
        status = MarketStatus.OPEN
        for change in self._changes.get(row.market.condition_id, []):
            if change.known_at <= now:
                status = change.status
        is_closed = row.closed_known_at is not None and row.closed_known_at <= now
        return MarketStatus.CLOSED if status is MarketStatus.OPEN and is_closed else status
