"""What a copier would have paid at our latency, from the best source there is, and which one that was.

The book, walked for the reference stake; else what other takers paid right after; else the leader's price and a
slippage: what copying this leader cost us, what copying anyone did, the median of the category, a modelled one.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from copytrade_live.core.market import DAY, Level
from copytrade_live.core.pricing import walk_asks
from copytrade_pipelines.scoring.codes import codes_in
from copytrade_pipelines.scoring.columns import ids, times
from copytrade_pipelines.scoring.evidence import Evidence
from copytrade_pipelines.scoring.frame import (
    ALL_COPIES,
    CATEGORY,
    IMPUTED_FROM,
    LEADER_COPIES,
    MAKER,
    MODEL,
    Codes,
    Flags,
    Floats,
    Small,
    Times,
)
from copytrade_pipelines.scoring.inputs import Inputs
from copytrade_pipelines.scoring.kernels import costs, ordering, parts
from copytrade_pipelines.scoring.latency import first_at_or_after
from copytrade_pipelines.scoring.parameters import ScoreParameters
from copytrade_pipelines.scoring.threads import even_ranges, spread

BOOK_TOLERANCE = 60_000_000
# Copies of one leader, and of all leaders, from which their mean slippage is believed.
LEADER_LEAST, ALL_LEAST = 5, 20
# A mean over copies is kept to this many digits, so that one more copy does not reprice every wallet.
COPY_DIGITS = 4
# A category's median slippage is taken over the newest earlier week with this many measured episodes, so that what an
# episode cost is settled when its week begins.
BLOCK = 7 * DAY * 1000
CATEGORY_LEAST = 20


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """Episodes to price; everything is of what was bought.

    Units: met is the mid a copier would have met (NaN: none), paid what other takers paid (NaN: nobody).
    """

    wallet: Codes
    token: Codes
    market: Codes
    category: Codes
    is_sold: Flags
    role: Small
    started: Times
    known: Times
    bought: Floats
    met: Floats
    paid: Floats
    paid_known: Times


@dataclass(frozen=True, slots=True, kw_only=True)
class Costs:
    """What a copier would have paid per share: price, fee and both, from which source, since when known."""

    price: Floats
    fee: Floats
    cost: Floats
    source: Small
    known_at: Times


def price_copies(wanted: Wanted, inputs: Inputs, evidence: Evidence, parameters: ScoreParameters) -> Costs:
    """Price every episode, a SELL being a buy of the complement."""
    rows = len(wanted.token)
    # A leader who rested bought below the mid; a copier takes, so never starts below the mid it would have met.
    rests = (wanted.role == MAKER) & ~np.isnan(wanted.met)
    start = np.where(rests, np.maximum(wanted.bought, np.where(rests, wanted.met, 0.0)), wanted.bought)
    walked, walked_known = _walk_books(wanted, inputs, evidence, parameters)
    measured = np.where(np.isnan(walked), wanted.paid, walked)
    slippage, source = _slippages(wanted, measured - start, inputs, evidence.copies, parameters)
    price, fee, known = np.empty(rows), np.empty(rows), np.empty(rows, dtype=np.int64)
    wallet_market, rate, exponent = wanted.market, inputs.markets.fee_rate, inputs.markets.fee_exponent

    def choose(first: int, last: int) -> None:
        parts.choose_price(
            start, walked, walked_known, wanted.paid, wanted.paid_known, wanted.known, slippage, source, price, known,
            first, last,
        )  # fmt: skip
        costs.taker_fees(price, wallet_market, rate, exponent, fee, first, last)

    spread(choose, even_ranges(rows))
    return Costs(price=price, fee=fee, cost=price + fee, source=source, known_at=known)


def is_imputed(source: Small) -> Flags:
    """Whether a cost from that source is a guess."""
    return np.asarray(source >= IMPUTED_FROM)


def _walk_books(
    wanted: Wanted, inputs: Inputs, evidence: Evidence, parameters: ScoreParameters
) -> tuple[Floats, Times]:
    prices, known = np.full(len(wanted.token), np.nan), np.zeros(len(wanted.token), dtype=np.int64)
    books = evidence.books
    if not len(books):
        return prices, known
    token, at = codes_in(inputs.names.tokens, ids(books, "token_id")), times(books, "event_at")
    order = np.lexsort((at, token))
    order = order[token[order] >= 0]
    met_at = wanted.started + round(parameters.latency_seconds * 1e6)
    found = first_at_or_after(token[order], at[order], wanted.token, met_at)
    rows = np.flatnonzero(found >= 0)
    rows = rows[at[order[found[rows]]] <= met_at[rows] + BOOK_TOLERANCE]
    bids, asks, seen = books["bids"], books["asks"], times(books, "observed_at")
    for row in rows.tolist():
        book = int(order[found[row]])
        levels = bids.iloc[book] if wanted.is_sold[row] else asks.iloc[book]
        price, filled = walk_asks(_offers(levels, complement=bool(wanted.is_sold[row])), parameters.reference_stake)
        if filled > 0.0:
            prices[row], known[row] = price, seen[book]
    return prices, known


def _offers(levels: Iterable[Mapping[str, Any]] | None, *, complement: bool) -> list[Level]:
    # Who sells a token buys its complement: the token's bids are the complement's offers.
    rows = [] if levels is None else levels
    return [Level(1.0 - row["price"] if complement else row["price"], row["size"]) for row in rows]


def _slippages(
    wanted: Wanted, measured: Floats, inputs: Inputs, copies: pd.DataFrame, parameters: ScoreParameters
) -> tuple[Floats, Small]:
    ours = copies.dropna(subset=["slippage"]).sort_values(["wallet", "slippage"], kind="stable")
    slippage = np.full(len(wanted.token), parameters.modelled_slippage)
    source = np.full(len(wanted.token), MODEL, dtype=np.int8)
    medians = _category_medians(wanted, measured)
    slippage = np.where(np.isnan(medians), slippage, medians)
    source[~np.isnan(medians)] = CATEGORY
    if len(ours) >= ALL_LEAST:
        slippage[:], source[:] = round(float(ours["slippage"].mean()), COPY_DIGITS), ALL_COPIES
    by_leader = ours.groupby("wallet")["slippage"].agg(["mean", "size"])
    trusted = by_leader.loc[by_leader["size"] >= LEADER_LEAST, "mean"].round(COPY_DIGITS)
    of_wallet = np.full(len(inputs.names.wallets) + 1, np.nan)
    of_wallet[codes_in(inputs.names.wallets, trusted.index)] = trusted.to_numpy(float)
    of_wallet[-1] = np.nan
    own = of_wallet[wanted.wallet]
    source[~np.isnan(own)] = LEADER_COPIES
    return np.where(np.isnan(own), slippage, own), source


def _category_medians(wanted: Wanted, measured: Floats) -> Floats:
    seen = ~np.isnan(measured)
    if not seen.any():
        return np.full(len(measured), np.nan)
    week = wanted.started // BLOCK
    first, weeks = int(week.min()), int(week.max() - week.min()) + 1
    block = (wanted.category.astype(np.int64) * weeks + (week - first)).astype(np.int32)
    categories = int(wanted.category.max()) + 1
    starts = ordering.starts_of(block[seen], categories * weeks)
    order = ordering.ordered_by(block, starts, np.flatnonzero(seen).astype(np.int32))
    medians, counts = parts.block_medians(measured, order, starts)
    table = pd.DataFrame(np.where(counts >= CATEGORY_LEAST, medians, np.nan).reshape(categories, weeks))
    earlier: Floats = table.T.ffill().shift().T.to_numpy(float).reshape(-1)
    return earlier[block]
