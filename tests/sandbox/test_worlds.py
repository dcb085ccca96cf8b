"""The synthetic world: a function of its seed, consistent with itself, and fair to those without skill."""

from __future__ import annotations

import hashlib
from collections import defaultdict

import numpy as np
import pytest

from copytrade_live.core.market import DAY, HOUR
from copytrade_live.sandbox.ledger import Kind
from copytrade_live.sandbox.synthetic import EPOCH, FUTURE, HISTORY, SyntheticWorld, build_synthetic_world
from copytrade_live.sandbox.timekeeper import TimeKeeper
from copytrade_live.sandbox.traders import TraderKind


def digest(world: SyntheticWorld) -> str:
    told = hashlib.sha256(repr((world.wallets, world.markets, world.ledger.tx)).encode())
    ledger = world.ledger
    for column in (ledger.at, ledger.wallet, ledger.market, ledger.outcome, ledger.kind, ledger.is_buy, ledger.price,
                   ledger.size, ledger.cash, world.paths.truth, world.paths.noise, world.depth.shares):  # fmt: skip
        told.update(column.tobytes())
    return told.hexdigest()


def kinds(world: SyntheticWorld) -> np.ndarray:
    return np.array([wallet.kind for wallet in world.wallets])[world.ledger.wallet]


def test_one_seed_makes_one_world_and_another_seed_another(synthetic: SyntheticWorld) -> None:
    assert digest(build_synthetic_world(7)) == digest(synthetic)
    assert digest(build_synthetic_world(8)) != digest(synthetic)


def test_the_roster_is_as_promised(synthetic: SyntheticWorld) -> None:
    counts = {kind.value: sum(wallet.kind == kind for wallet in synthetic.wallets) for kind in TraderKind}
    assert counts == {
        "noise": 28, "favourite_buyer": 8, "longshot_gambler": 8, "maker": 6, "pump": 2, "skilled_taker": 12
    }  # fmt: skip
    skills = sorted(wallet.skill for wallet in synthetic.wallets if wallet.skill is not None)
    assert len(skills) == 12
    assert (skills[0], skills[-1]) == (0.02, pytest.approx(0.07))
    assert len({wallet.address for wallet in synthetic.wallets}) == 64


def test_skilled_wallets_have_the_edge_they_are_said_to_have_and_nobody_else_has(synthetic: SyntheticWorld) -> None:
    ledger, edges = synthetic.ledger, synthetic.true_edges()
    is_bet = (ledger.kind == Kind.TRADE) & ledger.is_buy & ledger.is_taker
    bettors = [number for number in range(64) if (is_bet & (ledger.wallet == number)).any()]
    by_wallet = {number: float(edges[is_bet & (ledger.wallet == number)].mean()) for number in bettors}
    skilled = {number: edge for number, edge in by_wallet.items() if synthetic.wallets[number].skill is not None}
    others = [edge for number, edge in by_wallet.items() if number not in skilled]
    assert min(skilled.values()) > max(others)
    assert max(others) < 0
    for number, edge in skilled.items():
        assert edge == pytest.approx(synthetic.wallets[number].skill, abs=0.02)


def test_outcomes_agree_with_the_truth_in_expectation(synthetic: SyntheticWorld) -> None:
    starts = synthetic.paths.truth[synthetic.paths.offset]
    ends = synthetic.paths.truth[synthetic.paths.offset + synthetic.paths.points - 1]
    assert set(np.unique(ends)) <= {0.0, 1.0}
    error = np.sqrt(np.sum(starts * (1 - starts))) / len(starts)
    assert abs(float(np.mean(ends - starts))) < 4 * error
    middle = synthetic.paths.truth[synthetic.paths.offset + synthetic.paths.points // 2]
    assert 0 < middle.min() < middle.max() < 1


def test_resolutions_follow_the_truth_but_for_a_few_voids(synthetic: SyntheticWorld) -> None:
    paths, voids, disputes = synthetic.paths, 0, 0
    for number, market in enumerate(synthetic.markets):
        won = paths.truth[paths.offset[number] + paths.points[number] - 1]
        if market.payouts == (0.5, 0.5):
            voids += 1
        else:
            assert market.payouts == (won, 1 - won)
        disputes += market.disputed_at is not None
    assert 0.005 < voids / len(synthetic.markets) < 0.04
    assert 0.015 < disputes / len(synthetic.markets) < 0.05


def test_exactly_one_market_of_a_neg_risk_event_wins(synthetic: SyntheticWorld) -> None:
    events = defaultdict(list)
    for market in synthetic.markets:
        if market.neg_risk:
            events[market.event_id].append(market.payouts)
    assert events
    assert all(len(payouts) in (3, 4) for payouts in events.values())
    assert all(sum(first for first, _ in payouts) == 1.0 for payouts in events.values())


def test_there_is_a_market_to_trade_at_all_times_and_histories_reach_past_now(synthetic: SyntheticWorld) -> None:
    open_now = [
        sum(market.opened_at <= at < market.end_at for market in synthetic.markets)
        for at in range(EPOCH, EPOCH + HISTORY + FUTURE, DAY)
    ]
    assert min(open_now) >= 25
    assert 40 <= float(np.mean(open_now)) <= 60
    assert all(DAY <= market.end_at - market.opened_at <= 8 * DAY for market in synthetic.markets)
    assert synthetic.start_at == EPOCH + 45 * DAY
    assert synthetic.ledger.at[-1] > synthetic.start_at + 60 * DAY


def test_takers_pay_the_book_of_that_moment(synthetic: SyntheticWorld) -> None:
    ledger = synthetic.ledger
    seen: set[str] = set()
    for row in np.flatnonzero((ledger.kind == Kind.TRADE) & ledger.is_taker)[::97].tolist():
        tx = ledger.tx[row]
        first = row
        while first and ledger.tx[first - 1] == tx:
            first -= 1
        if tx in seen:
            continue
        seen.add(tx)
        book = synthetic.ladder(int(ledger.market[first]), int(ledger.at[first]))
        assert book is not None
        side = book.of_outcome(int(ledger.outcome[first]))
        tick, size = (side.asks if ledger.is_buy[first] else side.bids)[0]
        assert ledger.price[first] == side.price(tick)
        assert ledger.size[first] <= size
    assert len(seen) > 200


def test_the_books_of_two_outcomes_mirror_each_other(synthetic: SyntheticWorld) -> None:
    number = next(place for place, one in enumerate(synthetic.markets) if one.opened_at > EPOCH)
    book = synthetic.ladder(number, synthetic.markets[number].opened_at + HOUR)
    assert book is not None
    assert len(book.bids) + len(book.asks) >= 6
    other = book.of_outcome(1)
    assert [book.ticks - tick for tick, _ in other.bids] == [tick for tick, _ in book.asks]
    assert [size for _, size in other.asks] == [size for _, size in book.bids]
    assert other.of_outcome(1) == book


def test_most_books_hold_thousands_near_the_ask_and_some_are_thin(synthetic: SyntheticWorld) -> None:
    depths = []
    for number, market in enumerate(synthetic.markets[200:500], start=200):
        book = synthetic.ladder(number, (market.opened_at + market.end_at) // 2)
        assert book is not None
        best = book.asks[0][0]
        if 0.15 <= book.price(best) <= 0.85:
            near = [(tick, size) for tick, size in book.asks if (tick - best) * book.tick_size <= 0.015 + 1e-9]
            depths.append(sum(book.price(tick) * size for tick, size in near))
    assert 0.7 < np.mean([4_000 <= depth <= 32_000 for depth in depths]) < 0.95
    assert 0.03 < np.mean([depth < 2_000 for depth in depths]) < 0.3


def test_nobody_sells_what_was_never_held(synthetic: SyntheticWorld) -> None:
    ledger = synthetic.ledger
    held: dict[tuple[int, int, int], float] = defaultdict(float)
    makers = {number for number, wallet in enumerate(synthetic.wallets) if wallet.kind == TraderKind.MAKER}
    for row in range(len(ledger)):
        key = (int(ledger.wallet[row]), int(ledger.market[row]))
        sign = 1 if ledger.is_buy[row] or ledger.kind[row] == Kind.SPLIT else -1
        if ledger.kind[row] == Kind.TRADE:
            held[*key, int(ledger.outcome[row])] += sign * ledger.size[row]
            assert held[*key, int(ledger.outcome[row])] > -0.05 or key[0] in makers
        elif ledger.kind[row] != Kind.REDEEM:
            for outcome in (0, 1):
                held[*key, outcome] += sign * ledger.size[row]


def test_the_ledger_has_split_bets_twin_fills_and_every_kind_of_row(synthetic: SyntheticWorld) -> None:
    ledger = synthetic.ledger
    assert set(np.unique(ledger.kind)) == {Kind.TRADE, Kind.SPLIT, Kind.MERGE, Kind.REDEEM}
    rows = list(zip(ledger.tx, ledger.price.tolist(), ledger.size.tolist(), ledger.kind.tolist(), strict=True))
    fills = [row for row in rows if row[3] == Kind.TRADE]
    assert len({row[0] for row in fills}) < 0.9 * len(fills)
    assert len(set(fills)) < len(fills)
    redeemed = [row for row in rows if row[3] == Kind.REDEEM]
    assert len({row[0] for row in redeemed}) < len(redeemed)
    assert any(size == 0 for _, _, size, _ in redeemed)


def test_accelerated_time_runs_faster_than_the_wall() -> None:
    keeper = TimeKeeper(0, speed=1_000_000.0)
    first = keeper.now()
    while keeper.now() == first:
        pass
    assert keeper.now() > first
    assert keeper.mode == "accelerated"
    assert TimeKeeper(0, speed=1.0).mode == "real"
