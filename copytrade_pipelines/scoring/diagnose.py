"""What a score says about a wallet beyond its edge, worked out for those whose edge deserves the work."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy.special import ndtr

from copytrade_live.core.market import DAY, SECOND, Instant
from copytrade_pipelines.scoring.capacity import measure_capacity
from copytrade_pipelines.scoring.codes import codes_in
from copytrade_pipelines.scoring.crowding import measure_crowding
from copytrade_pipelines.scoring.evidence import Evidence, moment, span
from copytrade_pipelines.scoring.frame import SELL, EvidenceFrame
from copytrade_pipelines.scoring.groups import episode_weights, members_of
from copytrade_pipelines.scoring.ladders import ladders_of, line_of
from copytrade_pipelines.scoring.latency import break_even
from copytrade_pipelines.scoring.latency_curve import BOOK_WAIT_SECONDS, edges_by_delay, fees_of, price_drift
from copytrade_pipelines.scoring.observations import Events
from copytrade_pipelines.scoring.parameters import ScoreParameters
from copytrade_pipelines.scoring.regime import FALSE_ALARMS, find_decay
from copytrade_pipelines.scoring.shrinkage import UNKNOWN_VARIANCE

# A wallet that surely earns is looked at too, so that "profitable but not copyable" is told apart from bad.
OWN_EDGE_SURE = 0.90
CURVE_DIGITS = 6
BY_WALLET = ("crowding", "decay_alarm", "decay_before", "decay_after")
ADDED = {
    "cluster_id": "VARCHAR",
    "crowding": "DOUBLE",
    "decay_alarm": "BOOLEAN",
    "capacity_is_modelled": "BOOLEAN",
    # At each of scoring.latency_delays.
    "edge_by_delay": "DOUBLE[]",
}


def diagnose(
    rows: pd.DataFrame,
    frame: EvidenceFrame,
    events: Events,
    known: Evidence,
    as_of: Instant,
    parameters: ScoreParameters,
) -> pd.DataFrame:
    """Add breakeven_latency, capacity, crowding, decay and cluster to score rows; what was not looked at is missing.

    Shape: rows with wallet_code, edge, p_pos and last_event_at; known is cut to as_of. Also adds is_diagnosed,
    decay_before, decay_after and idle_days, which only explain() reads.
    """
    rows = rows.reset_index(drop=True)
    asked = deserving(rows, parameters)
    hands = _hands(frame, known.clusters)
    code = rows["wallet_code"].to_numpy(np.int64)
    wallets = np.zeros(len(frame.names.wallets), dtype=bool)
    wallets[code[asked]] = True
    found = {
        "breakeven_latency": np.full(len(rows), np.nan),
        "edge_by_delay": np.full(len(rows), None, dtype=object),
        "capacity": np.full(len(rows), np.nan),
        "capacity_is_modelled": np.full(len(rows), False),
    }
    by_wallet = dict.fromkeys(BY_WALLET, np.full(len(wallets), np.nan))
    if asked.any():
        own = frame.take(wallets[frame.wallet])
        for name, values in _copyability(rows[asked], own, known, as_of, parameters).items():
            found[name][np.flatnonzero(asked)] = values
        by_wallet = {"crowding": measure_crowding(frame, hands.number, wallets), **_decay(events, wallets)}
    idle = (moment(as_of) - rows["last_event_at"]) / span(DAY / SECOND)
    rows = rows.assign(is_diagnosed=asked, idle_days=idle, cluster_id=hands.cluster_id[code])
    return rows.assign(**found, **{name: values[code] for name, values in by_wallet.items()})


def deserving(rows: pd.DataFrame, parameters: ScoreParameters) -> np.ndarray:
    """The rows worth the work: copying likely pays, or the wallet itself surely earns."""
    sd = np.maximum(rows["edge_sd"].to_numpy(float), 1e-12)
    own = ndtr((rows["edge_mean"] + rows["copy_cost_mean"]).to_numpy(float) / sd)
    likely = (rows["p_pos"] >= parameters.diagnose_above).to_numpy(bool)
    return np.asarray((rows["n_events"] > 0).to_numpy(bool) & (likely | (own >= OWN_EDGE_SURE)))


def _copyability(
    rows: pd.DataFrame, frame: EvidenceFrame, known: Evidence, as_of: Instant, parameters: ScoreParameters
) -> dict[str, np.ndarray]:
    latency, stake = parameters.latency_seconds, parameters.reference_stake
    # Only the books of tokens that are asked about are walked.
    asked = np.zeros(len(frame.names.tokens) + 1, dtype=bool)
    asked[frame.token] = True
    books = known.books[asked[codes_in(frame.names.tokens, known.books["token_id"])]]
    ladders = ladders_of(books, frame.names.tokens)
    members, weights = members_of(rows, frame), episode_weights(frame, as_of, parameters)
    drift = price_drift(
        frame,
        ladders,
        known.prices,
        fees_of(frame, known.markets),
        parameters.latency_delays,
        latency=latency,
        stake=stake,
    )
    edge = rows["edge_mean"].to_numpy(float)
    at = frame.started_at // 1000 + round(latency * 1000)
    met = ladders.after(line_of(frame.token, frame.side == SELL), at, BOOK_WAIT_SECONDS)
    capacity = measure_capacity(members, edge, frame.copy_price, ladders, met, stake)
    late = edges_by_delay(edge, drift, members, weights)
    return {
        "breakeven_latency": break_even(parameters.latency_delays, late),
        "edge_by_delay": _lists(late),
        "capacity": capacity.usd,
        "capacity_is_modelled": capacity.is_modelled,
    }


def _decay(events: Events, wallets: np.ndarray) -> dict[str, np.ndarray]:
    # Two looks share the false alarms: at how the mid moved after a copy, and at how what is over ended. One mean of
    # both would fall at the end, where outcomes are still to come.
    own = np.flatnonzero(wallets[events.wallet])
    order = own[np.lexsort((events.event[own], events.last_at[own], events.wallet[own]))]
    a, r, o = (events.column(name)[order] for name in ("a", "r", "o"))
    r_sd, o_sd = (np.nan_to_num(events.column(name)[order]) for name in ("r_sd", "o_sd"))
    ended = np.where(np.isnan(o), a + r, o)
    noise = UNKNOWN_VARIANCE + np.where(np.isnan(o), r_sd, o_sd) ** 2
    looks = []
    for edge, variance in ((a, np.full(len(a), UNKNOWN_VARIANCE)), (ended, noise)):
        seen = ~np.isnan(edge)
        group = events.wallet[order][seen].astype(np.int64)
        looks.append(find_decay(group, edge[seen], variance[seen], len(wallets), FALSE_ALARMS / 2.0))
    mids, ends = looks
    before, after = (np.where(mids.alarm, of_mids, of_ends) for of_mids, of_ends in
                     ((mids.before, ends.before), (mids.after, ends.after)))  # fmt: skip
    alarm = np.where(wallets, mids.alarm | ends.alarm, np.nan)
    return {"decay_alarm": alarm, "decay_before": before, "decay_after": after}


def _lists(values: np.ndarray) -> np.ndarray:
    lists = np.empty(len(values), dtype=object)
    lists[:] = np.round(values, CURVE_DIGITS).tolist()
    return lists


@dataclass(frozen=True, slots=True)
class _Hands:
    """By wallet code: a number of its cluster (-1: none), and the cluster's id."""

    number: np.ndarray
    cluster_id: np.ndarray


def _hands(frame: EvidenceFrame, clusters: pd.DataFrame) -> _Hands:
    wallets = len(frame.names.wallets)
    number, cluster_id = np.full(wallets, -1, dtype=np.int64), np.full(wallets, None, dtype=object)
    member = clusters[clusters["cluster_id"].notna()]
    code = codes_in(frame.names.wallets, member["wallet"])
    seen = code >= 0
    # Above every wallet's own number, so that no cluster is taken for a wallet.
    number[code[seen]] = wallets + pd.factorize(member["cluster_id"])[0][seen]
    cluster_id[code[seen]] = member["cluster_id"].to_numpy(object)[seen]
    return _Hands(number, cluster_id)
