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
    Codes,
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
from copytrade_pipelines.scoring.threads import even_ranges, ranges_of, spread

US = 1000  # microseconds in a unit of Instant
CLOSE_LEAD = 30 * MINUTE * US
OTHERS_SPAN = 30_000_000
# How old the mid at the close, or where we would have copied, may be.
CLOSE_TOLERANCE = 12 * HOUR * US
COPY_TOLERANCE = HOUR * US


@dataclass(frozen=True, slots=True, kw_only=True)
class Merged:
    """Episodes in order of wallet, pair and start, with what netting says of each.

    Only the rows of parts (begin, end) are filled: each range of wallets wrote where its fills begin.
    Units: opened and closed in shares, held in share-microseconds of the closed ones (0 where none was).
    """

    episodes: np.ndarray
    opened: Floats
    closed: Floats
    held: Floats
    parts: list[tuple[int, int]]

    def rows(self) -> np.ndarray:
        """Which rows are filled."""
        return np.concatenate([np.arange(begin, end) for begin, end in self.parts])


@dataclass(frozen=True, slots=True, kw_only=True)
class Built:
    """A frame with the facts of its wallets; maker and taker notional also by category (wallets, categories).

    tallies (facts.TALLY) is what episodes add up to by wallet and event, closing ones included.
    """

    frame: EvidenceFrame
    tallies: np.ndarray
    facts: WalletFacts
    maker: Floats
    taker: Floats


def build(
    inputs: Inputs,
    evidence: Evidence,
    as_of: Instant,
    parameters: ScoreParameters,
    elsewhere: copier_cost.Measured | None = None,
) -> tuple[EvidenceFrame, np.ndarray]:
    """Make the evidence of every scored wallet; inputs and evidence are cut to what was known at as_of.

    Where inputs are only a part of all events, elsewhere is what was measured in the others.
    Returns: the frame, and facts.TALLY by wallet and event.
    """
    now, lag = as_of * US, round(parameters.index_lag_seconds * 1e6)
    places, wallet_starts = by_wallet(inputs)
    merged = merge(inputs, places, wallet_starts, parameters)
    counted = np.zeros(len(merged.episodes), dtype=bool)
    since = now - round(parameters.history_days * DAY * US)
    rows = np.concatenate(
        [
            merging.choose(merged.episodes, *part, since, inputs.is_scored, merged.opened, counted)
            for part in merged.parts
        ]
    )
    opening = _unpack(merged, rows)
    ends = _ends(inputs)
    seen = _look(inputs, places, wallet_starts, opening, ends, now - lag, parameters)
    is_due = np.minimum(opening.started + round(parameters.horizon_hours * 3600e6), ends[1][opening.pair]) <= now - lag
    frame = _assemble(inputs, evidence, opening, seen, is_due, parameters, elsewhere)
    return frame, _tally(inputs, merged, counted)


def by_wallet(inputs: Inputs) -> tuple[np.ndarray, Times]:
    """Places of fills in order of wallet, pair and time, and where each wallet's begin."""
    wallet = np.ascontiguousarray(inputs.fills["wallet"])
    starts = ordering.starts_of(wallet, len(inputs.names.wallets))
    return ordering.ordered_by(wallet, starts, np.arange(len(wallet), dtype=np.int32)), starts


def merge(inputs: Inputs, places: np.ndarray, wallet_starts: Times, parameters: ScoreParameters) -> Merged:
    """Episodes of all wallets, netted."""
    gap = round(parameters.episode_gap_minutes * 60e6)
    field = inputs.markets.field[inputs.pairs.market]
    episodes = np.empty(len(places), dtype=merging.EPISODE)
    opened, closed, held = (np.zeros(len(places)) for _ in range(3))

    def work(first: int, last: int) -> tuple[int, int]:
        begin, end = int(wallet_starts[first]), int(wallet_starts[last])
        end = begin + merging.merge_fills(inputs.fills, places[begin:end], gap, episodes[begin:end])
        rows = slice(begin, end)
        netting.net_episodes(episodes[rows], inputs.pairs.event, field, opened[rows], closed[rows], held[rows])
        return begin, end

    parts_of = spread(work, ranges_of(wallet_starts))
    return Merged(episodes=episodes, opened=opened, closed=closed, held=held, parts=parts_of)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Opening:
    """Episodes that open, as columns; place is that of the first fill, mine how many fills the wallet has there."""

    wallet: Codes
    token: Codes
    pair: Codes
    place: Codes
    mine: Codes
    side: Small
    role: Small
    is_first: Flags
    started: Times
    ended: Times
    known: Times
    price: Floats
    size: Floats
    opened: Floats
    closed: Floats
    held: Floats


def _unpack(merged: Merged, rows: np.ndarray) -> _Opening:
    count = len(rows)
    wallet, token, pair, place, mine = (np.empty(count, dtype=np.int32) for _ in range(5))
    side, role = (np.empty(count, dtype=np.int8) for _ in range(2))
    is_first = np.empty(count, dtype=bool)
    started, ended, known = (np.empty(count, dtype=np.int64) for _ in range(3))
    price, size = np.empty(count), np.empty(count)

    def unpack(first: int, last: int) -> None:
        merging.unpack(
            merged.episodes, rows, wallet, token, pair, place, mine, side, role, is_first, started, ended, known,
            price, size, first, last,
        )  # fmt: skip

    spread(unpack, even_ranges(count))
    return _Opening(
        wallet=wallet, token=token, pair=pair, place=place, mine=mine, side=side, role=role, is_first=is_first,
        started=started, ended=ended, known=known, price=price, size=size,
        opened=merged.opened[rows], closed=merged.closed[rows], held=merged.held[rows],
    )  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class _Seen:
    paid: Floats
    paid_known: Times
    met: Floats
    mid: Floats
    mid_known: Times
    impact: Floats


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
    opening: _Opening,
    ends: tuple[Times, Times],
    read_limit: int,
    parameters: ScoreParameters,
) -> _Seen:
    fills, rows = inputs.fills, len(opening.wallet)
    end_at, close_at = ends
    lag = round(parameters.index_lag_seconds * 1e6)
    lengths = [parameters.latency_seconds, 3600.0, parameters.horizon_hours * 3600.0, 86_400.0]
    spans = np.array([round(seconds * 1e6) for seconds in lengths], dtype=np.int64)
    tolerances = np.array([COPY_TOLERANCE, *map(_tolerance, spans[1:].tolist()), CLOSE_TOLERANCE], dtype=np.int64)
    wanted = np.full(len(fills), -1, dtype=np.int32)
    wanted[opening.place] = np.arange(rows, dtype=np.int32)
    # An episode's own fills within the gap are the bet itself, not what came after it.
    gap = round(parameters.episode_gap_minutes * 60e6)
    looked_from = np.minimum(opening.ended, opening.started + gap)
    traded = np.zeros(len(fills) + 1, dtype=np.int64)
    np.cumsum(np.rint(fills["size"] * 1e6), out=traded[1:], dtype=np.int64)
    shape = (rows, len(HORIZONS))
    paid, paid_known, met = np.empty(rows), np.empty(rows, dtype=np.int64), np.empty(rows)
    mid, mid_known, impact = np.empty(shape), np.empty(shape, dtype=np.int64), np.empty(shape)
    own = np.zeros((rows, windows.READINGS), dtype=np.int64)
    prices, starts, group = inputs.prices, inputs.pair_starts, inputs.group
    tokens = np.ascontiguousarray(inputs.pairs.tokens)

    def look_at_own(first: int, last: int) -> None:
        mine = places[wallet_starts[first] : wallet_starts[last]]
        windows.own_volume(fills, mine, wanted, opening.mine, looked_from, close_at, spans, own)

    def look(first: int, last: int) -> None:
        windows.look_after(
            fills, starts, traded, wanted, looked_from, group, prices.starts, prices.at, prices.mid, tokens, close_at,
            spans, tolerances, OTHERS_SPAN, first, last, end_at, read_limit, lag, own, paid, paid_known, met, mid,
            mid_known, impact,
        )  # fmt: skip

    spread(look_at_own, ranges_of(wallet_starts))
    if (group >= 0).any():
        windows.group_volume(fills, starts, wanted, looked_from, group, close_at, spans, own)
    spread(look, ranges_of(starts))
    return _Seen(paid=paid, paid_known=paid_known, met=met, mid=mid, mid_known=mid_known, impact=impact)


def _tolerance(span: int) -> int:
    # A mid older than half its horizon does not say where the market stood at its end; hourly ones always do.
    return int(max(span // 2, min(span, HOUR * US)))


def _assemble(
    inputs: Inputs,
    evidence: Evidence,
    opening: _Opening,
    seen: _Seen,
    is_due: Flags,
    parameters: ScoreParameters,
    elsewhere: copier_cost.Measured | None,
) -> EvidenceFrame:
    tokens, token, market = inputs.tokens, opening.token, inputs.pairs.market[opening.pair]
    is_sold = opening.side < 0
    bought = np.where(is_sold, 1.0 - opening.price, opening.price)
    category = inputs.markets.category[market]
    costs = copier_cost.price_copies(
        copier_cost.Wanted(
            wallet=opening.wallet, token=token, market=market, category=category, is_sold=is_sold, role=opening.role,
            started=opening.started, known=opening.known, bought=bought, met=seen.met, paid=seen.paid,
            paid_known=seen.paid_known,
        ),
        inputs, evidence, parameters, elsewhere,
    )  # fmt: skip
    payout = np.where(is_sold, 1.0 - tokens.payout[token], tokens.payout[token])
    rows = len(token)
    horizon = np.empty(rows, np.int8)
    later, a, r, o, r_var, o_var = (np.empty(rows) for _ in range(6))

    def observe(first: int, last: int) -> None:
        parts.observe(
            costs.cost, payout, bought, seen.mid, seen.impact, is_due, parameters.impact_share, horizon, later, a, r, o,
            r_var, o_var, first, last,
        )  # fmt: skip

    spread(observe, even_ranges(rows))
    held = np.divide(opening.held, opening.closed * 1e6, out=np.full(rows, np.nan), where=opening.closed > 0.0)
    return EvidenceFrame(
        names=inputs.names,
        episode=inputs.fills["row"][opening.place].astype(np.int64),
        wallet=opening.wallet,
        token=token,
        market=market,
        event=inputs.pairs.event[opening.pair],
        category=category,
        side=opening.side,
        role=opening.role,
        started_at=opening.started,
        ended_at=opening.ended,
        known_at=opening.known,
        price=opening.price,
        bought=bought,
        size=opening.size,
        opened=opening.opened,
        stake=bought * opening.opened,
        held=held,
        start=costs.start,
        copy_price=costs.price,
        fee=costs.fee,
        cost=costs.cost,
        cost_source=costs.source,
        cost_known_at=costs.known_at,
        mid=seen.mid,
        mid_known_at=seen.mid_known,
        impact=seen.impact,
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


def _tally(inputs: Inputs, merged: Merged, counted: Flags) -> np.ndarray:
    event_of, category_of = inputs.pairs.event, inputs.markets.category[inputs.pairs.market]
    found = []
    for begin, end in merged.parts:
        room = np.empty(end - begin, dtype=facts.TALLY)
        rows = slice(begin, end)
        found.append(room[: facts.tally(merged.episodes[rows], counted[rows], event_of, category_of, room)])
    return np.concatenate(found)


def summed_up(frame: EvidenceFrame, tallies: np.ndarray, as_of: Instant) -> Built:
    """The facts of every wallet, from what its episodes add up to by event."""
    wallets, categories = len(frame.names.wallets), len(frame.names.categories)
    wallet, group = tallies["wallet"], tallies["wallet"] * np.int64(categories) + tallies["category"]
    maker, taker = (
        np.bincount(group, tallies[name], wallets * categories).astype(float).reshape(wallets, categories)
        for name in ("maker", "taker")
    )
    smaller, bought = (np.bincount(wallet, tallies[name], wallets) for name in ("smaller", "bought"))
    last_at, hold = np.zeros(wallets, dtype=np.int64), np.full(wallets, np.nan)
    np.maximum.at(last_at, wallet, tallies["last_at"])
    # What was never left was held until its payout was known, or until now.
    until = np.minimum(frame.payout_known_at, as_of * US)
    held = np.where(np.isnan(frame.held), (until - frame.started_at) / 1e6, frame.held) / 3600.0
    facts.median_holds(frame.wallet, held, 0, len(frame), hold)
    facts_of = WalletFacts(
        maker_notional=maker.sum(axis=1),
        taker_notional=taker.sum(axis=1),
        both_sides=np.divide(smaller, bought, out=np.zeros(wallets), where=bought > 0.0),
        hold_hours=hold,
        last_at=last_at,
    )
    return Built(frame=frame, tallies=tallies, facts=facts_of, maker=maker, taker=taker)
