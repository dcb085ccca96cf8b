"""Runs inside a copy of the code that docs/extending.md was applied to: gate, source and exit at work."""

from __future__ import annotations

import asyncio
import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx
import yaml

from copytrade_live.clock import ManualClock
from copytrade_live.core.events import LeaderFillObserved
from copytrade_live.core.market import SECOND, Instant
from copytrade_live.extensions import load_extensions
from copytrade_live.runner.app import Runner
from copytrade_live.settings import CopytradeConfig, Home
from copytrade_live.store.journal import Journal
from tests.runner.conftest import (  # noqa: F401 - fixtures
    Desk,
    SteppedVenue,
    live_until,
    make_home,
    open_gate,
    run_steps,
    scored,
    skilled,
    start_sandbox,
    start_venue,
    world,
)

COPY = Path(__file__).resolve().parents[2]


def said_by(title: str) -> dict[str, Any]:
    """A block of YAML of the page."""
    return yaml.safe_load((COPY / title).read_text(encoding="utf-8"))


def decisions(home: Home) -> list[dict[str, Any]]:
    return [json.loads(line) for line in home.decisions.read_text(encoding="utf-8").splitlines()]


def prepared(venue: SteppedVenue, home: Home, **sections: Any) -> tuple[Runner, ManualClock, list[str]]:
    wallets, clock = skilled(venue.world), ManualClock(venue.keeper.now())
    easy = {"min_liquidity": 100, "min_leader_notional": 5, "max_spread": 0.08}
    config: CopytradeConfig = venue.config(**sections | {"filter": easy | sections.get("filter", {})})
    load_extensions(config.decision())
    desk = Desk(scored(wallets, clock.now()), open_gate(clock.now()))
    return Runner(config, home, clock, venue.sources(config, clock, desk)), clock, wallets


def test_the_gate_refuses_and_the_exit_is_taken(
    start_venue: Callable[[], SteppedVenue],  # noqa: F811
    make_home: Callable[[str], Home],  # noqa: F811
) -> None:
    venue, home = start_venue(), make_home("one")
    sys.path.insert(0, str(COPY))
    sections = said_by("far_resolution.yaml") | said_by("impatient.yaml")

    def has_both() -> bool:
        found = decisions(home) if home.decisions.exists() else []
        return {"far_resolution", "time_exit"} <= {line.get("reason") for line in found}

    async def live() -> None:
        runner, clock, wallets = prepared(venue, home, **sections)
        await runner.start()
        try:
            await live_until(runner, venue, clock, has_both, wallets=wallets)
        finally:
            runner.close()
            await venue.close()

    asyncio.run(live())
    refused = [line for line in decisions(home) if line.get("reason") == "far_resolution"]
    assert all(line["measured"] > line["limit"] == 72.0 for line in refused)
    left = [line for line in decisions(home) if line.get("reason") == "time_exit"]
    assert all(line["limit"] == 0.5 for line in left)


async def next_fill(
    venue: SteppedVenue, ahead: SteppedVenue, wallets: list[str], after: Instant
) -> tuple[dict[str, Any], Instant]:
    """The next fill of these wallets that stands alone in its second, as the listing will show it, and when it will."""
    async with httpx.AsyncClient() as client:
        while True:
            asked = {"wallets": ",".join(wallets), "after_ms": str(after)}
            following = (await client.get(f"{venue.url}/admin/next", params=asked)).json()
            after, visible_at = following["at_ms"], following["visible_ms"]
            # The same world, somewhat later.
            ahead.keeper.step_to(visible_at + SECOND)
            answers = [await client.get(f"{ahead.url}/v2/trades", params={"user": wallet}) for wallet in wallets]
            listed = [row for answer in answers for row in answer.json()["data"]]
            found = [row for row in listed if row["timestamp"] == after // SECOND]
            if len(found) == 1:
                return found[0], visible_at


def test_a_fill_that_the_source_tells_first_is_one_signal(
    start_venue: Callable[[], SteppedVenue],  # noqa: F811
    make_home: Callable[[str], Home],  # noqa: F811
    tmp_path: Path,
) -> None:
    venue, ahead, home = start_venue(), start_venue(), make_home("one")
    section, inbox = said_by("inbox.yaml"), tmp_path / "inbox"
    section["tracker"]["inbox"] = str(inbox)
    inbox.mkdir()

    async def live() -> str:
        wallets = skilled(venue.world)
        listed, visible_at = await next_fill(venue, ahead, wallets, venue.keeper.now())
        venue.keeper.step_to(visible_at - 20 * SECOND)
        runner, clock, _ = prepared(venue, home, **section)
        await runner.start()
        try:
            await runner.tick()
            (inbox / "one.json").write_text(json.dumps(listed), encoding="utf-8")
            await run_steps(runner, venue, clock, 40, by=5)
        finally:
            runner.close()
            await venue.close()
        facts: Any = runner.tracker.facts(clock.now())["sources"]
        assert facts["inbox"]["told"] == facts["inbox"]["first"] == 1
        assert facts["poll"]["told"] >= 1
        return str(listed["transaction_hash"])

    told = asyncio.run(live())
    with Journal.open_reader(home.state) as journal:
        heard = [event.signal for event in journal.events() if isinstance(event, LeaderFillObserved)]
    assert [signal.source for signal in heard if signal.tx_hash == told] == ["inbox"]
