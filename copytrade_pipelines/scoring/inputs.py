"""The door of the engine: frames with ids become arrays with codes, in the order that every pass relies on."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from copytrade_pipelines.scoring.codes import codes_in, encode
from copytrade_pipelines.scoring.columns import Frame, codes_of_words, ids, numbers, times
from copytrade_pipelines.scoring.evidence import Evidence
from copytrade_pipelines.scoring.frame import BUY, MAKER, NEVER, SELL, TAKER, Codes, Flags, Floats, Names, Small, Times
from copytrade_pipelines.scoring.kernels.ordering import FILL, lay_out, ordered_by, settle_ties, starts_of

_SIDES = {"BUY": BUY, "SELL": SELL}
_ROLES = {"taker": TAKER, "maker": MAKER}


@dataclass(frozen=True, slots=True, kw_only=True)
class Markets:
    """What is known of markets, one entry a market code.

    field is how many markets exclude each other in the event (a neg-risk group), 0 where that is not known.
    """

    event: Codes
    category: Codes
    fee_rate: Floats
    fee_exponent: Floats
    end_at: Times
    closed_at: Times
    field: Codes


@dataclass(frozen=True, slots=True, kw_only=True)
class Tokens:
    """What is known of tokens, one entry a token code; flip is 1 for the second outcome of its pair."""

    market: Codes
    pair: Codes
    flip: Small
    payout: Floats
    payout_known_at: Times
    resolved_at: Times


@dataclass(frozen=True, slots=True, kw_only=True)
class Pairs:
    """Both outcomes of a market, or one token whose complement we do not know; in order of event and market.

    Shape: tokens is (pairs, 2), -1 where there is no second one.
    """

    market: Codes
    event: Codes
    tokens: Codes


@dataclass(frozen=True, slots=True, kw_only=True)
class Prices:
    """Recorded mids by token and time: token t has the rows starts[t]:starts[t + 1]."""

    starts: Times
    at: Times
    mid: Floats


@dataclass(frozen=True, slots=True, kw_only=True)
class Inputs:
    """Everything a frame is made of. fills are sorted by pair, instant, wallet, token, side and fill id.

    group is a wallet's cluster, -1 for who stands alone; is_scored says who gets evidence, all are market.
    """

    names: Names
    fills: np.ndarray
    pair_starts: Times
    is_scored: Flags
    group: Codes
    tokens: Tokens
    markets: Markets
    pairs: Pairs
    prices: Prices


def read_inputs(fills: Frame, evidence: Evidence) -> Inputs:
    """Encode fills and evidence that are already cut to what was known."""
    wallets, (fill_wallet, watched) = encode(ids(fills, "wallet"), ids(evidence.wallets, "wallet"))
    names, markets, tokens, pairs, fill_token = _places(fills, evidence)
    is_scored = np.zeros(len(wallets), dtype=bool)
    is_scored[watched] = True
    ordered, pair_starts = _ordered(fills, fill_wallet, fill_token, tokens, len(pairs.market))
    group = np.full(len(wallets), -1, dtype=np.int32)
    if len(evidence.clusters):
        member, cluster = (
            codes_in(wallets, evidence.clusters["wallet"]),
            pd.factorize(evidence.clusters["cluster_id"])[0],
        )
        group[member[member >= 0]] = cluster[member >= 0]
    return Inputs(
        names=Names(wallets=wallets, **names),
        fills=ordered,
        pair_starts=pair_starts,
        is_scored=is_scored,
        group=group,
        tokens=tokens,
        markets=markets,
        pairs=pairs,
        prices=_prices(evidence.prices, names["tokens"]),
    )


def _ordered(fills: Frame, wallet: Codes, token: Codes, tokens: Tokens, pairs: int) -> tuple[np.ndarray, Times]:
    at, known = times(fills, "event_at"), times(fills, "observed_at")
    price, size = numbers(fills, "price"), numbers(fills, "size")
    side, role = codes_of_words(fills, "side", _SIDES), codes_of_words(fills, "role", _ROLES)
    is_sorted = len(at) < 2 or bool((at[1:] >= at[:-1]).all())
    order = np.arange(len(at), dtype=np.int32) if is_sorted else np.argsort(at, kind="stable").astype(np.int32)
    is_there = size > 0.0
    if not is_there.all():
        order = order[is_there[order]]
    starts = starts_of(tokens.pair[token[order]], pairs)
    ordered = np.empty(len(order), dtype=FILL)
    lay_out(order, starts, at, known, price, size, wallet, token, side, role, tokens.pair, tokens.flip, ordered)
    if settle_ties(ordered, 0, len(ordered)):
        ordered = _settle_by_id(ordered, fills)
        starts = starts_of(ordered["pair"], pairs)
    return ordered, starts


def _settle_by_id(ordered: np.ndarray, fills: Frame) -> np.ndarray:
    # Fills alike in everything but their id stand in its order, and the same id counts once.
    alike = np.ones(len(ordered) - 1, dtype=bool)
    for name in ("pair", "at", "wallet", "token", "side"):
        alike &= ordered[name][1:] == ordered[name][:-1]
    run = np.cumsum(np.concatenate(([True], ~alike)))
    rows = np.flatnonzero(np.concatenate((alike, [False])) | np.concatenate(([False], alike)))
    tied = pd.DataFrame({"run": run[rows], "id": np.asarray(ids(fills, "fill_id"))[ordered["row"][rows]], "row": rows})
    tied = tied.sort_values(["run", "id"], kind="stable")
    ordered[rows] = ordered[tied["row"].to_numpy()]
    is_kept = np.ones(len(ordered), dtype=bool)
    is_kept[rows] = ~tied.duplicated(["run", "id"]).to_numpy()
    return ordered if is_kept.all() else ordered[is_kept]


def _places(fills: Frame, evidence: Evidence) -> tuple[dict[str, np.ndarray], Markets, Tokens, Pairs, Codes]:
    conditions, (fill_market,) = encode(ids(fills, "condition_id"))
    known = evidence.markets.drop_duplicates("condition_id")
    known = known.assign(code=codes_in(conditions, known["condition_id"]))
    known = known[known["code"] >= 0].sort_values("code", kind="stable")
    both = known[known["token_ids"].map(_is_pair).astype(bool)] if "token_ids" in known else known.iloc[:0]
    sides = [pd.Series([pair[place] for pair in both["token_ids"]] if len(both) else []) for place in (0, 1)]
    token_names, (fill_token, first, second) = encode(ids(fills, "token_id"), *sides)
    markets, event_names, category_names = _markets(known, conditions)
    of_token = np.full(len(token_names), len(conditions), dtype=np.int32)
    np.minimum.at(of_token, *_unique_places(fill_token, fill_market, len(conditions)))
    codes = both["code"].to_numpy(np.int32)
    of_token[first], of_token[second] = codes, codes
    pairs, pair, flip = _pairs(of_token, first, second, markets)
    names = {"tokens": token_names, "markets": conditions, "events": event_names, "categories": category_names}
    payout, known_at, resolved_at = _payouts(evidence.outcomes, token_names)
    tokens = Tokens(
        market=of_token, pair=pair, flip=flip, payout=payout, payout_known_at=known_at, resolved_at=resolved_at
    )
    return names, markets, tokens, pairs, fill_token


def _unique_places(token: Codes, market: Codes, markets: int) -> tuple[np.ndarray, np.ndarray]:
    keys = pd.unique(token.astype(np.int64) * max(markets, 1) + market)
    return keys // max(markets, 1), (keys % max(markets, 1)).astype(np.int32)


def _is_pair(tokens: Any) -> bool:
    return tokens is not None and not isinstance(tokens, float) and len(tokens) == 2


def _markets(known: pd.DataFrame, conditions: np.ndarray) -> tuple[Markets, np.ndarray, np.ndarray]:
    # A market we know nothing of is its own event without a fee.
    table = known.set_index("code").reindex(np.arange(len(conditions)))
    own = pd.Series(conditions, index=table.index)
    event = table["event_id"].astype(object).where(table["event_id"].notna(), own.astype(object))
    category = table["category"].astype(object).where(table["category"].notna(), "unknown")
    event_names, (events,) = encode(event if table["event_id"].notna().all() else event.map(str))
    category_names, (categories,) = encode(category)
    field = np.zeros(len(table), dtype=np.int32)
    if {"neg_risk", "event_size"} <= set(table.columns):
        excludes = table["neg_risk"].eq(True) & table["event_size"].notna()
        field = table["event_size"].where(excludes, 0).fillna(0).to_numpy(np.int32)
    markets = Markets(
        event=events,
        category=categories,
        fee_rate=table["fee_rate"].astype(float).fillna(0.0).to_numpy(),
        fee_exponent=table["fee_exponent"].astype(float).fillna(1.0).to_numpy(),
        end_at=times(table, "end_at"),
        closed_at=times(table, "closed_at"),
        field=field,
    )
    return markets, event_names, category_names


def _pairs(of_token: Codes, first: Codes, second: Codes, markets: Markets) -> tuple[Pairs, Codes, Small]:
    alone = np.ones(len(of_token), dtype=bool)
    alone[first], alone[second] = False, False
    singles = np.flatnonzero(alone)
    left = np.concatenate((first, singles)).astype(np.int32)
    right = np.concatenate((second, np.full(len(singles), -1))).astype(np.int32)
    market = of_token[left]
    order = np.lexsort((left, market, markets.event[market]))
    left, right, market = left[order], right[order], market[order]
    pair, flip = np.zeros(len(of_token), dtype=np.int32), np.zeros(len(of_token), dtype=np.int8)
    pair[left] = np.arange(len(left))
    has_two = right >= 0
    pair[right[has_two]], flip[right[has_two]] = np.flatnonzero(has_two), 1
    tokens = np.stack((left, right), axis=1) if len(left) else np.empty((0, 2), dtype=np.int32)
    return Pairs(market=market, event=markets.event[market], tokens=tokens), pair, flip


def _payouts(outcomes: Frame, token_names: np.ndarray) -> tuple[Floats, Times, Times]:
    code = codes_in(token_names, ids(outcomes, "token_id"))
    rows = np.flatnonzero(code >= 0)[::-1]  # the first one of a token speaks
    payout = np.full(len(token_names), np.nan)
    known_at, resolved_at = (np.full(len(token_names), NEVER, dtype=np.int64) for _ in range(2))
    payout[code[rows]] = numbers(outcomes, "payout")[rows]
    known_at[code[rows]] = times(outcomes, "known_at")[rows]
    resolved_at[code[rows]] = times(outcomes, "resolved_at")[rows]
    return payout, known_at, resolved_at


def _prices(prices: Frame, token_names: np.ndarray) -> Prices:
    code = codes_in(token_names, ids(prices, "token_id"))
    at, mid = times(prices, "at"), numbers(prices, "mid")
    if (code < 0).any():
        code, at, mid = code[code >= 0], at[code >= 0], mid[code >= 0]
    starts = starts_of(code, len(token_names))
    is_sorted = len(at) < 2 or bool((at[1:] >= at[:-1]).all())
    by_time = np.arange(len(at), dtype=np.int32) if is_sorted else np.argsort(at, kind="stable").astype(np.int32)
    order = ordered_by(code, starts, by_time)
    return Prices(starts=starts, at=at[order], mid=mid[order])
