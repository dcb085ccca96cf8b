"""Which test proves each point of the reference's list (scoring, section 6); a point without its test is an error."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
SCORES, STUDY, LUCK = "scoring/test_scores.py", "scoring/test_study.py", "scoring/test_significance.py"
POINTS: dict[str, tuple[str, ...]] = {
    "a zero-edge 95c buyer never ranks above a true +4c taker": (
        f"{SCORES}::test_a_zero_edge_buyer_at_95_cents_is_below_a_taker_with_4_cents_of_edge",
    ),
    "a +edge 10c longshot buyer ranks above a break-even favourite buyer": (
        f"{SCORES}::test_a_longshot_buyer_with_edge_is_above_a_break_even_favourite_buyer",
    ),
    "adding one lucky $1M event cannot move a wallet above the cap": (
        f"{SCORES}::test_one_lucky_event_of_a_million_moves_a_wallet_no_more_than_one_of_a_hundred",
        f"{SCORES}::test_a_large_episode_weighs_at_most_three_medians_inside_its_event",
    ),
    "a maker wallet's score falls when it is priced at copier cost": (
        f"{SCORES}::test_a_maker_is_worth_less_at_the_copiers_cost",
    ),
    "shifting all copy costs by delta shifts every raw edge by exactly -delta": (
        f"{SCORES}::test_dearer_copies_lower_every_raw_edge_by_exactly_as_much",
        "scoring/test_mixture.py::test_dearer_copies_lower_every_belief_by_as_much",
    ),
    "permuting outcomes within events gives uniform p-values, and FDR <= q": (
        f"{LUCK}::test_outcomes_permuted_by_their_price_give_uniform_p_values",
        f"{LUCK}::test_false_discoveries_are_no_more_than_q_says",
    ),
    "appending data with known_at > as_of leaves scores identical": (
        "scoring/test_look_ahead.py::test_rows_that_became_known_later_leave_every_score_identical",
        "scoring/test_look_ahead.py::test_no_kind_of_evidence_that_became_known_later_moves_a_number",
    ),
    "splitting one bet into 30 fills leaves the score unchanged": (
        f"{SCORES}::test_splitting_one_bet_into_thirty_fills_changes_no_score",
    ),
    "a duplicate ingest is idempotent": (f"{SCORES}::test_the_same_fills_ingested_twice_give_the_same_scores",),
    "a 50/50 void is handled": (f"{SCORES}::test_a_void_pays_half",),
    "a truncated wallet gets no score": (f"{SCORES}::test_a_wallet_with_an_incomplete_history_has_no_score",),
    "tau2 = 0 degenerates to the pooled mean without NaN": (
        "scoring/test_shrinkage.py::test_without_variance_between_wallets_everybody_is_worth_the_pooled_mean",
        "scoring/test_mixture.py::test_equal_wallets_are_worth_the_same_without_nan",
    ),
    "a wallet with n = 1 stays near the prior": (
        f"{SCORES}::test_one_event_leaves_a_wallet_near_what_all_wallets_are_worth",
        "scoring/test_mixture.py::test_one_wild_event_hardly_moves_a_wallet",
    ),
    "SQL and the Python reference agree to 1e-9": (
        "scoring/test_sums_in_sql.py::test_sql_and_the_compiled_loops_give_the_same_sums",
        "scoring/test_engine.py::test_the_engine_agrees_with_the_plain_reference_and_sql_to_the_ninth_digit",
    ),
    "a planted-skill simulation recovers a positive out-of-sample IC, the predecessor's composite does not": (
        f"{STUDY}::test_planted_skill_ranks_the_next_period_where_the_predecessors_composite_does_not",
        f"{STUDY}::test_our_top_wallets_pay_a_copier_more_than_those_of_every_other_formula",
    ),
}


def test_every_point_of_the_reference_has_its_tests() -> None:
    assert len(POINTS) == 15
    assert all(POINTS.values())


@pytest.mark.parametrize("named", sorted({name for names in POINTS.values() for name in names}))
def test_the_test_named_exists(named: str) -> None:
    path, _, name = named.partition("::")
    tree = ast.parse((ROOT / "tests" / path).read_text(encoding="utf-8"))
    assert name in {node.name for node in tree.body if isinstance(node, ast.FunctionDef)}
