"""One loop body: no look-ahead, state is the fold of the journal, and equal inputs give equal bytes."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from copytrade_live.core.codec import decode, dumps, encode
from copytrade_live.core.engine import initial_state, step
from copytrade_live.core.events import Fact, PositionSettled, SignalCopied
from copytrade_live.core.state import evolve
from tests.parity.tape import BOLD, random_tape, run_tape

FACTS = Fact.__args__


@settings(max_examples=25, deadline=None)
@given(st.integers(min_value=0, max_value=10**6), st.integers(min_value=4, max_value=160))
def test_any_prefix_decides_exactly_as_the_whole_tape_did(seed: int, length: int) -> None:
    tape = random_tape(seed)
    whole = run_tape(tape)
    prefix = run_tape(tape[:length])
    assert whole[: len(prefix)] == prefix


@settings(max_examples=25, deadline=None)
@given(st.integers(min_value=0, max_value=10**6))
def test_state_is_the_fold_of_the_journal(seed: int) -> None:
    taken = initial_state()
    journal = run_tape(random_tape(seed))
    folded = initial_state()
    for event in journal:
        folded = evolve(folded, decode(encode(event)))
        if not isinstance(event, FACTS):
            taken = step(taken, event, BOLD).state
    assert folded == taken


@settings(max_examples=25, deadline=None)
@given(st.integers(min_value=0, max_value=10**6))
def test_cash_folds_exactly_and_caps_hold(seed: int) -> None:
    state = initial_state()
    for event in run_tape(random_tape(seed)):
        state = evolve(state, event)
        portfolio = state.portfolio
        invested = sum(position.cost for position in portfolio.positions.values())
        owed = sum(portfolio.receivable.values())
        assert portfolio.cash + owed + invested == (1_000_000_000 if state.run_id else 0) + portfolio.realised
        assert portfolio.cash >= 0
        if isinstance(event, SignalCopied):
            assert portfolio.gross_exposure <= BOLD.risk.max_gross_exposure * portfolio.equity + 1e-6
            assert event.order.limit <= event.order.anchor * (1 + BOLD.execution.max_slippage) + 1e-9


def test_the_same_tape_writes_the_same_bytes() -> None:
    first, second = ([dumps(encode(event)) for event in run_tape(random_tape(3))] for _ in range(2))
    assert first == second


def test_a_planted_look_ahead_is_caught() -> None:
    """The prefix test bites: a loop that peeks at the next observation fails it."""
    tape = random_tape(5)
    peeking = [tape[min(i + 1, len(tape) - 1)] if i % 9 == 8 else tape[i] for i in range(len(tape))]
    length = 99  # the last one taken is a peeking one
    shortened = [tape[min(i + 1, length - 1)] if i % 9 == 8 else tape[i] for i in range(length)]
    with pytest.raises(AssertionError):
        _assert_prefix(run_tape(shortened), run_tape(peeking))


def test_the_tapes_reach_settlement_and_copies() -> None:
    kinds = {type(event) for seed in range(5) for event in run_tape(random_tape(seed))}
    assert {SignalCopied, PositionSettled} <= kinds


def _assert_prefix(prefix: list[object], whole: list[object]) -> None:
    assert whole[: len(prefix)] == prefix
