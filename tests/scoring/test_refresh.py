"""A refresh gives to the last digit what making everything again gives."""

from __future__ import annotations

from dataclasses import fields, replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from copytrade_live.core.market import DAY, HOUR
from copytrade_pipelines.scoring.evidence import Evidence
from copytrade_pipelines.scoring.frame import EvidenceFrame
from copytrade_pipelines.scoring.keeping import load, save
from copytrade_pipelines.scoring.refresh import Kept, keep, refresh
from copytrade_pipelines.scoring.scores import Collected
from tests.scoring import random_world as drawn
from tests.scoring.world import START, World, at

THEN = START + 14 * DAY
KINDS = ("fills", "late fills", "roles", "growing", "prices", "outcome", "book", "wallet", "nothing")


def assert_equal(found: Collected, expected: Collected) -> None:
    for kind in ("wallets", "tokens", "markets", "events", "categories"):
        assert list(getattr(found.built.frame.names, kind)) == list(getattr(expected.built.frame.names, kind))
    for column in (field.name for field in fields(EvidenceFrame) if field.name not in ("names", "episode")):
        np.testing.assert_array_equal(
            getattr(found.built.frame, column), getattr(expected.built.frame, column), err_msg=column
        )
    np.testing.assert_array_equal(found.events.averages, expected.events.averages)
    for name in ("overall", "groups", "by_category"):
        np.testing.assert_array_equal(getattr(found.sums, name), getattr(expected.sums, name))
    for name in ("maker_notional", "taker_notional", "both_sides", "hold_hours", "last_at"):
        np.testing.assert_array_equal(getattr(found.built.facts, name), getattr(expected.built.facts, name))
    np.testing.assert_array_equal(found.coverage, expected.coverage)


def refreshed(world: World, kept: Kept, touched: set[str], now: int) -> Collected | None:
    fills, evidence = world.fill_frame(), world.evidence()
    event_of = evidence.markets.set_index("condition_id")["event_id"]

    since, until = at(kept.as_of), at(now)
    newly_known = fills[(fills["observed_at"] > since) & (fills["observed_at"] <= until)]
    touched = touched | set(newly_known["condition_id"].map(event_of))

    def read(events: np.ndarray) -> tuple[pd.DataFrame, Evidence]:
        return fills[fills["condition_id"].map(event_of).isin(list(events))], evidence

    return refresh(kept, np.array(sorted(touched), dtype=object), evidence, read, now)


def kept_by(world: World, as_of: int, folder: Path) -> Kept:
    """What a collection leaves, by way of the disk."""
    save(keep(world.collected(as_of), as_of, world.parameters), 7, folder / "kept")
    loaded = load(folder / "kept", world.parameters, as_of)
    assert loaded is not None
    assert loaded[1] == 7
    return loaded[0]


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(seed=st.integers(0, 10_000), batches=st.lists(st.sampled_from(KINDS), min_size=1, max_size=4))
def test_a_refresh_equals_making_everything_again(
    tmp_path_factory: pytest.TempPathFactory, seed: int, batches: list[str]
) -> None:
    world, draw = drawn.random_world(seed)
    tmp_path = tmp_path_factory.mktemp("kept")
    kept = kept_by(world, THEN, tmp_path)
    now = THEN + int(draw.choice([0, HOUR, DAY, 4 * DAY]))
    touched: set[str] = set()
    for kind in batches:
        touched |= change(world, draw, kind)
    found = refreshed(world, kept, touched, now)
    assert found is not None
    assert_equal(found, world.collected(now))


def change(world: World, draw: np.random.Generator, kind: str) -> set[str]:
    """Write rows. Returns: the events they are about, as a change marker would tell."""
    before = len(world.fills)
    event_of = {row["condition_id"]: row["event_id"] for row in world.markets}
    if kind == "fills":
        drawn.add_fills(world, draw, 12, since=14 * DAY)
    elif kind == "late fills":
        drawn.add_fills(world, draw, 6, until=13 * DAY)
    elif kind == "growing":
        last = world.fills[int(draw.integers(before))]
        more = {"event_at": last["event_at"] + pd.Timedelta(minutes=3), "fill_id": f"grown{before}"}
        world.fills.append(last | more | {"observed_at": more["event_at"] + pd.Timedelta(seconds=10)})
    elif kind == "roles":
        for fill in world.fills[:5]:
            fill["role"] = "maker"
        return {event_of[fill["condition_id"]] for fill in world.fills[:5]}
    elif kind == "prices":
        old = len(world.prices)
        drawn.add_prices(world, draw, 20, until=18 * DAY)
        return {event_of[row["token_id"].split("-")[0]] for row in world.prices[old:]}
    elif kind == "outcome":
        number = int(draw.integers(8))
        drawn.add_resolution(world, draw, number, 16 * DAY)
        return {event_of[f"m{number}"]}
    elif kind == "book":
        drawn.add_book(world, draw)
        return {event_of[world.books[-1]["token_id"].split("-")[0]]}
    elif kind == "wallet":
        world.wallets[0]["history_complete"] = not world.wallets[0]["history_complete"]
        return {event_of[fill["condition_id"]] for fill in world.fills if fill["wallet"] == world.wallets[0]["wallet"]}
    return {event_of[fill["condition_id"]] for fill in world.fills[before:]}


def test_events_that_grow_too_old_leave_in_a_refresh(world: Any, tmp_path: Path) -> None:
    world.watch("0xa")
    for number in range(6):
        world.bet("0xa", number, 0.40, 0.45, 1.0)
    then = START + 50 * DAY
    kept = kept_by(world, then, tmp_path)
    now = START + 180 * DAY + 3 * HOUR
    found = refreshed(world, kept, set(), now)
    assert found is not None
    assert len(found.events.wallet) == 3
    assert_equal(found, world.collected(now))


@pytest.mark.parametrize("known", [THEN - HOUR, THEN + HOUR], ids=["brought in late", "made since"])
def test_new_means_over_our_copies_make_everything_again(world: Any, tmp_path: Path, known: int) -> None:
    world.watch("0xa")
    world.bet("0xa", 1, 0.40, 0.45, 1.0)
    kept = kept_by(world, THEN, tmp_path)
    world.copies += [{"wallet": "0xa", "slippage": 0.02, "known_at": at(known)}] * 5
    assert refreshed(world, kept, set(), THEN + DAY) is None


@pytest.mark.parametrize("weeks", [1, 2])
def test_a_late_fill_that_moves_what_a_category_costs_reprices_other_events(
    world: Any, tmp_path: Path, weeks: int
) -> None:
    for wallet in ("0xa", "0xother"):
        world.watch(wallet)
    for number in range(21):
        market = world.market(f"m{number}")
        world.fill("0xa", market, 0.40, when=START + number * HOUR)
        if number > 0:
            world.fill("0xother", market, 0.41 + number / 1000, when=START + number * HOUR + 15_000)
    world.fill("0xa", world.market("later"), 0.40, when=START + weeks * 7 * DAY)
    then = START + 20 * DAY
    kept = kept_by(world, then, tmp_path)
    for second in (15_000, 16_000):
        world.fill("0xother", "m0", 0.60, when=START + second)
    found = refreshed(world, kept, {"event-m0"}, then)
    assert found is not None
    assert_equal(found, world.collected(then))
    assert set(world.seen(then)["cost_source"]) >= {"category", "others"}


def test_what_was_kept_by_other_parameters_or_later_is_not_used(world: Any, tmp_path: Path) -> None:
    world.watch("0xa")
    world.bet("0xa", 1, 0.40, 0.45, 1.0)
    kept_by(world, THEN, tmp_path)
    assert load(tmp_path / "kept", replace(world.parameters, latency_seconds=5.0), THEN) is None
    assert load(tmp_path / "kept", world.parameters, THEN - 1) is None
    assert load(tmp_path / "elsewhere", world.parameters, THEN) is None
