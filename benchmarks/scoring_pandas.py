"""The same scores in plain pandas: what the engine is compared with, in speed and to the sixth digit.

It knows only what the bench's world has: whole seconds, two tokens a market, mids of the first one, no books, no copies
of ours, no clusters.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from copytrade_pipelines.scoring.parameters import ScoreParameters

BITS = 25  # seconds of a year
HORIZONS = (3600, None, 86_400, "close")


def score(folder: Path, now: int, parameters: ScoreParameters) -> pd.DataFrame:
    """Sums of events by wallet, in the names of shrinkage.sum_events. Units: now in seconds since epoch."""
    fills = pd.read_parquet(folder / "fills.parquet")
    markets = pd.read_parquet(folder / "markets.parquet")
    prices = pd.read_parquet(folder / "prices.parquet")
    outcomes = pd.read_parquet(folder / "outcomes.parquet").set_index("token_id")
    start = int(_seconds(fills["event_at"]).min())
    fills = fills[_seconds(fills["observed_at"]) <= now]
    fills = pd.DataFrame(
        {
            "fill_id": fills["fill_id"],
            "wallet": fills["wallet"].astype(np.int64),
            "token": fills["token_id"].astype(np.int64),
            "is_sale": (fills["side"] == "SELL").astype(np.int64),
            "is_taker": fills["role"] == "taker",
            "price": fills["price"],
            "size": fills["size"],
            "at": _seconds(fills["event_at"]) - start,
        }
    )
    fills["pair"], fills["line"] = fills["token"] // 2, fills["token"] * 2 + fills["is_sale"]
    fills["way"] = 1 - ((fills["token"] & 1) ^ fills["is_sale"])
    episodes = _net(_episodes(fills, round(parameters.episode_gap_minutes * 60)))
    oldest = now - start - parameters.history_days * 86_400
    rows = episodes[(episodes["opened"] > 0.0) & (episodes["started"] >= oldest)].reset_index(drop=True)
    market = markets.set_index("condition_id").loc[rows["pair"]].reset_index()
    end = _seconds(market["end_at"]).to_numpy() - start
    rows = _priced(rows, fills, prices, market, start, parameters)
    rows = _observed(rows, fills, prices, outcomes, end, start, now, parameters)
    rows["event"], rows["category"] = market["event_id"].to_numpy(), market["category"].to_numpy()
    return _sums(_events(rows, parameters), start, parameters)


def _seconds(moments: pd.Series) -> pd.Series:
    return moments.astype("datetime64[s]").astype(np.int64)


def _episodes(fills: pd.DataFrame, gap: int) -> pd.DataFrame:
    ordered = fills.sort_values(["wallet", "line", "at", "fill_id"], kind="stable")
    key = ordered[["wallet", "line"]].to_numpy()
    near = (np.diff(ordered["at"].to_numpy()) <= gap) & (key[1:] == key[:-1]).all(axis=1)
    number = np.cumsum(np.concatenate(([True], ~near)))
    ordered = ordered.assign(cash=ordered["price"] * ordered["size"])
    ordered["taken"] = ordered["size"].where(ordered["is_taker"], 0.0)
    made = ordered.groupby(number).agg(
        wallet=("wallet", "first"), token=("token", "first"), pair=("pair", "first"), line=("line", "first"),
        is_sale=("is_sale", "first"), way=("way", "first"), size=("size", "sum"), cash=("cash", "sum"),
        taken=("taken", "sum"), started=("at", "min"), ended=("at", "max"),
    )  # fmt: skip
    return made.assign(price=made["cash"] / made["size"], rests=made["taken"] < made["size"] / 2.0)


def _net(episodes: pd.DataFrame) -> pd.DataFrame:
    episodes = episodes.sort_values(["wallet", "pair", "started", "line"], kind="stable")
    change = episodes["size"].where(episodes["way"] == 1, -episodes["size"])
    held = change.groupby([episodes["wallet"], episodes["pair"]]).cumsum() - change
    closing = np.where(np.sign(held) == -np.sign(change), np.minimum(held.abs(), change.abs()), 0.0)
    opened = episodes["size"] - closing
    return episodes.assign(opened=opened.where(opened > 1e-6 * episodes["size"], 0.0))


def _running(group: Any, at: Any, *values: Any) -> tuple[np.ndarray, list[np.ndarray]]:
    """Running sums by group and time. Returns: the sorted keys and, one longer, each sum before them."""
    keys = (np.asarray(group, np.int64) << BITS) | np.asarray(at, np.int64)
    order = np.argsort(keys, kind="stable")
    return keys[order], [np.concatenate(([0], np.cumsum(np.asarray(value)[order]))) for value in values]


def _between(keys: np.ndarray, sums: np.ndarray, group: Any, after: Any, until: Any) -> np.ndarray:
    low = (np.asarray(group, np.int64) << BITS) | np.clip(after, 0, (1 << BITS) - 1).astype(np.int64)
    high = (np.asarray(group, np.int64) << BITS) | np.clip(until, 0, (1 << BITS) - 1).astype(np.int64)
    places = (np.searchsorted(keys, at, side="right") for at in (high, low))
    last, first = places
    return np.where(last > first, sums[last] - sums[first], 0)


def _last_mid(prices: tuple[np.ndarray, np.ndarray], pair: Any, read_at: np.ndarray, oldest: np.ndarray) -> np.ndarray:
    keys, mids = prices
    clipped = np.clip(read_at, 0, (1 << BITS) - 1).astype(np.int64)
    place = np.searchsorted(keys, (np.asarray(pair, np.int64) << BITS) | clipped, side="right") - 1
    found = keys[np.maximum(place, 0)]
    good = (place >= 0) & (found >> BITS == pair) & ((found & ((1 << BITS) - 1)) >= oldest)
    return np.where(good, mids[np.maximum(place, 0)], np.nan)


def _sorted_prices(prices: pd.DataFrame, start: int) -> tuple[np.ndarray, np.ndarray]:
    keys = (prices["token_id"].to_numpy(np.int64) // 2 << BITS) | (_seconds(prices["at"]).to_numpy() - start + 3600)
    order = np.argsort(keys, kind="stable")
    return keys[order] - 3600, prices["mid"].to_numpy()[order]


def _priced(
    rows: pd.DataFrame, fills: pd.DataFrame, prices: pd.DataFrame, market: pd.DataFrame, start: int,
    parameters: ScoreParameters,
) -> pd.DataFrame:  # fmt: skip
    bought = np.where(rows["is_sale"] == 1, 1.0 - rows["price"], rows["price"])
    takers = fills[fills["is_taker"]]
    cash, size = takers["price"] * takers["size"], takers["size"]
    after = rows["started"] + parameters.latency_seconds
    spans = {"after": after, "until": after + 30}
    keys, (cash_of, size_of) = _running(takers["line"], takers["at"], cash, size)
    own = takers["wallet"].to_numpy() << 18 | takers["line"].to_numpy()
    own_keys, (own_cash, own_size) = _running(own, takers["at"], cash, size)
    mine = rows["wallet"].to_numpy() << 18 | rows["line"].to_numpy()
    shares = _between(keys, size_of, rows["line"], **spans) - _between(own_keys, own_size, mine, **spans)
    paid_cash = _between(keys, cash_of, rows["line"], **spans) - _between(own_keys, own_cash, mine, **spans)
    paid = np.divide(paid_cash, shares, out=np.full(len(rows), np.nan), where=shares > 1e-6)
    paid = np.where(rows["is_sale"] == 1, 1.0 - paid, paid)
    met = _last_mid(_sorted_prices(prices, start), rows["pair"], after.to_numpy(), after.to_numpy() - 3600)
    met = np.where(rows["way"] == 1, met, 1.0 - met)
    begun = np.where(rows["rests"] & ~np.isnan(met), np.fmax(bought, met), bought)
    slipped = pd.DataFrame(
        {"category": market["category"], "week": (rows["started"] + start) // (7 * 86_400), "by": paid - begun}
    )
    weekly = slipped.groupby(["category", "week"])["by"].agg(["median", "count"]).reset_index()
    weekly["median"] = weekly["median"].where(weekly["count"] >= 20)
    table = weekly.pivot(index="category", columns="week", values="median")
    table = (
        table.reindex(columns=np.arange(slipped["week"].min(), slipped["week"].max() + 1)).ffill(axis=1).shift(axis=1)
    )
    place = table.index.get_indexer(slipped["category"]), table.columns.get_indexer(slipped["week"])
    usual = table.to_numpy()[place]
    price = np.where(np.isnan(paid), begun + np.where(np.isnan(usual), parameters.modelled_slippage, usual), paid)
    held = np.clip(price, 0.0, 1.0)
    fee = market["fee_rate"].to_numpy() * (held * (1.0 - held)) ** market["fee_exponent"].to_numpy()
    return rows.assign(bought=bought, cost=price + fee, imputed=np.isnan(paid), stake=bought * rows["opened"])


def _observed(
    rows: pd.DataFrame, fills: pd.DataFrame, prices: pd.DataFrame, outcomes: pd.DataFrame, end: np.ndarray, start: int,
    now: int, parameters: ScoreParameters,
) -> pd.DataFrame:  # fmt: skip
    micro = np.rint(fills["size"] * 1e6).astype(np.int64)
    keys, (traded,) = _running(fills["pair"], fills["at"], micro)
    mine = fills["wallet"].to_numpy() << 18 | fills["pair"].to_numpy() << 1 | fills["way"].to_numpy()
    own_keys, (own,) = _running(mine, fills["at"], micro)
    own_group = rows["wallet"].to_numpy() << 18 | rows["pair"].to_numpy() << 1 | rows["way"].to_numpy()
    begun = rows["started"].to_numpy()
    after = np.minimum(rows["ended"], begun + round(parameters.episode_gap_minutes * 60))
    known = _sorted_prices(prices, start)
    limit = now - start - parameters.index_lag_seconds
    later = np.full(len(rows), np.nan)
    main = round(parameters.horizon_hours * 3600)
    is_due = np.minimum(begun + main, end - 1800) <= limit
    for span in (main, 3600):
        read_at = begun + span
        tolerance = max(span // 2, min(span, 3600))
        mid = _last_mid(known, rows["pair"], read_at, np.maximum(read_at - tolerance, begun + 1e-6))
        mid = np.where((read_at <= limit) & (read_at < end), mid, np.nan)
        total = _between(keys, traded, rows["pair"], after, read_at)
        share = _between(own_keys, own, own_group, after, read_at) / np.maximum(total, 1)
        mid = np.where((share <= parameters.impact_share) & is_due, mid, np.nan)
        later = np.where(np.isnan(later), mid, later)
    later = np.where(rows["way"] == 1, later, 1.0 - later)
    told = outcomes.loc[rows["token"]]
    payout = np.where(_seconds(told["known_at"]) <= now, told["payout"], np.nan)
    payout = np.where(rows["is_sale"] == 1, 1.0 - payout, payout)
    likely = np.clip(later, 0.005, 0.995), np.clip(rows["bought"], 0.005, 0.995)
    return rows.assign(
        a=later - rows["cost"], r=payout - later, o=np.where(np.isnan(later), payout - rows["cost"], np.nan),
        r_sd=np.sqrt(likely[0] * (1.0 - likely[0])), o_sd=np.sqrt(likely[1] * (1.0 - likely[1])),
    )  # fmt: skip


def _events(rows: pd.DataFrame, parameters: ScoreParameters) -> pd.DataFrame:
    cap = parameters.stake_cap_multiple * rows.groupby("wallet")["stake"].transform("median")
    weight = np.maximum(np.minimum(rows["stake"], cap), 1e-6)
    columns: dict[str, pd.Series] = {"last": rows["started"]}
    for name, where in {"a": "a", "r": "r", "o": "o", "r_sd": "r", "o_sd": "o", "imputed": "cost"}.items():
        seen = rows[where].notna()
        columns[f"{name}_weight"] = weight.where(seen, 0.0)
        columns[name] = (rows[name] * weight).where(seen, 0.0)
    table = pd.DataFrame(columns).groupby([rows["wallet"], rows["event"]])
    sums = table.sum().drop(columns="last").assign(last=table["last"].max())
    for name in ("a", "r", "o", "r_sd", "o_sd", "imputed"):
        sums[name] /= sums[f"{name}_weight"].where(sums[f"{name}_weight"] > 0.0)
    sums["o"] = sums["o"].where(sums["a"].isna())
    return sums[sums["a"].notna() | sums["o"].notna()].reset_index()


def _sums(events: pd.DataFrame, start: int, parameters: ScoreParameters) -> pd.DataFrame:
    age = (events["last"] + start - 1_577_836_800) / 86_400.0
    weight = 2.0 ** (age / parameters.half_life_days)
    columns: dict[str, pd.Series] = {"imputed_w": weight * events["imputed"]}
    for part in ("a", "r", "o"):
        seen = events[part].notna()
        columns[f"{part}_n"] = seen.astype(float)
        columns[f"{part}_w"] = weight.where(seen, 0.0)
        columns[f"{part}_wx"] = (weight * events[part]).where(seen, 0.0)
        columns[f"{part}_wxx"] = (weight * events[part] ** 2).where(seen, 0.0)
        if part != "a":
            columns[f"{part}_wwv"] = (weight * events[f"{part}_sd"]).where(seen, 0.0) ** 2
    return pd.DataFrame(columns).groupby(events["wallet"]).sum()
