"""Recorded books as flat arrays: what is offered on each line, walked for all of them at once."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from copytrade_pipelines.scoring.codes import codes_in
from copytrade_pipelines.scoring.latency import first_at_or_after


@dataclass(frozen=True, slots=True)
class Ladders:
    """Offers of every recorded book, the token's asks on its own line, its bids as offers of the complement.

    Units: at in milliseconds, price in dollars per share, size in shares. Shape: line and at one entry a ladder, in
    order; ladder i has the levels start[i]:start[i + 1] of price and size, best first.
    """

    line: np.ndarray
    at: np.ndarray
    start: np.ndarray
    price: np.ndarray
    size: np.ndarray

    def after(self, line: np.ndarray, at: np.ndarray, within: float) -> np.ndarray:
        """The first ladder of each line at or after a time, -1 where none comes in time. Units: within in seconds."""
        found = first_at_or_after(self.line, self.at, line, at)
        if not len(self.at):
            return found
        waited = self.at[np.maximum(found, 0)] - at
        return np.where((found >= 0) & (waited <= round(within * 1000)), found, -1)

    def spent(self, notional: float) -> np.ndarray:
        """The average price of spending notional into each ladder, NaN where nothing is offered."""
        cash = self.price * self.size
        taken = np.clip(notional - self._running(cash) + cash, 0.0, cash)
        shares = self._summed(np.divide(taken, self.price, out=np.zeros_like(taken), where=self.price > 0.0))
        with np.errstate(invalid="ignore"):
            return np.asarray(self._summed(taken) / np.where(shares > 0.0, shares, np.nan))

    def stake_until(self, average: np.ndarray) -> np.ndarray:
        """How much can be spent into each ladder before the average price passes a limit, all of it if it never does.

        Shape: average has one limit a ladder. Units: collateral.
        """
        cash, limit = self.price * self.size, np.repeat(average, np.diff(self.start))
        spent, shares = self._running(cash), self._running(self.size)
        whole = spent <= limit * shares + 1e-12
        # Of the first level that is too dear a part still fits; behind it nothing does.
        before, held = spent - cash, shares - self.size
        was_whole = before <= limit * held + 1e-12
        dear = np.maximum(self.price - limit, 1e-12)
        part = np.clip((limit * held - before) * self.price / dear, 0.0, cash)
        return self._summed(np.where(whole, cash, np.where(was_whole, part, 0.0)))

    def take(self, rows: np.ndarray) -> Ladders:
        """Some ladders, in the order asked for; one asked for twice is there twice."""
        length = np.diff(self.start)[rows]
        start = np.concatenate([[0], np.cumsum(length)]).astype(np.int64)
        levels = np.arange(start[-1]) + np.repeat(self.start[:-1][rows] - start[:-1], length)
        return Ladders(self.line[rows], self.at[rows], start, self.price[levels], self.size[levels])

    def _running(self, values: np.ndarray) -> np.ndarray:
        summed = np.concatenate([[0.0], np.cumsum(values)])
        return np.asarray(summed[1:] - np.repeat(summed[self.start[:-1]], np.diff(self.start)))

    def _summed(self, values: np.ndarray) -> np.ndarray:
        owner = np.repeat(np.arange(len(self.line)), np.diff(self.start))
        return np.bincount(owner, values, len(self.line))


def ladders_of(books: pd.DataFrame, tokens: np.ndarray) -> Ladders:
    """Both sides of books, on lines 2 * token code for the token and one more for its complement.

    Shape: books(token_id, event_at, bids, asks) with levels as {price, size} best first; tokens ascending names.
    """
    code = codes_in(tokens, books["token_id"]).astype(np.int64)
    known, code = books[code >= 0], code[code >= 0]
    at = known["event_at"].to_numpy("datetime64[ms]").astype(np.int64)
    ask_count, asked = _levels(known["asks"])
    bid_count, bid = _levels(known["bids"])
    both = Ladders(
        np.concatenate([2 * code, 2 * code + 1]),
        np.concatenate([at, at]),
        np.concatenate([[0], np.cumsum(np.concatenate([ask_count, bid_count]))]).astype(np.int64),
        np.concatenate([asked[0], 1.0 - bid[0]]),
        np.concatenate([asked[1], bid[1]]),
    )
    return both.take(np.lexsort((both.at, both.line)))


def _levels(side: pd.Series) -> tuple[np.ndarray, tuple[np.ndarray, np.ndarray]]:
    # Many levels go through Arrow at once instead of one by one.
    level = pa.struct([("price", pa.float64()), ("size", pa.float64())])
    ladder = pa.array([None if rows is None else list(rows) for rows in side], type=pa.list_(level))
    count = np.asarray(pc.fill_null(pc.list_value_length(ladder), 0), dtype=np.int64)
    flat = ladder.flatten()
    return count, (np.asarray(flat.field("price")), np.asarray(flat.field("size")))


def line_of(token: np.ndarray, sold: np.ndarray) -> np.ndarray:
    """The line on which a copier of each episode buys."""
    return np.asarray(2 * token.astype(np.int64) + sold)
