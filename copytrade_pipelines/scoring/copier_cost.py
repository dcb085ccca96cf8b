"""What a copier would have paid: the book at our latency, else what our copies paid, else a model, plus the fee."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np
import pandas as pd

from copytrade_live.core.market import Level, Role, Side
from copytrade_live.core.pricing import taker_fee, walk_asks
from copytrade_pipelines.scoring.evidence import TIME, Evidence, span
from copytrade_pipelines.scoring.parameters import ScoreParameters

BOOK_TOLERANCE_SECONDS = 60.0
# How old a mid may be and still say where the market stood when we would have copied.
MID_TOLERANCE_SECONDS = 3600.0
# Copies of one leader, and of all leaders, from which their mean slippage is believed.
LEADER_COPIES = 5
ALL_COPIES = 20


def price_copies(episodes: pd.DataFrame, evidence: Evidence, parameters: ScoreParameters) -> pd.DataFrame:
    """Add what a copier would have paid per share, a SELL being a buy of the complement.

    Shape: episodes of episodes.py with fee_rate and fee_exponent.
    Returns: the rows with bought (leader's price), cost (copier's, fee included) and is_imputed (no book, no copies).
    """
    sold = episodes["side"].to_numpy() == str(Side.SELL)
    bought = mirrored(episodes["price"].to_numpy(float), sold)
    walked = _book_prices(episodes, sold, evidence.books, parameters)
    slippage, is_imputed = _slippage(episodes["wallet"], evidence.copies, parameters.modelled_slippage)
    start = np.maximum(bought, _resting_floor(episodes, sold, evidence.prices, parameters))
    price = np.where(np.isnan(walked), start + slippage, walked)
    fee = [
        taker_fee(at, rate, exponent)
        for at, rate, exponent in zip(
            np.clip(price, 0.0, 1.0), episodes["fee_rate"], episodes["fee_exponent"], strict=True
        )
    ]
    return episodes.assign(
        bought=bought, cost=price + np.array(fee, dtype=float), is_imputed=np.isnan(walked) & is_imputed
    )


def mirrored(values: np.ndarray, sold: np.ndarray) -> np.ndarray:
    """Prices of what was bought: the token's own, or one minus it for a sale."""
    return np.where(sold, 1.0 - values, values)


def last_mids(episodes: pd.DataFrame, prices: pd.DataFrame, delay: float, tolerance: float) -> np.ndarray:
    """The last mid of each episode's token at delay after its start, NaN if none is within the tolerance.

    Units: delay and tolerance in seconds.
    """
    wanted = _keys(episodes, span(delay))
    known = prices.assign(at=prices["at"].astype(TIME), token_id=prices["token_id"].astype("str"))
    known = known.sort_values(["at", "token_id"], kind="stable")
    found = pd.merge_asof(
        wanted, known, on="at", by="token_id", direction="backward", tolerance=pd.Timedelta(seconds=tolerance)
    )
    return _in_order(found, "mid").astype(float)


def _keys(episodes: pd.DataFrame, delay: np.timedelta64) -> pd.DataFrame:
    keys = pd.DataFrame(
        {
            "token_id": episodes["token_id"].astype("str").array,
            "at": (episodes["started_at"] + delay).astype(TIME).to_numpy(),
            "position": np.arange(len(episodes)),
        }
    )
    return keys.sort_values("at", kind="stable")


def _in_order(found: pd.DataFrame, column: str) -> np.ndarray:
    values: np.ndarray = found.set_index("position")[column].sort_index().to_numpy()
    return values


def _resting_floor(
    episodes: pd.DataFrame, sold: np.ndarray, prices: pd.DataFrame, parameters: ScoreParameters
) -> np.ndarray:
    # A leader who rested bought below the mid; a copier takes, so never starts below the mid it would have met.
    mids = mirrored(last_mids(episodes, prices, parameters.latency_seconds, MID_TOLERANCE_SECONDS), sold)
    rested = (episodes["role"] == str(Role.MAKER)).to_numpy()
    return np.where(rested & ~np.isnan(mids), mids, 0.0)


def _book_prices(
    episodes: pd.DataFrame, sold: np.ndarray, books: pd.DataFrame, parameters: ScoreParameters
) -> np.ndarray:
    if books.empty:
        return np.full(len(episodes), np.nan)
    known = books.reset_index(drop=True)
    known = known.assign(
        at=known["event_at"].astype(TIME), token_id=known["token_id"].astype("str"), book=np.arange(len(known))
    )
    found = pd.merge_asof(
        _keys(episodes, span(parameters.latency_seconds)),
        known.sort_values("at", kind="stable")[["token_id", "at", "book"]],
        on="at",
        by="token_id",
        direction="forward",
        tolerance=pd.Timedelta(seconds=BOOK_TOLERANCE_SECONDS),
    )
    rows = _in_order(found, "book")
    prices = np.full(len(episodes), np.nan)
    for position in np.flatnonzero(~np.isnan(rows)):
        book = known.iloc[int(rows[position])]
        offers = _offers(book["bids"], complement=True) if sold[position] else _offers(book["asks"], complement=False)
        price, filled = walk_asks(offers, parameters.reference_stake)
        if filled > 0.0:
            prices[position] = price
    return prices


def _offers(levels: Iterable[Mapping[str, Any]] | None, *, complement: bool) -> list[Level]:
    # Who sells a token buys its complement: the token's bids are the complement's offers.
    rows = [] if levels is None else levels
    return [Level(1.0 - row["price"] if complement else row["price"], row["size"]) for row in rows]


def _slippage(wallets: pd.Series, copies: pd.DataFrame, modelled: float) -> tuple[np.ndarray, np.ndarray]:
    measured = copies.dropna(subset=["slippage"])
    enough = len(measured) >= ALL_COPIES
    by_leader = measured.groupby("wallet")["slippage"].agg(["mean", "size"])
    trusted = by_leader.loc[by_leader["size"] >= LEADER_COPIES, "mean"]
    own = wallets.map(trusted).to_numpy(float)
    rest = float(measured["slippage"].mean()) if enough else modelled
    return np.where(np.isnan(own), rest, own), np.isnan(own) & (not enough)
