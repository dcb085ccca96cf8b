"""The same scores with polars: frames, groups and windows are polars, looking up a time in sorted keys is numpy."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import polars as pl

from benchmarks.scoring_pandas import BITS, _between, _last_mid, _running
from copytrade_pipelines.scoring.parameters import ScoreParameters

NAN = float("nan")


def score(folder: Path, now: int, parameters: ScoreParameters) -> pl.DataFrame:
    """Sums of events by wallet, as scoring_pandas.score."""
    fills = _fills(folder, now)
    start = int(fills["second"].min())  # type: ignore[arg-type]
    fills = fills.with_columns((pl.col("second") - start).alias("at"))
    markets = pl.read_parquet(folder / "markets.parquet").with_columns(
        (_second("end_at") - start).alias("end"), pl.col("condition_id").cast(pl.Int64).alias("pair")
    )
    outcomes = pl.read_parquet(folder / "outcomes.parquet").select(
        pl.col("token_id").cast(pl.Int64).alias("token"),
        pl.when(_second("known_at") <= now).then("payout").otherwise(NAN).alias("payout"),
    )
    prices = pl.read_parquet(folder / "prices.parquet")
    keys = (prices["token_id"].cast(pl.Int64).to_numpy() // 2 << BITS) + (prices["at"].dt.epoch("s").to_numpy() - start)
    order = np.argsort(keys, kind="stable")
    known = keys[order], prices["mid"].to_numpy()[order]
    oldest = now - start - parameters.history_days * 86_400
    rows = (
        _net(_episodes(fills, round(parameters.episode_gap_minutes * 60)))
        .filter((pl.col("opened") > 0.0) & (pl.col("started") >= oldest))
        .join(markets.select("pair", "event_id", "category", "fee_rate", "fee_exponent", "end"), on="pair", how="left")
        .join(outcomes, on="token", how="left")
    )
    rows = _observed(_priced(rows, fills, known, start, parameters), fills, known, now - start, parameters)
    return _sums(_events(rows, parameters), start, parameters)


def _second(name: str) -> pl.Expr:
    return pl.col(name).dt.epoch("s")


def _fills(folder: Path, now: int) -> pl.DataFrame:
    token, is_sale = pl.col("token_id").cast(pl.Int64), (pl.col("side") == "SELL").cast(pl.Int64)
    return (
        pl.scan_parquet(folder / "fills.parquet")
        .filter(_second("observed_at") <= now)
        .select(
            "fill_id", pl.col("wallet").cast(pl.Int64), token.alias("token"), is_sale.alias("is_sale"),
            (pl.col("role") == "taker").alias("is_taker"), "price", "size", _second("event_at").alias("second"),
            (token // 2).alias("pair"), (token * 2 + is_sale).alias("line"),
            (1 - (token % 2).xor(is_sale)).alias("way"),
        )
        .collect()
    )  # fmt: skip


def _episodes(fills: pl.DataFrame, gap: int) -> pl.DataFrame:
    is_new = (
        (pl.col("wallet") != pl.col("wallet").shift())
        | (pl.col("line") != pl.col("line").shift())
        | (pl.col("at") - pl.col("at").shift() > gap)
    ).fill_null(value=True)
    return (
        fills.lazy()
        .sort("wallet", "line", "at", "fill_id")
        .with_columns(is_new.cum_sum().alias("episode"))
        .group_by("episode")
        .agg(
            *(pl.col(name).first() for name in ("wallet", "token", "pair", "line", "is_sale", "way")),
            pl.col("size").sum(),
            (pl.col("price") * pl.col("size")).sum().alias("cash"),
            pl.col("size").filter("is_taker").sum().alias("taken"),
            pl.col("at").min().alias("started"),
            pl.col("at").max().alias("ended"),
        )
        .with_columns(
            (pl.col("cash") / pl.col("size")).alias("price"), (pl.col("taken") < pl.col("size") / 2).alias("rests")
        )
        .collect()
    )  # fmt: skip


def _net(episodes: pl.DataFrame) -> pl.DataFrame:
    change = pl.when(pl.col("way") == 1).then("size").otherwise(-pl.col("size"))
    closing = (
        pl.when(pl.col("held").sign() == -pl.col("change").sign())
        .then(pl.min_horizontal(pl.col("held").abs(), pl.col("size")))
        .otherwise(0.0)
    )
    opened = pl.col("size") - closing
    return (
        episodes.lazy()
        .sort("wallet", "pair", "started", "line")
        .with_columns(change.alias("change"))
        .with_columns((pl.col("change").cum_sum().over("wallet", "pair") - pl.col("change")).alias("held"))
        .with_columns(pl.when(opened > 1e-6 * pl.col("size")).then(opened).otherwise(0.0).alias("opened"))
        .collect()
    )


def _priced(
    rows: pl.DataFrame,
    fills: pl.DataFrame,
    known: tuple[np.ndarray, np.ndarray],
    start: int,
    parameters: ScoreParameters,
) -> pl.DataFrame:
    takers = fills.filter("is_taker")
    line, wallet, at, size = (takers[name].to_numpy() for name in ("line", "wallet", "at", "size"))
    cash = takers["price"].to_numpy() * size
    begun = rows["started"].to_numpy()
    after = begun + parameters.latency_seconds
    keys, (cash_of, size_of) = _running(line, at, cash, size)
    own_keys, (own_cash, own_size) = _running(wallet << 18 | line, at, cash, size)
    lines, mine = rows["line"].to_numpy(), rows["wallet"].to_numpy() << 18 | rows["line"].to_numpy()
    window = {"after": after, "until": after + 30}
    shares = _between(keys, size_of, lines, **window) - _between(own_keys, own_size, mine, **window)
    paid_cash = _between(keys, cash_of, lines, **window) - _between(own_keys, own_cash, mine, **window)
    paid = np.divide(paid_cash, shares, out=np.full(len(begun), np.nan), where=shares > 1e-6)
    rows = rows.with_columns(
        pl.Series("paid", paid), pl.Series("met", _last_mid(known, rows["pair"].to_numpy(), after, after - 3600))
    )
    sold, up = pl.col("is_sale") == 1, pl.col("way") == 1
    rows = rows.with_columns(
        pl.when(sold).then(1.0 - pl.col("price")).otherwise("price").alias("bought"),
        pl.when(sold).then(1.0 - pl.col("paid")).otherwise("paid").alias("paid"),
        pl.when(up).then("met").otherwise(1.0 - pl.col("met")).alias("met"),
    )
    meets = pl.col("rests") & pl.col("met").is_not_nan() & (pl.col("met") > pl.col("bought"))
    rows = rows.with_columns(
        pl.when(meets).then("met").otherwise("bought").alias("begun"),
        ((pl.col("started") + start) // (7 * 86_400)).alias("week"),
    )
    weekly = (
        rows.filter(pl.col("paid").is_not_nan())
        .group_by("category", "week")
        .agg((pl.col("paid") - pl.col("begun")).median().alias("usual"), pl.len().alias("seen"))
        .filter(pl.col("seen") >= 20)
        .with_columns(pl.col("week") + 1)
        .sort("week")
    )
    rows = rows.with_row_index("row").sort("week")
    rows = rows.join_asof(
        weekly.select("category", "week", "usual"), on="week", by="category", check_sortedness=False
    ).sort("row")
    guess = pl.col("begun") + pl.col("usual").fill_null(parameters.modelled_slippage)
    price = pl.when(pl.col("paid").is_nan()).then(guess).otherwise("paid")
    clipped = price.clip(0.0, 1.0)
    fee = pl.col("fee_rate") * (clipped * (1.0 - clipped)).pow(pl.col("fee_exponent"))
    return rows.with_columns(
        (price + fee).alias("cost"), pl.col("paid").is_nan().cast(pl.Float64).alias("imputed"),
        (pl.col("bought") * pl.col("opened")).alias("stake"),
    )  # fmt: skip


def _observed(
    rows: pl.DataFrame,
    fills: pl.DataFrame,
    known: tuple[np.ndarray, np.ndarray],
    now: int,
    parameters: ScoreParameters,
) -> pl.DataFrame:
    micro = np.rint(fills["size"].to_numpy() * 1e6).astype(np.int64)
    pair, wallet, way, at = (fills[name].to_numpy() for name in ("pair", "wallet", "way", "at"))
    keys, (traded,) = _running(pair, at, micro)
    own_keys, (own,) = _running(wallet << 18 | pair << 1 | way, at, micro)
    pairs, begun, end = (rows[name].to_numpy() for name in ("pair", "started", "end"))
    mine = rows["wallet"].to_numpy() << 18 | pairs << 1 | rows["way"].to_numpy()
    after = np.minimum(rows["ended"].to_numpy(), begun + round(parameters.episode_gap_minutes * 60))
    limit, main = now - parameters.index_lag_seconds, round(parameters.horizon_hours * 3600)
    is_due = np.minimum(begun + main, end - 1800) <= limit
    later = np.full(len(begun), np.nan)
    for span in (main, 3600):
        read_at = begun + span
        oldest = np.maximum(read_at - max(span // 2, min(span, 3600)), begun + 1e-6)
        mid = _last_mid(known, pairs, read_at, oldest)
        total = np.maximum(_between(keys, traded, pairs, after, read_at), 1)
        share = _between(own_keys, own, mine, after, read_at) / total
        good = (read_at <= limit) & (read_at < end) & (share <= parameters.impact_share) & is_due
        later = np.where(np.isnan(later) & good, mid, later)
    up, sold = pl.col("way") == 1, pl.col("is_sale") == 1
    rows = rows.with_columns(pl.Series("later", later)).with_columns(
        pl.when(up).then("later").otherwise(1.0 - pl.col("later")).alias("later"),
        pl.when(sold).then(1.0 - pl.col("payout")).otherwise("payout").alias("payout"),
    )
    likely, likely_now = pl.col("later").clip(0.005, 0.995), pl.col("bought").clip(0.005, 0.995)
    return rows.with_columns(
        (pl.col("later") - pl.col("cost")).alias("a"),
        (pl.col("payout") - pl.col("later")).alias("r"),
        pl.when(pl.col("later").is_nan()).then(pl.col("payout") - pl.col("cost")).otherwise(NAN).alias("o"),
        (likely * (1.0 - likely)).sqrt().alias("r_sd"),
        (likely_now * (1.0 - likely_now)).sqrt().alias("o_sd"),
    )


def _events(rows: pl.DataFrame, parameters: ScoreParameters) -> pl.DataFrame:
    cap = parameters.stake_cap_multiple * pl.col("stake").median().over("wallet")
    rows = rows.with_columns(pl.max_horizontal(pl.min_horizontal("stake", cap), pl.lit(1e-6)).alias("weight"))
    wanted = {"a": "a", "r": "r", "o": "o", "r_sd": "r", "o_sd": "o", "imputed": "cost"}
    averages = [
        ((pl.col(name) * pl.col("weight")).filter(pl.col(where).is_not_nan()).sum()
         / pl.col("weight").filter(pl.col(where).is_not_nan()).sum()).alias(name)
        for name, where in wanted.items()
    ]  # fmt: skip
    events = rows.lazy().group_by("wallet", "event_id").agg(*averages, pl.col("started").max().alias("last")).collect()
    events = events.with_columns(
        pl.when(pl.col("a").is_nan()).then("o").otherwise(NAN).alias("o"),
        pl.when(pl.col("a").is_nan()).then("o_sd").otherwise(NAN).alias("o_sd"),
    )
    return events.filter(pl.col("a").is_not_nan() | pl.col("o").is_not_nan())


def _sums(events: pl.DataFrame, start: int, parameters: ScoreParameters) -> pl.DataFrame:
    age = (pl.col("last") + start - 1_577_836_800) / (86_400.0 * parameters.half_life_days)
    events = events.with_columns(pl.lit(2.0).pow(age).alias("weight"))
    sums = [(pl.col("weight") * pl.col("imputed")).sum().alias("imputed_w")]
    for part in ("a", "r", "o"):
        seen, weight, value = pl.col(part).is_not_nan(), pl.col("weight"), pl.col(part)
        sums += [
            seen.sum().cast(pl.Float64).alias(f"{part}_n"),
            weight.filter(seen).sum().alias(f"{part}_w"),
            (weight * value).filter(seen).sum().alias(f"{part}_wx"),
            (weight * value**2).filter(seen).sum().alias(f"{part}_wxx"),
        ]
        if part != "a":
            sums.append(((weight * pl.col(f"{part}_sd")) ** 2).filter(seen).sum().alias(f"{part}_wwv"))
    return events.lazy().group_by("wallet").agg(*sums).sort("wallet").collect()
