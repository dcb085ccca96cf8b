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
    """What a copier would have paid per share: start, price, fee and both, from which source, since when known."""

    start: Floats
    price: Floats
    fee: Floats
    cost: Floats
    source: Small
    known_at: Times


def copy_means(copies: pd.DataFrame) -> tuple[float, pd.Series]:
    """Mean slippage of all our copies (NaN while they are few), and by leader of those copied often enough."""
    ours = copies.dropna(subset=["slippage"]).sort_values(["wallet", "slippage"], kind="stable")
    everyone = round(float(ours["slippage"].mean()), COPY_DIGITS) if len(ours) >= ALL_LEAST else float("nan")
    by_leader = ours.groupby("wallet")["slippage"].agg(["mean", "size"])
    trusted: pd.Series = by_leader.loc[by_leader["size"] >= LEADER_LEAST, "mean"].round(COPY_DIGITS)
    return everyone, trusted


@dataclass(frozen=True, slots=True, kw_only=True)
class Measured:
    """Slippages that were measured: category code (-1: none of ours), when the episode began, dollars per share."""

    category: Codes
    started: Times
    slippage: Floats


def price_copies(
    wanted: Wanted, inputs: Inputs, evidence: Evidence, parameters: ScoreParameters, elsewhere: Measured | None = None
) -> Costs:
    """Price every episode, a SELL being a buy of the complement; elsewhere is measured and not among the wanted."""
    rows = len(wanted.token)
    # A leader who rested bought below the mid; a copier takes, so never starts below the mid it would have met.
    rests = (wanted.role == MAKER) & ~np.isnan(wanted.met)
    start = np.where(rests, np.maximum(wanted.bought, np.where(rests, wanted.met, 0.0)), wanted.bought)
    walked, walked_known = _walk_books(wanted, inputs, evidence, parameters)
    measured = np.where(np.isnan(walked), wanted.paid, walked)
    slippage, source = _slippages(wanted, measured - start, inputs, evidence.copies, parameters, elsewhere)
    price, fee, known = np.empty(rows), np.empty(rows), np.empty(rows, dtype=np.int64)
    wallet_market, rate, exponent = wanted.market, inputs.markets.fee_rate, inputs.markets.fee_exponent

    def choose(first: int, last: int) -> None:
        parts.choose_price(
            start, walked, walked_known, wanted.paid, wanted.paid_known, wanted.known, slippage, source, price, known,
            first, last,
        )  # fmt: skip
        costs.taker_fees(price, wallet_market, rate, exponent, fee, first, last)

    spread(choose, even_ranges(rows))
    return Costs(start=start, price=price, fee=fee, cost=price + fee, source=source, known_at=known)


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
    wanted: Wanted,
    measured: Floats,
    inputs: Inputs,
    copies: pd.DataFrame,
    parameters: ScoreParameters,
    elsewhere: Measured | None,
) -> tuple[Floats, Small]:
    slippage = np.full(len(wanted.token), parameters.modelled_slippage)
    source = np.full(len(wanted.token), MODEL, dtype=np.int8)
    seen = ~np.isnan(measured)
    own = Measured(category=wanted.category[seen], started=wanted.started[seen], slippage=measured[seen])
    medians = usual_slippage(joined(own, elsewhere), len(inputs.names.categories), wanted.category, wanted.started)
    slippage = np.where(np.isnan(medians), slippage, medians)
    source[~np.isnan(medians)] = CATEGORY
    everyone, trusted = copy_means(copies)
    if not np.isnan(everyone):
        slippage[:], source[:] = everyone, ALL_COPIES
    of_wallet = np.full(len(inputs.names.wallets) + 1, np.nan)
    of_wallet[codes_in(inputs.names.wallets, trusted.index)] = trusted.to_numpy(float)
    of_wallet[-1] = np.nan
    of_leader = of_wallet[wanted.wallet]
    source[~np.isnan(of_leader)] = LEADER_COPIES
    return np.where(np.isnan(of_leader), slippage, of_leader), source


def joined(some: Measured, others: Measured | None) -> Measured:
    """Both together."""
    if others is None:
        return some
    return Measured(
        category=np.concatenate((some.category, others.category)),
        started=np.concatenate((some.started, others.started)),
        slippage=np.concatenate((some.slippage, others.slippage)),
    )


def usual_slippage(measured: Measured, categories: int, category: Codes, started: Times) -> Floats:
    """What copying cost in a category in the newest earlier week with CATEGORY_LEAST measured episodes, NaN for none.

    Shape: category and started are those of the episodes that ask.
    """
    code = measured.category
    known = code >= 0
    if not known.any() or not len(started):
        return np.full(len(started), np.nan)
    week, wanted_week = measured.started[known] // BLOCK, started // BLOCK
    first = int(min(week.min(), wanted_week.min()))
    weeks = int(max(week.max(), wanted_week.max())) - first + 1
    block = (code[known].astype(np.int64) * weeks + (week - first)).astype(np.int32)
    starts = ordering.starts_of(block, categories * weeks)
    order = ordering.ordered_by(block, starts, np.arange(len(block), dtype=np.int32))
    medians, counts = parts.block_medians(measured.slippage[known], order, starts)
    table = pd.DataFrame(np.where(counts >= CATEGORY_LEAST, medians, np.nan).reshape(categories, weeks))
    earlier: Floats = table.T.ffill().shift().T.to_numpy(float).reshape(-1)
    return np.asarray(earlier[category.astype(np.int64) * weeks + (wanted_week - first)])
