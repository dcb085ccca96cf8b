"""One loop body: no look-ahead, state is the fold of the journal, and equal inputs give equal bytes."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from copytrade_live.core.codec import decode, dumps, encode
from copytrade_live.core.engine import initial_state, step
from copytrade_live.core.events import ExitDecided, Fact, FillVoided, PositionSettled, SignalCopied
from copytrade_live.core.market import DAY, MICRO, Side
from copytrade_live.core.portfolio import Portfolio
from copytrade_live.core.state import evolve
from tests.builders import NOW
from tests.parity.tape import BOLD, drive, random_tape, run_tape

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
@given(st.integers(min_value=0, max_value=10**6), st.booleans())
def test_books_balance_and_caps_hold_after_every_event(seed: int, is_real: bool) -> None:
    state = initial_state()
    for event in drive(random_tape(seed), is_real=is_real).journal:
        before, state = state, evolve(state, event)
        started = 0 if is_real or not state.run_id else 1000 * MICRO
        assert_balanced(state.portfolio, started)
        if isinstance(event, SignalCopied):
            assert_capped(state.portfolio, event)
        if isinstance(event, ExitDecided):
            assert event.order.size <= before.portfolio.positions[event.token_id].sellable
        if isinstance(event, FillVoided):
            assert_undone(before.portfolio, state.portfolio, event)


def assert_balanced(portfolio: Portfolio, started: int) -> None:
    invested = sum(position.cost for position in portfolio.positions.values())
    owed = sum(portfolio.receivable.values())
    assert portfolio.cash + owed + invested == started + portfolio.realised + portfolio.external
    bought = [entry.fill for entry in portfolio.provisional.values() if entry.fill.side is Side.BUY]
    sold = [entry.fill for entry in portfolio.provisional.values() if entry.fill.side is Side.SELL]
    for position in portfolio.positions.values():
        mine = [fill for fill in bought if fill.token_id == position.token_id]
        assert position.coming == sum(fill.size for fill in mine)
        assert position.coming_cost == sum(fill.cash for fill in mine)
        assert position.going == sum(fill.size for fill in sold if fill.token_id == position.token_id)
        assert 0 <= position.owed <= position.size + position.coming
        assert position.size >= 0


def assert_capped(portfolio: Portfolio, event: SignalCopied) -> None:
    limit = BOLD.risk.max_gross_exposure * portfolio.equity
    assert portfolio.gross_exposure <= limit + 1e-6
    assert portfolio.free_cash >= BOLD.risk.reserve * portfolio.equity * MICRO - 2
    assert event.order.limit <= event.order.anchor * (1 + BOLD.execution.max_slippage) + 1e-9


def assert_undone(before: Portfolio, after: Portfolio, event: FillVoided) -> None:
    assert after.cash == before.cash
    assert after.realised == before.realised
    assert event.fill_id not in after.provisional


@settings(max_examples=15, deadline=None)
@given(st.integers(min_value=0, max_value=10**6))
def test_once_all_is_heard_the_books_are_the_venues(seed: int) -> None:
    done = drive(random_tape(seed), drain=2 * DAY)
    portfolio, now = done.state.portfolio, NOW + 60 * DAY
    assert portfolio.is_quiet
    for later in (0, 61_000):
        told = done.answers.account(now + later, done.state, is_used=False)
        done.state = step(done.state, told, BOLD).state
    portfolio = done.state.portfolio
    assert portfolio.cash == done.answers.cash
    # The venue still shows what was settled of a market whose rest waits for its own settlement.
    partly_settled = {token for token, position in portfolio.positions.items() if position.is_paid_out}
    for token, held in done.answers.holdings.items():
        ours = portfolio.positions[token].size if token in portfolio.positions else 0
        if token in partly_settled:
            assert held >= ours
        elif token in portfolio.positions or token in portfolio.foreign:
            assert held == ours + portfolio.foreign.get(token, 0)
    assert done.state.standing.account is not None
    assert done.state.standing.account.reconciled_at == now + 61_000


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
