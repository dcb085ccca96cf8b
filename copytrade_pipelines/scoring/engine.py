"""From fills to the evidence frame: merge, net, price, observe, each a pass of compiled loops."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from copytrade_live.core.market import DAY, HOUR, MINUTE, Instant
from copytrade_pipelines.scoring import copier_cost
from copytrade_pipelines.scoring.evidence import Evidence
from copytrade_pipelines.scoring.frame import (
    HORIZONS,
    MAKER,
    NEVER,
    TAKER,
    UNKNOWN,
    EvidenceFrame,
    Flags,
    Floats,
    Small,
    Times,
    WalletFacts,
)
from copytrade_pipelines.scoring.inputs import Inputs
from copytrade_pipelines.scoring.kernels import facts, merging, netting, ordering, parts, windows
from copytrade_pipelines.scoring.parameters import ScoreParameters
from copytrade_pipelines.scoring.threads import ranges_of, spread

US = 1000  # microseconds in a unit of Instant
CLOSE_LEAD = 30 * MINUTE * US
OTHERS_SPAN = 30_000_000
# How old the mid at the close, or where we would have copied, may be.
CLOSE_TOLERANCE = 12 * HOUR * US
COPY_TOLERANCE = HOUR * US


@dataclass(frozen=True, slots=True, kw_only=True)
class Merged:
    """Episodes in order of wallet, pair and start, with what netting says of each.

    Units: opened and closed in shares, held in microseconds of the closed ones (0 where none was).
    """

    episodes: np.ndarray
    opened: Floats
    closed: Floats
    held: Floats


@dataclass(frozen=True, slots=True, kw_only=True)
class Built:
    """A frame with the facts of its wallets; maker and taker notional also by category (wallets, categories)."""

    frame: EvidenceFrame
    facts: WalletFacts
    maker: Floats
    taker: Floats


def build(inputs: Inputs, evidence: Evidence, as_of: Instant, parameters: ScoreParameters) -> Built:
    """Make the evidence of every scored wallet; inputs and evidence are cut to what was known at as_of."""
    now, lag = as_of * US, round(parameters.index_lag_seconds * 1e6)
    places, wallet_starts = by_wallet(inputs)
    merged = merge(inputs, places, wallet_starts, parameters)
    counted = merged.episodes["started"] >= now - round(parameters.history_days * DAY * US)
    counted &= inputs.is_scored[merged.episodes["wallet"]]
    end_at, close_at = _ends(inputs)
    opening = np.flatnonzero(counted & (merged.opened > 0.0))
    seen = _look(inputs, places, wallet_starts, merged.episodes[opening], close_at, parameters)
    frame = _assemble(inputs, evidence, merged, opening, seen, end_at, close_at, now - lag, parameters)
    maker, taker, wallet_facts = _facts(inputs, merged, counted, frame, now)
    return Built(frame=frame, facts=wallet_facts, maker=maker, taker=taker)


def by_wallet(inputs: Inputs) -> tuple[np.ndarray, Times]:
    """Places of fills in order of wallet, pair and time, and where each wallet's begin."""
    wallet = np.ascontiguousarray(inputs.fills["wallet"])
    starts = ordering.starts_of(wallet, len(inputs.names.wallets))
    return ordering.ordered_by(wallet, starts, np.arange(len(wallet), dtype=np.int32)), starts


def merge(inputs: Inputs, places: np.ndarray, wallet_starts: Times, parameters: ScoreParameters) -> Merged:
    """Episodes of all wallets, netted."""
    gap = round(parameters.episode_gap_minutes * 60e6)
    field = inputs.markets.field[inputs.pairs.market]

    def work(first: int, last: int) -> tuple[np.ndarray, Floats, Floats, Floats]:
        own = places[wallet_starts[first] : wallet_starts[last]]
        room = np.empty(len(own), dtype=merging.EPISODE)
        episodes = room[: merging.merge_fills(inputs.fills, own, gap, room)].copy()
        opened, closed, held = (np.zeros(len(episodes)) for _ in range(3))
        netting.net_episodes(episodes, inputs.pairs.event, field, opened, closed, held)
        return episodes, opened, closed, held

    found = spread(work, ranges_of(wallet_starts))
    episodes, opened, closed, held = (np.concatenate(column) for column in zip(*found, strict=True))
    return Merged(episodes=episodes, opened=opened, closed=closed, held=held)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Seen:
    paid: Floats
    paid_known: Times
    mids: Floats
    mids_known: Times
    volume: Times
    own: Times
    spans: Times


def _ends(inputs: Inputs) -> tuple[Times, Times]:
    # When each pair's market stops telling anything, and half an hour before.
    market = inputs.pairs.market
    end = np.minimum(inputs.markets.end_at[market], inputs.markets.closed_at[market])
    for side in range(2):
        token = inputs.pairs.tokens[:, side]
        end = np.where(token >= 0, np.minimum(end, inputs.tokens.resolved_at[token]), end)
    return end, np.where(end == NEVER, NEVER, end - CLOSE_LEAD)


def _look(
    inputs: Inputs,
    places: np.ndarray,
    wallet_starts: Times,
    opening: np.ndarray,
    close_at: Times,
    parameters: ScoreParameters,
) -> _Seen:
    fills, rows = inputs.fills, len(opening)
    horizons = [3600e6, parameters.horizon_hours * 3600e6, 86_400e6]
    spans = np.array([parameters.latency_seconds * 1e6, *horizons], dtype=np.int64)
    tolerances = np.array([COPY_TOLERANCE, *map(_tolerance, spans[1:].tolist()), CLOSE_TOLERANCE], dtype=np.int64)
    wanted = np.full(len(fills), -1, dtype=np.int32)
    wanted[opening["first"]] = np.arange(rows, dtype=np.int32)
    # An episode's own fills within the gap are the bet itself, not what came after it.
    gap = round(parameters.episode_gap_minutes * 60e6)
    looked_from = np.minimum(opening["ended"], opening["started"] + gap)
    traded = np.zeros(len(fills) + 1, dtype=np.int64)
    np.cumsum(np.rint(fills["size"] * 1e6), out=traded[1:], dtype=np.int64)
    shape = (rows, windows.READINGS)
    paid, paid_known = np.full(rows, np.nan), np.zeros(rows, dtype=np.int64)
    mids, mids_known = np.full(shape, np.nan), np.zeros(shape, dtype=np.int64)
    volume, own = np.zeros(shape, dtype=np.int64), np.zeros(shape, dtype=np.int64)
    prices, starts = inputs.prices, inputs.pair_starts
    tokens = np.ascontiguousarray(inputs.pairs.tokens)

    def look(first: int, last: int) -> None:
        windows.look_after(
            fills, starts, traded, wanted, looked_from, inputs.group, prices.starts, prices.at, prices.mid, tokens,
            close_at, spans, tolerances, OTHERS_SPAN, first, last, paid, paid_known, mids, mids_known, volume,
        )  # fmt: skip

    def look_at_own(first: int, last: int) -> None:
        mine = places[wallet_starts[first] : wallet_starts[last]]
        windows.own_volume(fills, mine, wanted, looked_from, close_at, spans, own)

    spread(look, ranges_of(starts))
    spread(look_at_own, ranges_of(wallet_starts))
    if (inputs.group >= 0).any():
        windows.group_volume(fills, starts, wanted, looked_from, inputs.group, close_at, spans, own)
    return _Seen(
        paid=paid, paid_known=paid_known, mids=mids, mids_known=mids_known, volume=volume, own=own, spans=spans
    )


def _tolerance(span: int) -> int:
    # A mid older than half its horizon does not say where the market stood at its end; hourly ones always do.
    return int(max(span // 2, min(span, HOUR * US)))


def _assemble(
    inputs: Inputs,
    evidence: Evidence,
    merged: Merged,
    opening: np.ndarray,
    seen: _Seen,
    end_at: Times,
    close_at: Times,
    read_limit: int,
    parameters: ScoreParameters,
) -> EvidenceFrame:
    episodes, opened = merged.episodes[opening], merged.opened[opening]
    tokens, token, market = inputs.tokens, episodes["token"], inputs.pairs.market[episodes["pair"]]
    is_sold = episodes["side"] < 0
    price = episodes["notional"] / episodes["size"]
    bought = np.where(is_sold, 1.0 - price, price)
    is_first = is_sold == (episodes["flip"] > 0)
    category = inputs.markets.category[market]
    role = role_codes(episodes)
    started = np.ascontiguousarray(episodes["started"])
    met = np.where(is_first, seen.mids[:, windows.AT_COPY], 1.0 - seen.mids[:, windows.AT_COPY])
    costs = copier_cost.price_copies(
        copier_cost.Wanted(
            wallet=episodes["wallet"], token=token, market=market, category=category, is_sold=is_sold, role=role,
            started=started, known=np.ascontiguousarray(episodes["known"]), bought=bought, met=met,
            paid=np.where(is_sold, 1.0 - seen.paid, seen.paid), paid_known=seen.paid_known,
        ),
        inputs, evidence, parameters,
    )  # fmt: skip
    payout = np.where(is_sold, 1.0 - tokens.payout[token], tokens.payout[token])
    rows, horizons = len(opening), len(HORIZONS)
    mid, known, impact = np.empty((rows, horizons)), np.empty((rows, horizons), np.int64), np.empty((rows, horizons))
    horizon = np.empty(rows, np.int8)
    later, a, r, o, r_var, o_var = (np.empty(rows) for _ in range(6))
    end, close = end_at[episodes["pair"]], close_at[episodes["pair"]]
    lag = round(parameters.index_lag_seconds * 1e6)

    def observe(first: int, last: int) -> None:
        parts.observe(
            started, is_first, costs.cost, payout, bought, seen.mids, seen.mids_known, seen.volume, seen.own,
            seen.spans, close, end, read_limit, lag, parameters.impact_share, mid, known, impact, horizon, later,
            a, r, o, r_var, o_var, first, last,
        )  # fmt: skip

    spread(observe, ranges_of(np.arange(rows + 1)))
    closed = merged.closed[opening]
    return EvidenceFrame(
        names=inputs.names,
        episode=inputs.fills["row"][episodes["first"]].astype(np.int64),
        wallet=np.ascontiguousarray(episodes["wallet"]),
        token=np.ascontiguousarray(token),
        market=market,
        event=inputs.pairs.event[episodes["pair"]],
        category=category,
        side=np.ascontiguousarray(episodes["side"]),
        role=role,
        started_at=started,
        ended_at=np.ascontiguousarray(episodes["ended"]),
        known_at=np.ascontiguousarray(episodes["known"]),
        price=price,
        bought=bought,
        size=np.ascontiguousarray(episodes["size"]),
        opened=opened,
        stake=bought * opened,
        held=np.divide(merged.held[opening], closed * 1e6, out=np.full(rows, np.nan), where=closed > 0.0),
        copy_price=costs.price,
        fee=costs.fee,
        cost=costs.cost,
        cost_source=costs.source,
        cost_known_at=costs.known_at,
        mid=mid,
        mid_known_at=known,
        impact=impact,
        horizon=horizon,
        later_mid=later,
        payout=payout,
        payout_known_at=tokens.payout_known_at[token],
        a=a,
        r=r,
        o=o,
        r_var=r_var,
        o_var=o_var,
    )


def role_codes(episodes: np.ndarray) -> Small:
    """TAKER where half of the size seen took, MAKER below, UNKNOWN where no fill says."""
    seen = episodes["maker_size"] + episodes["taker_size"]
    roles = np.where(episodes["taker_size"] >= seen / 2.0, TAKER, MAKER)
    return np.where(seen > 0.0, roles, UNKNOWN).astype(np.int8)


def _facts(
    inputs: Inputs, merged: Merged, counted: Flags, frame: EvidenceFrame, now: int
) -> tuple[Floats, Floats, WalletFacts]:
    wallets, categories = len(inputs.names.wallets), len(inputs.names.categories)
    maker, taker = np.zeros((wallets, categories)), np.zeros((wallets, categories))
    both, last_at, hold = np.zeros(wallets), np.zeros(wallets, dtype=np.int64), np.full(wallets, np.nan)
    category_of = inputs.markets.category[inputs.pairs.market]
    facts.add_facts(merged.episodes, counted, category_of, maker, taker, both, last_at)
    # What was never left was held until it paid out, or until now.
    until = np.minimum(inputs.tokens.resolved_at[frame.token], now)
    held = np.where(np.isnan(frame.held), (until - frame.started_at) / 1e6, frame.held) / 3600.0
    facts.median_holds(frame.wallet, held, 0, len(frame), hold)
    facts_of = WalletFacts(
        maker_notional=maker.sum(axis=1),
        taker_notional=taker.sum(axis=1),
        both_sides=both,
        hold_hours=hold,
        last_at=last_at,
    )
    return maker, taker, facts_of
