"""Judges frozen scores by what happened after: one row a version and horizon, everything known at one as_of."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from copytrade_live.core.market import DAY, Instant
from copytrade_pipelines.scoring.columns import Frame
from copytrade_pipelines.scoring.evidence import moment
from copytrade_pipelines.scoring.frame import EvidenceFrame, Flags, Floats
from copytrade_pipelines.scoring.report_card.baselines import BASELINES, RANDOM, RANKED, baseline_scores
from copytrade_pipelines.scoring.report_card.calibration import Calibration, calibrate
from copytrade_pipelines.scoring.report_card.columns import COLUMNS, detail_text
from copytrade_pipelines.scoring.report_card.frozen import Frozen, freeze, pool_of
from copytrade_pipelines.scoring.report_card.judged import Judged, after, judged_events, settled_bets
from copytrade_pipelines.scoring.report_card.lists import Earned, Places, best, curve, means, random_lists, totals
from copytrade_pipelines.scoring.report_card.resampling import UNKNOWN, Interval, rank_correlation, resampled, within
from copytrade_pipelines.scoring.report_card.rules import CardRules, Verdict
from copytrade_pipelines.scoring.report_card.verdict import Measured, judge, overall

FAVOURITE_PRICE = 0.92
DECILE = 0.1
# Cards are made weekly: a list is compared with the one a card before.
CARD_STEP = 7 * DAY
GRID_POINTS = 60
RANDOM_BAND = (0.05, 0.95)
RANDOM_LISTS = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """What is asked: how good were these versions' scores, seen from as_of.

    Shape: scores as marts.fct_trader_scores, fills and outcomes as scores are made of; rows that were not known at
    as_of, or at a freeze, are not looked at. frame is the evidence as of as_of.
    """

    as_of: Instant
    versions: tuple[str, ...]
    champion: str
    scores: pd.DataFrame
    frame: EvidenceFrame
    fills: Frame
    outcomes: Frame


def judge_scores(question: Question, rules: CardRules) -> pd.DataFrame:
    """The report card (COLUMNS): a row a version and horizon; draws depend on as_of and horizon alone."""
    rows = [row for days in rules.horizons_days for row in _Period(question, rules, days).rows()]
    table = pd.DataFrame(rows, columns=list(COLUMNS))
    decisions = {
        version: overall([(int(days), Verdict(said)) for days, said in group[["horizon_days", "verdict"]].to_numpy()])
        for version, group in table.groupby("score_version", sort=False)
    }
    table["card_verdict"] = [str(decisions[version][1]) for version in table["score_version"]]
    table["decided_by_days"] = [decisions[version][0] for version in table["score_version"]]
    return table.astype({"decided_by_days": "Int64"})


class _Period:
    """One horizon: what was frozen, and what came after."""

    def __init__(self, question: Question, rules: CardRules, days: int) -> None:
        self._question, self._rules, self._days = question, rules, days
        self._frozen_at = question.as_of - days * DAY
        self._draw = np.random.default_rng([question.as_of, days])
        self._wallets = pool_of(question.scores, self._frozen_at, question.versions)
        self._versions = [self._freeze(version, self._frozen_at) for version in question.versions]
        rows, place = after(question.frame, self._frozen_at, self._wallets)
        self._judged = judged_events(rows, place, rules.stake_cap_multiple)
        self._bets = settled_bets(rows, place)
        self._length = _list_length(len(self._wallets), rules)

    def rows(self) -> list[dict[str, object]]:
        """One row a version."""
        if not len(self._wallets) or not len(self._judged):
            return [self._row(frozen, None, None) for frozen in self._versions]
        earnings = _Earnings(self._question, self._rules, self._judged, self._versions, self._lists(), self._draw)
        return [self._row(frozen, earnings, self._calibrate(frozen)) for frozen in self._versions]

    def _freeze(self, version: str, at: Instant) -> Frozen:
        return freeze(self._question.scores, at, version, self._wallets, self._rules)

    def _lists(self) -> dict[str, Flags]:
        question, tenth = self._question, max(1, round(DECILE * len(self._wallets)))
        scores = baseline_scores(question.fills, question.outcomes, self._frozen_at, self._wallets)
        lists = {name: best(scores[name], self._length) for name in RANKED}
        lists[RANDOM] = np.ones(len(self._wallets), dtype=bool)
        for frozen in self._versions:
            lists[f"top {frozen.version}"] = best(frozen.followable, self._length)
            lists[f"decile {frozen.version}"] = best(frozen.followable, tenth)
        return lists

    def _calibrate(self, frozen: Frozen) -> Calibration:
        return calibrate(self._bets, frozen.beliefs, self._rules.resamples, self._draw)

    def _row(self, frozen: Frozen, earnings: _Earnings | None, calibration: Calibration | None) -> dict[str, object]:
        question = self._question
        row: dict[str, object] = {
            "as_of": moment(question.as_of),
            "known_at": moment(question.as_of),
            "score_version": frozen.version,
            "is_champion": frozen.version == question.champion,
            "horizon_days": self._days,
            "frozen_at": moment(self._frozen_at),
            "scored_at": None if frozen.scored_at is None else moment(frozen.scored_at),
            "wallets_scored": int(frozen.is_scored.sum()),
            "list_length": self._length,
            **self._composition(frozen),
        }
        if earnings is None or calibration is None:
            return row | self._nothing(frozen)
        return row | earnings.row(frozen, calibration, self._grid())

    def _nothing(self, frozen: Frozen) -> dict[str, object]:
        missing = (
            "no scores were known" if frozen.scored_at is None else "nothing a copier could have earned on is known"
        )
        run = f"copytrade score --backfill-days {self._days}"
        said = f"{missing} {self._days} days before the card; score earlier days with: {run}"
        return {
            "wallets_judged": 0,
            "events": 0,
            "verdict": str(Verdict.INSUFFICIENT),
            "reasons": [said],
            "detail": "{}",
        }

    def _composition(self, frozen: Frozen) -> dict[str, object]:
        # Before refusals: what the score itself would have people copy.
        raw = best(frozen.score, self._length)
        before = self._freeze(frozen.version, self._frozen_at - CARD_STEP)
        listed, earlier = best(frozen.followable, self._length), best(before.followable, self._length)
        return {
            "favourite_share": _share(self._is_favourite_buyer()[raw]),
            "maker_share": _share(frozen.is_maker[raw]),
            "turnover": _share(~earlier[listed]) if earlier.any() else np.nan,
        }

    def _is_favourite_buyer(self) -> Flags:
        frame = self._question.frame
        rows = np.flatnonzero(frame.known_at <= self._frozen_at * 1000)
        median = pd.Series(frame.bought[rows]).groupby(frame.names.wallets[frame.wallet[rows]]).median()
        return np.asarray(median.reindex(self._wallets).to_numpy(float) >= FAVOURITE_PRICE)

    def _grid(self) -> np.ndarray:
        return np.linspace(self._frozen_at * 1000, self._question.as_of * 1000, GRID_POINTS).astype(np.int64)


class _Earnings:
    """What every list of one period earned, with intervals from the same resampled events for all."""

    def __init__(
        self,
        question: Question,
        rules: CardRules,
        judged: Judged,
        versions: Sequence[Frozen],
        lists: dict[str, Flags],
        draw: np.random.Generator,
    ) -> None:
        self._question, self._rules, self._judged, self._lists = question, rules, judged, lists
        self._versions = versions
        self._place = {name: place for place, name in enumerate(lists)}
        self._members = np.stack(list(lists.values())).astype(float)
        length = int(lists[f"top {question.champion}"].sum()) if f"top {question.champion}" in lists else 0
        self._random = random_lists(self._members.shape[1], max(length, 1), RANDOM_LISTS, draw)
        self._found = self._measure(np.ones(len(judged)), np.ones(self._members.shape[1], dtype=np.int64))
        self._draws = resampled(self._measure, judged.event, judged.wallet, rules.resamples, draw)

    def _measure(self, weight: Floats, repeats: Places) -> Floats:
        # The rank correlation of each version, then edge and return of each list.
        sums = totals(self._judged, self._members.shape[1], weight)
        correlations = []
        for frozen in self._versions:
            seen = np.flatnonzero((sums[0] > 0.0) & frozen.is_scored)
            seen = np.repeat(seen, repeats[seen])
            correlations.append(rank_correlation(frozen.score[seen], sums[1, seen] / sums[0, seen]))
        lists = self._earned(sums)
        return np.concatenate([correlations, lists.edge, lists.roi])

    def _earned(self, sums: Floats) -> Earned:
        return means(*(self._members @ part for part in sums))

    def _interval(self, *places: int) -> Interval:
        # One measure, or the first less the second.
        def pick(values: Floats) -> Floats:
            found = values[..., places[0]]
            return np.asarray(found - values[..., places[1]] if len(places) > 1 else found)

        return self._draws.interval(float(pick(self._found)), pick, self._rules.confidence)

    def _edge(self, name: str) -> int:
        return len(self._versions) + self._place[name]

    def _roi(self, name: str) -> int:
        return len(self._versions) + len(self._place) + self._place[name]

    def row(self, frozen: Frozen, calibration: Calibration, grid: np.ndarray) -> dict[str, object]:
        """Everything measured of one version, and the verdict."""
        version = frozen.version
        top, tenth, champion = f"top {version}", f"decile {version}", f"top {self._question.champion}"
        seen = frozen.is_scored[self._judged.wallet]
        excess = {name: self._interval(self._roi(top), self._roi(name)) for name in BASELINES}
        measured = Measured(
            events=len(np.unique(self._judged.event[seen])),
            wallets=len(np.unique(self._judged.wallet[seen])),
            ic=within(self._interval([kept.version for kept in self._versions].index(version)), -1.0, 1.0),
            roi=self._interval(self._roi(top)),
            excess=excess,
            calibration=calibration,
        )
        verdict, reasons = judge(measured, self._rules)
        is_champion = version == self._question.champion
        beyond = UNKNOWN if is_champion or champion not in self._place else self._versus(top, champion)
        return {
            "wallets_judged": measured.wallets,
            "events": measured.events,
            "settled_share": self._judged.settled_share,
            **_named("ic", measured.ic),
            "top_wallets": int(self._lists[top].sum()),
            "top_events": int(self._lists[top][self._judged.wallet].sum()),
            **_named("top_edge", self._interval(self._edge(top))),
            **_named("top_roi", measured.roi),
            **_named("decile_edge", self._interval(self._edge(tenth))),
            **_named("decile_roi", self._interval(self._roi(tenth))),
            **self._baselines(excess),
            "calibration_error": calibration.error,
            "calibration_error_low": calibration.low,
            "calibration_error_high": calibration.high,
            "reliability_error": calibration.reliability_error,
            "pit_error": calibration.pit_error,
            "calibration_chance": calibration.chance,
            **_named("beyond_champion", beyond),
            "says": _compared(version, self._question.champion, beyond),
            "verdict": str(verdict),
            "reasons": reasons,
            "detail": detail_text(calibration, grid, self._curves(top, grid)),
        }

    def _versus(self, top: str, champion: str) -> Interval:
        return self._interval(self._roi(top), self._roi(champion))

    def _baselines(self, excess: dict[str, Interval]) -> dict[str, object]:
        row: dict[str, object] = {}
        for name in BASELINES:
            row[f"{name}_roi"] = float(self._found[self._roi(name)])
            row |= _named(f"beyond_{name}", excess[name])
        sums = totals(self._judged, self._members.shape[1], np.ones(len(self._judged)))
        every = means(*(part[self._random].sum(axis=1) for part in sums)).roi
        known = every[~np.isnan(every)]
        low, high = np.quantile(known, RANDOM_BAND) if len(known) else (np.nan, np.nan)
        return row | {"random_roi_low": float(low), "random_roi_high": float(high)}

    def _random_members(self) -> Iterator[Flags]:
        for places in self._random:
            chosen = np.zeros(self._members.shape[1], dtype=bool)
            chosen[places] = True
            yield chosen

    def _curves(self, top: str, grid: np.ndarray) -> dict[str, Floats]:
        lists = {"top": self._lists[top], **{name: self._lists[name] for name in RANKED}}
        every = np.stack([curve(row, self._judged, grid) for row in self._random_members()])
        low, high = np.quantile(every, RANDOM_BAND, axis=0)
        found = {name: curve(chosen, self._judged, grid) for name, chosen in lists.items()}
        return found | {"random": np.median(every, axis=0), "random_low": low, "random_high": high}


def _list_length(pool: int, rules: CardRules) -> int:
    return max(1, min(rules.top_k, int(rules.max_list_share * pool)))


def _share(flags: Flags) -> float:
    return float(flags.mean()) if len(flags) else float("nan")


def _named(name: str, found: Interval) -> dict[str, object]:
    return {name: found.value, f"{name}_low": found.low, f"{name}_high": found.high}


def _compared(version: str, champion: str, beyond: Interval) -> str:
    if version == champion:
        return f"{version} is the champion"
    if np.isnan(beyond.low):
        return f"{version} could not be compared with {champion}"
    said = (
        f"copying the list of {version} earned {beyond.value:+.3f} per dollar [{beyond.low:+.3f}, {beyond.high:+.3f}]"
    )
    if beyond.low > 0.0:
        return f"{said} beyond that of {champion}: it beats the champion"
    return f"{said} beyond that of {champion}: it is {'worse' if beyond.high < 0.0 else 'not shown to be better'}"
