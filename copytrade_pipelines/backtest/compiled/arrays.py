"""Any tape of observations as arrays: one pass, every id a code. What no kernel event stands for is refused by name."""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from copytrade_live.core.events import (
    BookObserved,
    ConfigChanged,
    FeedCovered,
    GateObserved,
    KillSwitchObserved,
    LeaderFillObserved,
    MarketObserved,
    MarketResolved,
    Observation,
    RunStarted,
    ScoresPublished,
    TimerFired,
)
from copytrade_live.core.exits import mirror_fraction
from copytrade_live.core.market import HOUR, SECOND, Book, BookSource, Instant, Market, Role, Side
from copytrade_live.core.pricing import moved, to_micro
from copytrade_live.core.score import OVERALL, ScoreSnapshot, TraderScore, best_wallets
from copytrade_live.core.signal import Signal
from copytrade_live.core.state import MEMORY
from copytrade_live.errors import InputFileError
from copytrade_pipelines.backtest.chance import key_of
from copytrade_pipelines.backtest.compiled.layout import (
    BOOK,
    CONDITION,
    EVENT,
    GATE,
    KIND_BITS,
    LEVEL,
    LISTED,
    MID,
    NONE,
    PAYOUT,
    PRINT,
    RECORDED,
    RESOLUTION,
    SHAPE,
    SIGNAL,
    TOKEN,
    Array,
    Kind,
    Tape,
)
from copytrade_pipelines.backtest.compiled.parameters import NotCompiledError
from copytrade_pipelines.backtest.compiled.tape import Codes, FeedKind, Names, TapeArrays
from copytrade_pipelines.backtest.compiled.tape_rows import market_rows, rows_with, score_rows, status_of
from copytrade_pipelines.backtest.driver import Follow
from copytrade_pipelines.backtest.prints import print_of

_FIELDS = SIGNAL.names or ()
_QUIET = (RunStarted, ConfigChanged, FeedCovered, TimerFired)


def arrays_of(
    observations: Iterable[Observation], follow: Follow | None = None, started_at: Instant | None = None
) -> TapeArrays:
    """The arrays of a tape whose own books are the feed.

    Raises: InputFileError for one that goes back in time, NotCompiledError naming what the kernel does not know.
    """
    reader = Reader(follow=follow, now=started_at)
    for observation in observations:
        reader.take(observation)
    return reader.done()


@dataclass(slots=True)
class Reader:
    """Takes observations in order, and makes rows of them."""

    follow: Follow | None
    now: Instant | None
    kinds: list[int] = field(default_factory=list)
    times: list[int] = field(default_factory=list)
    refs: list[int] = field(default_factory=list)
    signals: list[tuple[Any, ...]] = field(default_factory=list)
    signal_ids: list[str] = field(default_factory=list)
    sources: list[str] = field(default_factory=list)
    scores: dict[int, int] = field(default_factory=dict)
    score_rows: list[TraderScore] = field(default_factory=list)
    markets: dict[tuple[object, ...], int] = field(default_factory=dict)
    market_rows: list[Market] = field(default_factory=list)
    books: dict[object, int] = field(default_factory=dict)
    book_objects: list[Book] = field(default_factory=list)
    book_rows: list[tuple[int, int, int, int, bool]] = field(default_factory=list)
    prices: list[float] = field(default_factory=list)
    sizes: list[float] = field(default_factory=list)
    resolved: list[int] = field(default_factory=list)
    starts: list[int] = field(default_factory=lambda: [0])
    payout_tokens: list[int] = field(default_factory=list)
    payouts: list[float] = field(default_factory=list)
    prints: list[tuple[int, int, int, int, float, bool]] = field(default_factory=list)
    gates: list[tuple[bool, int]] = field(default_factory=list)
    tokens: Codes = field(default_factory=Codes)
    conditions: Codes = field(default_factory=Codes)
    wallets: Codes = field(default_factory=Codes)
    events: Codes = field(default_factory=Codes)
    ids: Codes = field(default_factory=Codes)
    seen_at: dict[str, Instant] = field(default_factory=dict)
    repeated: Codes = field(default_factory=Codes)
    token_condition: dict[int, int] = field(default_factory=dict)
    token_second: dict[int, bool] = field(default_factory=dict)
    snapshot: ScoreSnapshot | None = None
    best: frozenset[str] = frozenset()

    def take(self, observation: Observation) -> None:
        """One observation. Raises: as arrays_of."""
        now = observation.observed_at
        if self.now is not None and now < self.now:
            raise InputFileError(
                f"the tape goes back in time: {type(observation).__name__} known at {now} follows {self.now}; "
                "sort it by observed_at"
            )
        self.now = now
        kind, ref = self._read(observation)
        self.kinds.append(kind)
        self.times.append(now)
        self.refs.append(ref)

    def _read(self, observation: Observation) -> tuple[int, int]:
        match observation:
            case LeaderFillObserved():
                return Kind.SIGNAL, self._signal(observation)
            case BookObserved():
                return Kind.BOOK, self._book(observation.book)
            case MarketResolved():
                return Kind.RESOLVED, self.resolution(observation)
            case ScoresPublished():
                self.snapshot = observation.snapshot
                self.best = frozenset(best_wallets(self.snapshot, self.follow.top)) if self.follow else frozenset()
                return Kind.SCORES, 0
            case GateObserved():
                gate = observation.gate
                self.gates.append((gate.is_open, gate.valid_until) if gate else (False, 0))
                return Kind.GATE, len(self.gates) - 1
            case MarketObserved():
                return Kind.MARKET, self.market(observation.market)
            case KillSwitchObserved():
                return Kind.KILL_SWITCH, int(observation.is_active)
            case RunStarted(is_real=True):
                raise NotCompiledError("the tape is of a run with real money; use the driver for it")
            case _ if isinstance(observation, _QUIET):
                return Kind.TIMER, 0
            case _:
                raise NotCompiledError(
                    f"the tape holds {type(observation).__name__}, which is not compiled; use the driver for it"
                )

    def _signal(self, seen: LeaderFillObserved) -> int:
        signal, market, book, now = seen.signal, seen.market, seen.book, seen.observed_at
        self._remember(signal, now)
        if market is not None and market.condition_id != signal.condition_id:
            raise NotCompiledError(f"fill {signal.signal_id} and its market name different conditions; use the driver")
        token, condition = self.token(signal.token_id, signal.condition_id)
        score, events = self.score(self.snapshot, signal.wallet, market.category if market else "")
        row: dict[str, Any] = {
            "price": signal.price,
            "size": signal.size,
            "notional": signal.notional,
            "key": key_of(signal.signal_id),
            "event_at": signal.event_at,
            "age": (now - signal.event_at) / SECOND,
            "lag": (signal.observed_at - signal.event_at) / SECOND,
            "hours": math.inf if market is None or market.end_at is None else (market.end_at - now) / HOUR,
            "share_sold": mirror_fraction(signal),
            "score": score,
            "events": events,
            "score_age": 0.0 if self.snapshot is None else (now - self.snapshot.as_of) / SECOND,
            "book": NONE if book is None else self._book(book),
            "best_bid": math.nan if book is None or book.best_bid is None else book.best_bid,
            "is_modelled": book is not None and book.source is BookSource.MODELLED,
            "token": token,
            "condition": condition,
            "wallet": self.wallets.of(signal.wallet),
            "market": NONE if market is None else self.market(market),
            "status": status_of(market),
            "is_buy": signal.side is Side.BUY,
            "at_ask": (signal.side is Side.BUY) is (signal.role is not Role.MAKER),
            "is_followed": self.follow is None or signal.wallet in self.follow.leaders or signal.wallet in self.best,
        }
        if book is not None and book.mid is not None and book.best_ask is not None and book.spread is not None:
            row["has_mid"] = True
            row["best_ask"] = book.best_ask
            row["top"] = book.asks[0].price * book.asks[0].size
            row["spread"] = book.spread / book.mid
            row["book_age"] = (now - book.observed_at) / SECOND
            row["moved"] = moved(book.best_ask, signal.price)
        shown = print_of(signal)
        self.prints.append((token, now, shown.at, to_micro(shown.size), shown.price, shown.side is Side.SELL))
        self.signals.append(tuple(row.get(name, 0) for name in _FIELDS))
        self.signal_ids.append(signal.signal_id)
        self.sources.append("none" if book is None else book.source.value)
        return len(self.signals) - 1

    def _remember(self, signal: Signal, now: Instant) -> None:
        self.ids.of(signal.signal_id)
        before = self.seen_at.get(signal.signal_id)
        if before is not None:
            self.repeated.of(signal.signal_id)
            if now - before > MEMORY:
                raise NotCompiledError(
                    f"fill {signal.signal_id} comes again {(now - before) / HOUR:.1f} hours later, after it is "
                    "forgotten; use the driver"
                )
        self.seen_at.setdefault(signal.signal_id, now)

    def token(self, token_id: str, condition_id: str) -> tuple[int, int]:
        """The codes of a token and its condition. Raises: NotCompiledError where it stands in another one too."""
        token, condition = self.tokens.of(token_id), self.conditions.of(condition_id)
        if self.token_condition.setdefault(token, condition) != condition:
            raise NotCompiledError(f"token {token_id} stands in two conditions; use the driver")
        return token, condition

    def score(self, snapshot: ScoreSnapshot | None, wallet: str, category: str) -> tuple[int, int]:
        """The row of what a snapshot says of a wallet in a category, and how many events are behind all it says."""
        if snapshot is None:
            return NONE, 0
        score, overall = snapshot.score_of(wallet, category), snapshot.score_of(wallet, OVERALL)
        if score is None:
            return NONE, overall.n_events if overall else 0
        row = self.scores.setdefault(id(score), len(self.score_rows))
        if row == len(self.score_rows):
            self.score_rows.append(score)
        return row, overall.n_events if overall else 0

    def market(self, market: Market) -> int:
        """The row of a market as it is known now."""
        key = (
            market.condition_id,
            market.token_ids,
            market.outcomes,
            market.event_id,
            market.category,
            market.tick_size,
            market.min_order_size,
            market.fee_rate,
            market.fee_exponent,
            market.neg_risk,
            market.end_at,
        )
        row = self.markets.setdefault(key, len(self.market_rows))
        if row == len(self.market_rows):
            if abs(market.tick_size * 1e6 - round(market.tick_size * 1e6)) > 1e-6:
                raise NotCompiledError(f"market {market.condition_id} has a tick finer than a millionth")
            self.market_rows.append(market)
            for place, token_id in enumerate(market.token_ids):
                token, _ = self.token(token_id, market.condition_id)
                self.token_second[token] = place == 1
        return row

    def _book(self, book: Book) -> int:
        # Of modelled books few differ; recorded ones are one object wherever they are shown.
        is_made = book.source is BookSource.MODELLED
        key: object = (book.token_id, book.bids, book.asks) if is_made else id(book)
        row = self.books.setdefault(key, len(self.book_rows))
        if row == len(self.book_rows):
            start = len(self.prices)
            self.prices += [level.price for level in (*book.bids, *book.asks)]
            self.sizes += [level.size for level in (*book.bids, *book.asks)]
            middle = start + len(book.bids)
            self.book_objects.append(book)
            is_modelled = book.source is BookSource.MODELLED
            self.book_rows.append((start, middle, len(self.prices), self.tokens.of(book.token_id), is_modelled))
        return row

    def resolution(self, seen: MarketResolved) -> int:
        """The row of a resolution."""
        self.resolved.append(self.conditions.of(seen.condition_id))
        for token_id, payout in seen.payouts:
            self.payout_tokens.append(self.tokens.of(token_id))
            self.payouts.append(payout)
        self.starts.append(len(self.payouts))
        return len(self.resolved) - 1

    def done(self) -> TapeArrays:
        """All that was taken."""
        ranks = self.ids.ranks("-")
        require_plain(self.ids.names)
        signals = np.array(self.signals, SIGNAL) if self.signals else np.zeros(0, SIGNAL)
        codes = [self.ids.names[name] for name in self.signal_ids]
        signals["rank"] = ranks[codes] if codes else 0
        signals["repeat"] = [self.repeated.names.get(name, NONE) for name in self.signal_ids]
        return self.with_signals(signals, self._events(), self.signal_ids, self.sources)

    def with_signals(self, signals: Array, events: Array, signal_ids: Names, sources: Names) -> TapeArrays:
        """All that was taken, with these fills of leaders and in this order."""
        count = max(1, len(self.tokens.names))
        # A token of which nobody knows the market stands in a condition of its own that nothing else is in.
        alone = len(self.conditions.names)
        prints = sorted(self.prints, key=lambda one: one[0])
        of_token = np.array([one[0] for one in prints], np.int64)
        markets = market_rows(self.market_rows, self.events, self.conditions)
        tape = Tape(
            events=events,
            signals=signals,
            scores=score_rows(self.score_rows),
            markets=markets,
            books=np.array(self.book_rows, BOOK) if self.book_rows else np.zeros(0, BOOK),
            levels=rows_with(LEVEL, self.prices, self.sizes),
            resolutions=rows_with(RESOLUTION, self.resolved, self.starts[:-1], self.starts[1:]),
            payouts=rows_with(PAYOUT, self.payout_tokens, self.payouts),
            gates=rows_with(GATE, [until for _, until in self.gates], [is_open for is_open, _ in self.gates]),
            tokens=rows_with(
                TOKEN,
                [self.token_condition.get(token, alone) for token in range(count)],
                self.tokens.ranks() if self.tokens.names else [0],
                [self.token_second.get(token, False) for token in range(count)],
                np.searchsorted(of_token, np.arange(count), "left"),
                np.searchsorted(of_token, np.arange(count), "right"),
            ),
            condition_ranks=rows_with(CONDITION, np.append(self.conditions.ranks(), len(self.conditions.names))),
            listed=np.zeros(0, LISTED),
            recorded=np.zeros(0, RECORDED),
            mids=np.zeros(0, MID),
            shapes=np.zeros(0, SHAPE),
            prints=rows_with(PRINT, *(list(zip(*prints, strict=True))[1:] if prints else [()] * 5)),
        )
        levels = [(asks - bids, end - asks) for bids, asks, end, _, _ in self.book_rows]
        times = events["at"]
        return TapeArrays(
            tape=tape,
            signal_ids=signal_ids,
            wallets=list(self.wallets.names),
            tokens=list(self.tokens.names),
            conditions=[*self.conditions.names, ""],
            markets=self.market_rows,
            scores=self.score_rows,
            sources=sources,
            first=int(times[0]) if len(times) else None,
            last=int(times[-1]) if len(times) else None,
            feed=FeedKind(),
            most_levels=max((max(pair) for pair in levels), default=1),
            repeats=len(self.repeated.names),
            events=len(self.events.names),
        )

    def _events(self) -> Array:
        rows = np.zeros(len(self.times), EVENT)
        rows["at"], rows["ref"], rows["what"] = self.times, self.refs, self.kinds
        rows["bid"] = np.nan
        is_book = rows["what"] == Kind.BOOK
        books = np.array(self.book_rows, BOOK)[rows["ref"][is_book]]
        bids = np.append(np.array(self.prices, np.float64), np.nan)
        rows["bid"][is_book] = np.where(books["bids"] < books["asks"], bids[books["bids"]], np.nan)
        rows["what"][is_book] |= books["token"] << KIND_BITS
        return rows


def require_plain(ids: Iterable[str]) -> None:
    """Order ids are compared as text: an id that goes on from another one and a dash would sort among its attempts.

    Raises: NotCompiledError naming such an id.
    """
    names = sorted(name + "-" for name in ids)
    for name, following in itertools.pairwise(names):
        if following.startswith(name):
            raise NotCompiledError(f"fill {following[:-1]} is named like an order for {name[:-1]}; use the driver")
