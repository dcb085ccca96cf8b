"""The market channel's frames for one connection: whole books first, then what changed since the last look."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import islice

from copytrade_live.core.market import MICRO, Instant
from copytrade_live.sandbox.answers import Row
from copytrade_live.sandbox.book_wire import book_payload, number_text
from copytrade_live.sandbox.exchange.rules import number
from copytrade_live.sandbox.ladder import Ladder
from copytrade_live.sandbox.trading_desk import TradingDesk
from copytrade_live.sandbox.venue import Venue

# Beyond so many tokens the venue sends no first books.
MOST_FIRST_BOOKS = 500
# What an empty side is told as: a price nobody can better.
NO_BID, NO_ASK = "0", "1"
_SIDES = (("BUY", "bids"), ("SELL", "asks"))
_Levels = dict[str, dict[str, str]]


class MarketFrames:
    """What one client follows, and what it has been told of it."""

    def __init__(self, venue: Venue, desk: TradingDesk) -> None:
        self._venue, self._desk = venue, desk
        self._told: dict[str, _Levels] = {}
        self._seen: dict[str, Ladder | None] = {}
        self._ticks: dict[str, float] = {}
        self._wants_more = False
        self._looked_at: Instant = desk.now()
        self._trades = len(desk.exchange.trades)

    def follow(self, tokens: Iterable[str], *, custom: bool) -> list[Row]:
        """Follow more tokens. Returns: their books; those nobody knows are passed over."""
        now = self._desk.now()
        known = [token for token in tokens if token in self._venue.by_token]
        self._wants_more = self._wants_more or custom
        books = [self._start(token, now) for token in known]
        return [book for book in books if book is not None] if len(self._told) <= MOST_FIRST_BOOKS else []

    def leave(self, tokens: Iterable[str]) -> None:
        """Follow fewer."""
        for token in tokens:
            self._told.pop(token, None)
            self._seen.pop(token, None)
            self._ticks.pop(token, None)

    def look(self) -> list[Row]:
        """Everything that happened since the last look, in order: trades, grids, books, and the ends of markets."""
        before, now = self._looked_at, self._desk.now()
        if now == before:
            return []
        self._looked_at = now
        frames = [*self._world_trades(before, now), *self._own_trades(), *self._grids(now), *self._changes(now)]
        return [*frames, *self._listed(before, now), *self._resolved(before, now)] if self._wants_more else frames

    def _start(self, token: str, now: Instant) -> Row | None:
        market, outcome = self._venue.by_token[token]
        self._ticks[token] = self._venue.tick_size(market, now)
        self._seen[token] = self._venue.ladder(market, outcome, now)
        book = book_payload(self._venue, market, outcome, now)
        self._told[token] = _levels_of(book)
        return None if book is None else {**book, "event_type": "book"}

    def _changes(self, now: Instant) -> Iterator[Row]:
        """One frame a market for all its tokens whose levels changed."""
        by_market: dict[str, list[Row]] = {}
        touches: list[Row] = []
        for token, told in list(self._told.items()):
            market, outcome = self._venue.by_token[token]
            ladder = self._venue.ladder(market, outcome, now)
            if ladder == self._seen.get(token):
                continue
            self._seen[token] = ladder
            book = book_payload(self._venue, market, outcome, now)
            levels = _levels_of(book)
            if levels == told:
                continue
            self._told[token] = levels
            condition = self._venue.markets[market].condition_id
            bid, ask = _touch(levels)
            rest = {"hash": "" if book is None else book["hash"], "best_bid": bid, "best_ask": ask}
            changed = by_market.setdefault(condition, [])
            changed += [{"asset_id": token, **one, **rest} for one in _differences(told, levels)]
            if (bid, ask) != _touch(told) and self._wants_more:
                touches.append(_best_bid_ask(condition, token, bid, ask, now))
        for condition, changes in by_market.items():
            yield {
                "event_type": "price_change",
                "market": condition,
                "price_changes": changes,
                "timestamp": str(now),
            }
        yield from touches

    def _grids(self, now: Instant) -> Iterator[Row]:
        for token, old in list(self._ticks.items()):
            market, _ = self._venue.by_token[token]
            new = self._venue.tick_size(market, now)
            if new != old:
                self._ticks[token] = new
                yield {
                    "event_type": "tick_size_change",
                    "market": self._venue.markets[market].condition_id,
                    "asset_id": token,
                    "old_tick_size": number_text(old),
                    "new_tick_size": number_text(new),
                    "timestamp": str(now),
                }

    def _world_trades(self, before: Instant, now: Instant) -> Iterator[Row]:
        ledger = self._venue.world.ledger
        for market in {self._venue.by_token[token][0] for token in self._told}:
            rows = self._venue.rows_of_market[market]
            first, last = ledger.at[rows].searchsorted((before, now), side="right").tolist()
            for row in rows[first:last].tolist():
                token = self._venue.markets[market].token_ids[int(ledger.outcome[row])]
                if ledger.is_taker[row] and token in self._told:
                    price, size = number_text(float(ledger.price[row])), number_text(float(ledger.size[row]))
                    side = "BUY" if ledger.is_buy[row] else "SELL"
                    yield self._trade(token, price, size, side, int(ledger.at[row]), ledger.tx[row])

    def _own_trades(self) -> Iterator[Row]:
        trades = self._desk.exchange.trades
        new = list(islice(trades.values(), self._trades, None))
        self._trades += len(new)
        for trade in new:
            leg = trade.taker
            if leg.token_id in self._told:
                price, size = number(leg.price), number(leg.size)
                yield self._trade(leg.token_id, price, size, leg.side.value, trade.matched_at, trade.transaction)

    def _trade(self, token: str, price: str, size: str, side: str, at: Instant, transaction: str) -> Row:
        market, _ = self._venue.by_token[token]
        return {
            "event_type": "last_trade_price",
            "market": self._venue.markets[market].condition_id,
            "asset_id": token,
            "price": price,
            "size": size,
            "side": side,
            "fee_rate_bps": "0",
            "timestamp": str(at),
            "transaction_hash": transaction,
        }

    def _listed(self, before: Instant, now: Instant) -> Iterator[Row]:
        for place in range(self._venue.listed(before), self._venue.listed(now)):
            market = self._venue.markets[place]
            yield {
                "event_type": "new_market",
                "id": market.market_id,
                "question": market.question,
                "market": market.condition_id,
                "slug": market.slug,
                "description": market.question,
                "assets_ids": list(market.token_ids),
                "outcomes": list(market.outcomes),
                "event_message": {
                    "id": market.event_id,
                    "ticker": market.event_slug,
                    "slug": market.event_slug,
                    "title": market.event_title,
                    "description": market.event_title,
                },
                "timestamp": str(market.opened_at),
                "tags": [market.category],
                "condition_id": market.condition_id,
                "active": True,
                "clob_token_ids": list(market.token_ids),
                "order_price_min_tick_size": number_text(market.tick_size),
                "group_item_title": market.group_item,
            }

    def _resolved(self, before: Instant, now: Instant) -> Iterator[Row]:
        for place in sorted({self._venue.by_token[token][0] for token in self._told}):
            market = self._venue.markets[place]
            if market.resolved_at is not None and market.payouts is not None and before < market.resolved_at <= now:
                winner = 0 if market.payouts[0] >= market.payouts[1] else 1
                yield {
                    "event_type": "market_resolved",
                    "id": market.market_id,
                    "market": market.condition_id,
                    "assets_ids": list(market.token_ids),
                    "winning_asset_id": market.token_ids[winner],
                    "winning_outcome": market.outcomes[winner],
                    "timestamp": str(market.resolved_at),
                    "tags": [market.category],
                }


def _levels_of(book: Row | None) -> _Levels:
    """Size by price of both sides, as text."""
    if book is None:
        return {name: {} for _, name in _SIDES}
    return {name: {row["price"]: row["size"] for row in _rows(book[name])} for _, name in _SIDES}


def _rows(listed: object) -> list[dict[str, str]]:
    return listed if isinstance(listed, list) else []


def _differences(told: _Levels, levels: _Levels) -> Iterator[Row]:
    """The new size of every level that changed; "0" where nothing rests any more."""
    for side, name in _SIDES:
        for price in sorted({*told[name], *levels[name]}, key=float):
            size = levels[name].get(price, "0")
            if told[name].get(price, "0") != size:
                yield {"price": price, "size": size, "side": side}


def _touch(levels: _Levels) -> tuple[str, str]:
    bid = max(levels["bids"], key=float, default=NO_BID)
    return bid, min(levels["asks"], key=float, default=NO_ASK)


def _best_bid_ask(condition: str, token: str, bid: str, ask: str, now: Instant) -> Row:
    spread = number(round(float(ask) * MICRO) - round(float(bid) * MICRO))
    return {
        "event_type": "best_bid_ask",
        "market": condition,
        "asset_id": token,
        "best_bid": bid,
        "best_ask": ask,
        "spread": spread,
        "timestamp": str(now),
    }
