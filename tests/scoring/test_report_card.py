"""What the report card says of scores of known worth, and that its intervals and probabilities can be relied on."""

from __future__ import annotations

import json
from dataclasses import replace
from functools import cache

import numpy as np
import pandas as pd
import pytest
from scipy.special import ndtr

from copytrade_live.settings import CopytradeConfig, ReportCardConfig
from copytrade_pipelines.scoring.evidence import moment
from copytrade_pipelines.scoring.report_card.baselines import baseline_scores
from copytrade_pipelines.scoring.report_card.calibration import Beliefs, calibrate
from copytrade_pipelines.scoring.report_card.card import Question, judge_scores
from copytrade_pipelines.scoring.report_card.columns import COLUMNS
from copytrade_pipelines.scoring.report_card.judged import Bets, after, judged_events, settled_bets
from copytrade_pipelines.scoring.report_card.resampling import Interval, rank_correlation, resampled
from copytrade_pipelines.scoring.report_card.rules import Verdict
from copytrade_pipelines.scoring.report_card.verdict import above, overall
from tests.scoring.card_world import (
    AS_OF,
    DAY,
    HORIZON,
    RULES,
    belief,
    card_rules,
    draw_wallets,
    question,
    scores_of,
    versions_of,
)
from tests.scoring.frames import START_MS, episode, frame_of

FROZEN = AS_OF - HORIZON * DAY


@cache
def asked() -> Question:
    return question(3)


@cache
def card() -> pd.DataFrame:
    return judge_scores(asked(), RULES).set_index("score_version")


def test_skill_that_was_told_passes() -> None:
    right = card().loc["right"]
    assert right["verdict"] == Verdict.PASSED, right["reasons"]
    assert right["ic_low"] > 0.2
    assert right["top_roi"] > right["random_roi_high"]
    assert right["top_edge_low"] > 0.0
    assert right["decile_roi"] > right["top_roi"]
    assert right["settled_share"] == 1.0
    assert right["events"] == 240 * 40


def test_scores_without_skill_fail_and_the_reasons_name_value_and_limit() -> None:
    luck = card().loc["luck"]
    assert luck["verdict"] == Verdict.FAILED
    assert len(luck["reasons"]) >= 2
    assert all("bound below " in reason or "above 0.100" in reason for reason in luck["reasons"])
    assert luck["says"].endswith("beyond that of right: it is worse")


def test_probabilities_that_are_too_sure_fail_though_the_ranks_are_right() -> None:
    sure, right = card().loc["sure"], card().loc["right"]
    assert sure["ic"] == right["ic"]
    assert sure["verdict"] == Verdict.FAILED
    (reason,) = sure["reasons"]
    assert reason.startswith("calibration error 0.1")
    assert right["calibration_error_high"] < 0.1 < sure["calibration_error_low"]


def test_a_challenger_that_knows_more_beats_the_champion() -> None:
    found = judge_scores(replace(asked(), champion="luck"), RULES).set_index("score_version")
    assert found.loc["right", "says"].endswith("beyond that of luck: it beats the champion")
    assert found.loc["right", "beyond_champion_low"] > 0.0
    assert found["is_champion"].sum() == 1


def test_the_same_question_has_the_same_answer() -> None:
    pd.testing.assert_frame_equal(judge_scores(asked(), RULES).set_index("score_version"), card())
    assert list(judge_scores(asked(), RULES).columns) == list(COLUMNS)


def test_nothing_that_was_known_later_changes_a_card() -> None:
    known = asked()
    later = versions_of(draw_wallets(9), FROZEN + 1)
    fills = known.fills.assign(side="SELL", observed_at=moment(AS_OF + 1), fill_id="later")
    changed = known.outcomes.assign(payout=1.0 - known.outcomes["payout"], known_at=moment(AS_OF + 1))
    told = replace(
        known,
        scores=pd.concat([known.scores, later], ignore_index=True),
        fills=pd.concat([known.fills, fills], ignore_index=True),
        outcomes=pd.concat([known.outcomes, changed], ignore_index=True),
    )
    pd.testing.assert_frame_equal(judge_scores(told, RULES).set_index("score_version"), card())


def test_too_little_evidence_is_said_and_is_no_failure() -> None:
    few = judge_scores(question(3, count=20, bets=3), RULES).set_index("score_version")
    assert set(few["verdict"]) == {Verdict.INSUFFICIENT}
    assert few.loc["luck", "reasons"] == [
        "60 events were judged, needed are 100",
        "20 wallets were judged, needed are 30",
    ]


def test_without_frozen_scores_the_card_says_what_to_run() -> None:
    nothing = judge_scores(replace(asked(), scores=asked().scores.iloc[:0]), RULES)
    assert set(nothing["card_verdict"]) == {Verdict.INSUFFICIENT}
    assert nothing["reasons"].iloc[0][0].startswith("no scores were known 30 days before the card; score earlier days")


def test_whom_the_runner_refuses_is_not_on_the_list_but_is_counted() -> None:
    wallets = draw_wallets(3)
    mean, sd = belief(wallets)
    rows = scores_of(wallets, "right", mean, sd, FROZEN)
    rows.loc[np.argsort(-mean)[:30], "maker_share"] = 0.9
    rows["flags"] = [["wash_cluster"] if number >= 5 else ["thin"] for number in range(len(rows))]
    found = judge_scores(replace(asked(), scores=rows, versions=("right",)), card_rules(max_maker_share=1.0)).iloc[0]
    assert (found["top_wallets"], found["maker_share"]) == (5, 0.0)
    found = judge_scores(replace(asked(), scores=rows, versions=("right",)), RULES).iloc[0]
    assert (found["top_wallets"] <= 5, found["maker_share"]) == (True, 0.5)


def test_turnover_is_the_share_that_was_not_listed_a_week_before() -> None:
    before = versions_of(draw_wallets(3), FROZEN - 8 * DAY)
    kept = judge_scores(replace(asked(), scores=pd.concat([before, asked().scores], ignore_index=True)), RULES)
    assert kept.set_index("score_version").loc["right", "turnover"] == 0.0
    assert np.isnan(card().loc["right", "turnover"])


def test_the_curves_end_at_the_returns_of_their_lists() -> None:
    right = card().loc["right"]
    curves = json.loads(right["detail"])["curves"]
    assert curves["top"][-1] == pytest.approx(right["top_roi"], abs=1e-6)
    assert curves["composite"][-1] == pytest.approx(right["composite_roi"], abs=1e-6)
    assert curves["random_low"][-1] <= right["random_roi"] <= curves["random_high"][-1]


def test_an_event_counts_once_and_what_is_open_is_marked() -> None:
    rows = [
        episode("0xa", 10.0, market="m", payout=1.0, stake=50.0),
        episode("0xa", 20.0, market="m", payout=1.0, cost=0.71, stake=50.0),
        episode("0xa", 30.0, market="n", later_mid=0.55),
        episode("0xa", 40.0, market="o", later_mid=np.nan),
        episode("0xb", -5.0, market="m"),
    ]
    kept, place = after(frame_of(rows), START_MS, np.array(["0xa", "0xb"], dtype=object))
    judged = judged_events(kept, place, 3.0)
    assert judged.edge.tolist() == pytest.approx([0.39, 0.04])
    assert judged.roi.tolist() == pytest.approx([(0.49 / 0.51 + 0.29 / 0.71) / 2, 0.04 / 0.51])
    assert (judged.is_settled.tolist(), judged.opened) == ([True, False], 3)
    assert judged.settled_share == pytest.approx(1 / 3)


def test_selling_an_outcome_is_the_bet_of_buying_the_other() -> None:
    rows = [
        episode("0xa", 10.0, token="m-no", side=-1, payout=1.0),
        episode("0xb", 10.0, token="m-yes", side=1, payout=1.0),
        episode("0xc", 10.0, token="m-no", side=1, payout=0.0),
    ]
    bets = settled_bets(*after(frame_of(rows), START_MS, np.array(["0xa", "0xb", "0xc"], dtype=object)))
    assert bets.is_first[0] == bets.is_first[1] != bets.is_first[2]


def test_baselines_rank_by_what_was_paid_out_at_the_freeze() -> None:
    at = moment(START_MS)
    fills = pd.DataFrame(
        [("0xa", "m", 0.4, 100.0), ("0xa", "n", 0.5, 10.0), ("0xb", "m", 0.9, 10.0), ("0xb", "late", 0.1, 1e6)],
        columns=["wallet", "condition_id", "price", "size"],
    ).assign(token_id=lambda rows: rows["condition_id"], side="BUY", event_at=at, observed_at=at)
    outcomes = pd.DataFrame({"token_id": ["m", "n", "late"], "payout": [1.0, 0.0, 1.0]})
    outcomes["known_at"] = [at, at, moment(START_MS + 1)]
    found = baseline_scores(fills, outcomes, START_MS, np.array(["0xa", "0xb", "0xc"], dtype=object))
    assert found["lifetime_pnl"].tolist() == pytest.approx([55.0, 1.0, -np.inf])
    assert found["win_rate"].tolist() == [0.5, 1.0, -np.inf]


def test_intervals_cover_the_rank_correlation_where_wallets_share_events() -> None:
    wallets, events, worlds = 60, 50, 40
    found, covered = [], []
    for world in range(worlds):
        draw = np.random.default_rng([4, world])
        skill = draw.normal(0.0, 1.0, wallets)
        score = skill + draw.normal(0.0, 1.0, wallets)
        wallet, event = (codes.ravel().astype(np.int32) for codes in np.indices((wallets, events)))
        kept = draw.random(wallet.size) < 0.3
        wallet, event = wallet[kept], event[kept]
        luck = draw.normal(0.0, 3.0, events)[event] * np.where(wallet % 2, 1.0, -1.0)
        edge = skill[wallet] + luck + draw.normal(0.0, 3.0, len(wallet))

        def measure(
            weight: np.ndarray,
            repeats: np.ndarray,
            wallet: np.ndarray = wallet,
            edge: np.ndarray = edge,
            score: np.ndarray = score,
        ) -> np.ndarray:
            count = np.bincount(wallet, weights=weight, minlength=wallets)
            seen = np.repeat(np.flatnonzero(count), repeats[np.flatnonzero(count)])
            mean = np.bincount(wallet, weights=weight * edge, minlength=wallets)[seen] / count[seen]
            return np.array([rank_correlation(score[seen], mean)])

        value = float(measure(np.ones(len(wallet)), np.ones(wallets, dtype=np.int64))[0])
        draws = resampled(measure, event, wallet, 100, draw)
        found.append(value)
        covered.append(draws.interval(value, lambda values: values[..., 0], 0.90))
    truth = float(np.mean(found))
    share = np.mean([interval.low <= truth <= interval.high for interval in covered])
    assert 0.80 <= share <= 1.0
    assert np.mean([interval.width for interval in covered]) < 6 * np.std(found)


def test_chance_is_uniform_for_a_calibrated_score_and_shared_markets_are_no_error() -> None:
    found = []
    for world in range(20):
        draw = np.random.default_rng([5, world])
        mean, sd = draw.normal(0.0, 0.03, 80), np.full(80, 0.04)
        skill = draw.normal(mean, sd)
        wallet, market = (codes.ravel().astype(np.int32) for codes in np.indices((80, 30)))
        kept = draw.random(wallet.size) < 0.5
        wallet, market = wallet[kept], market[kept]
        cost, is_first = draw.uniform(0.3, 0.7, len(wallet)), draw.random(len(wallet)) < 0.5
        luck, chance = draw.random(30)[market], cost + skill[wallet]
        paid = np.where(is_first, luck < chance, luck > 1.0 - chance).astype(float)
        bets = Bets(wallet=wallet, market=market, is_first=is_first, cost=cost, payout=paid)
        found.append(calibrate(bets, Beliefs(mean, sd, ndtr(mean / sd)), 100, draw).chance)
    assert 0.3 < np.mean(found) < 0.7
    assert min(found) > 0.0


def test_what_cannot_be_told_is_not_called_failed() -> None:
    assert above("x", Interval(0.1, 0.01, 0.2), 0.0, 0.1).verdict is Verdict.PASSED
    assert above("x", Interval(-0.3, -0.5, -0.1), 0.0, 0.1).verdict is Verdict.FAILED
    assert above("x", Interval(0.0, -0.04, 0.04), 0.0, 0.1).verdict is Verdict.FAILED
    assert above("x", Interval(0.1, -0.3, 0.5), 0.0, 0.1).verdict is Verdict.INSUFFICIENT
    assert above("x", Interval(np.nan, np.nan, np.nan), 0.0, 0.1).verdict is Verdict.INSUFFICIENT


def test_the_longest_horizon_that_tells_anything_decides() -> None:
    few = Verdict.INSUFFICIENT
    assert overall([(7, Verdict.FAILED), (14, Verdict.PASSED), (30, few)]) == (14, Verdict.PASSED)
    assert overall([(7, few), (14, few)]) == (None, few)


def test_horizons_must_rise() -> None:
    assert CopytradeConfig().report_card.horizons_days == (7, 14, 30)
    with pytest.raises(ValueError, match=r"horizons_days must rise from 1 or more, was \[14, 7\]"):
        ReportCardConfig(horizons_days=(14, 7))
