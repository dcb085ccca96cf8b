"""Evidence kept from an earlier as_of, with only the events made again about which something became known since.

An event stands by itself: episodes, netting, prices and mids of one say nothing of another. So a refresh makes the
dirty events from their fills and puts them in the place of what was kept; sums are then added up over the same rows in
the same order as if everything had been made at once, and equal them to the last digit. Two things reach across
events: what copying costs in a category (a median over the measured episodes of an earlier week) and what our own
copies cost. A kept row whose guess no longer holds makes its event dirty; new means over our copies make all so.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, fields, replace

import numpy as np
import pandas as pd

from copytrade_live.core.market import DAY, HOUR, Instant
from copytrade_pipelines.scoring.codes import codes_in
from copytrade_pipelines.scoring.columns import Frame, ids, times
from copytrade_pipelines.scoring.copier_cost import Measured, copy_means, usual_slippage
from copytrade_pipelines.scoring.engine import CLOSE_LEAD, US, build
from copytrade_pipelines.scoring.evidence import Evidence, fills_known_by, known_by
from copytrade_pipelines.scoring.frame import CATEGORY, MODEL, OTHERS, EvidenceFrame, Flags, Names
from copytrade_pipelines.scoring.inputs import read_inputs
from copytrade_pipelines.scoring.parameters import ScoreParameters
from copytrade_pipelines.scoring.scores import Collected, finish, watched_of

# Which names a code column refers to.
_KINDS = {"wallet": "wallets", "token": "tokens", "market": "markets", "event": "events", "category": "categories"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Kept:
    """What an earlier collection left, whom it scored, and as of when and by which parameters it was made.

    copies (wallet, mean) are the mean slippages that were believed, that of everybody without a wallet's name; hands
    (wallet, cluster_id) who was taken for one; stated (id, event, digest) what was said of markets and payouts. The
    last two are for who compares; refresh does not read them.
    """

    frame: EvidenceFrame
    tallies: np.ndarray
    scored: np.ndarray
    copies: pd.DataFrame
    hands: pd.DataFrame
    stated: pd.DataFrame
    as_of: Instant
    parameters: ScoreParameters


def scored_wallets(collected: Collected) -> np.ndarray:
    """Whom a collection scored."""
    return np.asarray(collected.built.frame.names.wallets[~np.isnan(collected.coverage)])


def keep(collected: Collected, as_of: Instant, parameters: ScoreParameters, stated: pd.DataFrame | None = None) -> Kept:
    """What a collection leaves."""
    built = collected.built
    return Kept(
        frame=built.frame,
        tallies=built.tallies,
        scored=scored_wallets(collected),
        copies=_believed(collected.known.copies),
        hands=collected.known.clusters[["wallet", "cluster_id"]].dropna(),
        stated=pd.DataFrame(columns=["id", "event", "digest"]) if stated is None else stated,
        as_of=as_of,
        parameters=parameters,
    )


# Every fill and all evidence of some events, by their ids.
Read = Callable[[np.ndarray], tuple[Frame, Evidence]]


def refresh(kept: Kept, changed: np.ndarray, news: Evidence, read: Read, as_of: Instant) -> Collected | None:
    """What scores.collect would give now, from what was kept.

    Shape: changed are the ids of events of which a fill became known since, or about which any row was written since,
    whatever its times say; what time alone brought is found here. news is all evidence, or at least every market and
    what became known or was written since; read gives all of some events, and every wallet and copy of ours.
    Returns: None where everything must be made again.
    """
    known_copies = news.copies[times(news.copies, "known_at") <= as_of * US]
    if as_of < kept.as_of or not _believed(known_copies).equals(kept.copies):
        return None
    names = kept.frame.names
    dirty = np.unique(np.concatenate([changed, names.events[_stirred(kept, news, as_of)]]))
    while True:
        again = _make_again(kept, dirty, read, as_of)
        stale = _stale_guesses(again.frame)
        if not len(stale):
            return finish(again.frame, again.tallies, again.known, again.watched, as_of, kept.parameters)
        dirty = np.union1d(dirty, stale)


@dataclass(frozen=True, slots=True, kw_only=True)
class _MadeAgain:
    """All episodes with those of the dirty events made again, and the evidence as it is known now."""

    frame: EvidenceFrame
    tallies: np.ndarray
    known: Evidence
    watched: pd.DataFrame


def _believed(copies: pd.DataFrame) -> pd.DataFrame:
    everyone, trusted = copy_means(copies)
    wallets, means = ["", *map(str, trusted.index)], [everyone, *trusted]
    return pd.DataFrame({"wallet": np.array(wallets, dtype=object), "mean": np.array(means, dtype=float)})


def _stirred(kept: Kept, evidence: Evidence, as_of: Instant) -> Flags:
    """Which kept events time alone has changed: something became known, could be read, or grew too old."""
    frame, tallies, parameters = kept.frame, kept.tallies, kept.parameters
    then, now, lag = kept.as_of * US, as_of * US, round(parameters.index_lag_seconds * 1e6)
    names = frame.names
    stirred = np.zeros(len(names.events), dtype=bool)
    of_market, of_token = _events_of(frame, evidence)

    def stir(codes: np.ndarray, event_of: np.ndarray) -> None:
        events = event_of[codes[codes >= 0]]
        stirred[events[events >= 0]] = True

    for table, name, late in (("outcomes", "known_at", 0), ("books", "observed_at", 0), ("prices", "at", lag)):
        rows = getattr(evidence, table)
        at = times(rows, name)
        fresh = np.flatnonzero((at > then - late) & (at <= now - late))
        if len(fresh):
            stir(codes_in(names.tokens, _rows(ids(rows, "token_id"), fresh)), of_token)
    for name, early in (("closed_at", 0), ("end_at", CLOSE_LEAD), ("closed_at", CLOSE_LEAD)):
        at = times(evidence.markets, name) - early
        limits = (then, now) if early == 0 else (then - lag, now - lag)
        fresh = np.flatnonzero((at > limits[0]) & (at <= limits[1]))
        stir(codes_in(names.markets, _rows(ids(evidence.markets, "condition_id"), fresh)), of_market)
    longest = max(24 * HOUR * US, round(parameters.horizon_hours * HOUR * US))
    stirred[frame.event[frame.started_at > then - lag - longest]] = True
    oldest = now - round(parameters.history_days * DAY * US)
    stirred[tallies["event"][tallies["first_at"] < oldest]] = True
    return stirred


def _rows(column: object, rows: np.ndarray) -> object:
    return column.take(rows) if not hasattr(column, "iloc") else column.iloc[rows]  # type: ignore[attr-defined]


def _events_of(frame: EvidenceFrame, evidence: Evidence) -> tuple[np.ndarray, np.ndarray]:
    # Of every market and token that was ever named, whether or not an episode of it opened.
    names = frame.names
    of_market, of_token = np.full(len(names.markets), -1), np.full(len(names.tokens), -1)
    of_market[frame.market], of_token[frame.token] = frame.event, frame.event
    code = codes_in(names.markets, ids(evidence.markets, "condition_id"))
    event = codes_in(names.events, evidence.markets["event_id"].fillna(evidence.markets["condition_id"]))
    of_market[code[code >= 0]] = event[code >= 0]
    if "token_ids" in evidence.markets:
        for place in (0, 1):
            tokens = evidence.markets["token_ids"].str[place]
            has = tokens.notna().to_numpy()
            token = codes_in(names.tokens, tokens[has])
            of_token[token[token >= 0]] = event[has][token >= 0]
    return of_market, of_token


def _make_again(kept: Kept, dirty: np.ndarray, read: Read, as_of: Instant) -> _MadeAgain:
    parameters, old = kept.parameters, kept.frame
    fills, evidence = read(dirty)
    known = known_by(evidence, as_of, parameters)
    watched = watched_of(known)
    inputs = read_inputs(fills_known_by(fills, as_of), replace(known, wallets=watched))
    is_dirty = codes_in(dirty, old.names.events) >= 0
    rows, clean = ~is_dirty[old.event], ~is_dirty[kept.tallies["event"]]
    asked = np.flatnonzero(rows & (old.cost_source <= OTHERS))
    category = codes_in(inputs.names.categories, old.names.categories)
    elsewhere = Measured(
        category=category[old.category[asked]],
        started=old.started_at[asked],
        slippage=old.copy_price[asked] - old.start[asked],
    )
    frame, tallies = build(inputs, known, as_of, parameters, elsewhere)
    names = _all_names(old.names, inputs.names)
    whole = _spliced(_renamed(old.take(np.flatnonzero(rows)), names), _renamed(frame, names))
    told = _spliced_tallies(
        _renamed_tallies(kept.tallies[clean], old.names, names), _renamed_tallies(tallies, inputs.names, names)
    )
    return _MadeAgain(frame=whole, tallies=told, known=known, watched=watched)


def _all_names(some: Names, others: Names) -> Names:
    return Names(**{kind: _union(getattr(some, kind), getattr(others, kind)) for kind in _KINDS.values()})


def _union(some: np.ndarray, others: np.ndarray) -> np.ndarray:
    fresh = others[codes_in(some, others) < 0] if len(others) else others
    return np.union1d(some, fresh) if len(fresh) else some


def _renamed(frame: EvidenceFrame, names: Names) -> EvidenceFrame:
    changed = {}
    for column, kind in _KINDS.items():
        old, new = getattr(frame.names, kind), getattr(names, kind)
        if old is not new:
            changed[column] = codes_in(new, old)[getattr(frame, column)]
    return replace(frame, names=names, **changed)


def _renamed_tallies(tallies: np.ndarray, old: Names, new: Names) -> np.ndarray:
    renamed = tallies.copy()
    for column in ("wallet", "event", "category"):
        kind = _KINDS[column]
        renamed[column] = codes_in(getattr(new, kind), getattr(old, kind))[tallies[column]]
    return renamed


def _places(old: tuple[np.ndarray, np.ndarray], new: tuple[np.ndarray, np.ndarray], events: int) -> np.ndarray:
    keys = [wallet.astype(np.int64) * max(events, 1) + event for wallet, event in (old, new)]
    return np.asarray(np.searchsorted(*keys))


def _spliced(old: EvidenceFrame, new: EvidenceFrame) -> EvidenceFrame:
    # No wallet's event is in both, so the new rows go between whole events of the old ones.
    places = _places((old.wallet, old.event), (new.wallet, new.event), len(old.names.events))
    columns = {
        field.name: np.insert(getattr(old, field.name), places, getattr(new, field.name), axis=0)
        for field in fields(EvidenceFrame)
        if field.name not in ("names", "episode")
    }
    return EvidenceFrame(names=old.names, episode=np.full(len(columns["wallet"]), -1), **columns)


def _spliced_tallies(old: np.ndarray, new: np.ndarray) -> np.ndarray:
    events = int(max(old["event"].max(initial=0), new["event"].max(initial=0))) + 1
    places = _places((old["wallet"], old["event"]), (new["wallet"], new["event"]), events)
    whole = np.empty(len(old) + len(new), dtype=old.dtype)
    at = places + np.arange(len(new))
    is_old = np.ones(len(whole), dtype=bool)
    is_old[at] = False
    whole[is_old], whole[at] = old, new
    return whole


def _stale_guesses(frame: EvidenceFrame) -> np.ndarray:
    """Events with an episode that would be priced by another slippage of its category now."""
    measured = frame.cost_source <= OTHERS
    seen = Measured(
        category=frame.category[measured],
        started=frame.started_at[measured],
        slippage=(frame.copy_price - frame.start)[measured],
    )
    guessed = np.flatnonzero((frame.cost_source == CATEGORY) | (frame.cost_source == MODEL))
    usual = usual_slippage(seen, len(frame.names.categories), frame.category[guessed], frame.started_at[guessed])
    was_usual = frame.cost_source[guessed] == CATEGORY
    paid = (frame.copy_price - frame.start)[guessed]
    holds = np.where(was_usual, np.abs(paid - usual) <= 1e-12, np.isnan(usual))
    return np.unique(frame.names.events[frame.event[guessed[~holds]]])
