"""kill -9 at every write and send: the next run finds everything, loses no fill, and sends nothing twice."""

from __future__ import annotations

import hashlib
import json
import signal
import sqlite3
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from dataclasses import asdict
from decimal import Decimal
from pathlib import Path
from typing import Any

import httpx
import pytest
from eth_account import Account

from copytrade_live.core.events import OrderFilled, OrderSigned
from copytrade_live.core.market import MICRO
from copytrade_live.core.state import evolve, initial_state
from copytrade_live.sandbox.synthetic import SyntheticWorld
from copytrade_live.settings import Home
from copytrade_live.store.journal import Journal
from tests.live.killing import BESIDE_OTHERS, MOST_SECONDS, Zygote, by_times, check_recovery, told
from tests.live.live_run import Deed
from tests.sandbox.trading import open_market
from tests.worlds import default_world

ROOT = Path(__file__).parents[2]
SPEED = 40
SIDE_BY_SIDE = 6
CLI = "from copytrade_live.cli import main; main()"

# Where a mistake in the order of things would cost money; the slow test takes every point there is.
WHERE_IT_COUNTS = (
    "journal.before_commit|LeaderFillObserved+OrderSigned",
    "journal.after_commit|LeaderFillObserved+OrderSigned",
    "post.after|entry",
    "journal.before_commit|OrderFilled",
)


class Venue:
    """A sandbox process, and wallets with money."""

    def __init__(self, world: SyntheticWorld) -> None:
        self.world = world
        self._process = subprocess.Popen(
            [sys.executable, "-c", CLI, "sandbox", "--seed", "7", "--port", "0", "--speed", str(SPEED)],
            cwd=ROOT,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        assert self._process.stdout is not None
        self.url = next(line.split(" at ", 1)[1].strip() for line in self._process.stdout if " at http" in line)
        self.http = httpx.Client(base_url=self.url, timeout=20)
        self._wallets = 0

    def wallet(self) -> tuple[str, str]:
        """A new one: its key and its address."""
        self._wallets += 1
        key = "0x" + hashlib.sha256(f"a wallet of the sandbox {self._wallets}".encode()).hexdigest()
        address = Account.from_key(key).address
        assert self.http.post("/admin/fund", json={"address": address, "cash": 1000}).status_code == 200
        return key, address

    def deeds(self) -> list[dict[str, Any]]:
        """The leader buys, sells it half a minute later, and buys the other outcome of another market at the bid."""
        first, second = open_market(self.world), open_market(self.world, neg_risk=True)
        token, other = first.token_ids[0], second.token_ids[1]
        (_, ask), (bid, _) = self._best(token), self._best(other)
        return [
            asdict(Deed(at=60, token_id=token, condition_id=first.condition_id, side="BUY", price=ask, size=400.0)),
            asdict(Deed(at=120, token_id=token, condition_id=first.condition_id, side="SELL", price=ask, size=400.0)),
            asdict(Deed(at=61, token_id=other, condition_id=second.condition_id, side="BUY", price=bid, size=400.0)),
        ]

    def _best(self, token: str) -> tuple[float, float]:
        book = self.http.get("/book", params={"token_id": token}).json()
        return float(book["bids"][-1]["price"]), float(book["asks"][-1]["price"])

    def truth(self, part: str, wallet: str) -> list[dict[str, Any]]:
        """What the venue holds of one wallet."""
        asked = {"parts": part, "wallets": wallet.lower()}
        rows: list[dict[str, Any]] = self.http.get("/admin/truth", params=asked).json()[part]
        return rows

    def close(self) -> None:
        self.http.close()
        self._process.send_signal(signal.SIGTERM)
        self._process.communicate(timeout=20)


@pytest.fixture(scope="module")
def zygote() -> Iterator[Zygote]:
    process = Zygote()
    yield process
    process.close()


@pytest.fixture(scope="module")
def venue() -> Iterator[Venue]:
    process = Venue(default_world())
    yield process
    process.close()


def asked(venue: Venue, home: Path, die_at: tuple[str, int] | None) -> dict[str, Any]:
    home.mkdir()
    key, wallet = venue.wallet()
    return {
        "home": str(home),
        "url": venue.url,
        "key": key,
        "wallet": wallet,
        "deeds": venue.deeds(),
        "after": 180,
        "seconds": 60,
        "log": str(home / "log.txt"),
        "die_at": die_at,
    }


def check(run: dict[str, Any], venue: Venue) -> None:
    """The journal and the venue tell the same story, and no story twice."""
    home = Home(Path(run["home"]))
    with sqlite3.connect(home.state) as connection:
        assert connection.execute("PRAGMA integrity_check").fetchone() == ("ok",)
        assert connection.execute("PRAGMA foreign_key_check").fetchall() == []
        signed = dict(connection.execute("SELECT venue_order_id, order_id FROM signed_orders"))
    with Journal.open_reader(home.state) as journal:
        events = list(journal.events())
    orders = venue.truth("orders", run["wallet"])
    # Nothing is at the venue that was not committed before, and nothing rests there any more.
    assert {row["id"] for row in orders} <= signed.keys()
    assert not [row for row in orders if row["status"] in ("LIVE", "DELAYED")]
    assert len([event for event in events if isinstance(event, OrderSigned)]) == len(signed)
    ours: Counter[tuple[str, str]] = Counter()
    for event in events:
        if isinstance(event, OrderFilled):
            ours[event.fill.order_id, event.fill.trade_id] += event.fill.size
    theirs: Counter[tuple[str, str]] = Counter()
    for row in venue.truth("own_fills", run["wallet"]):
        theirs[signed[row["order_id"]], row["trade_id"]] += int(Decimal(str(row["size"])) * MICRO)
    assert ours == theirs
    state = initial_state()
    for event in events:
        state = evolve(state, event)
    balances = {row["token_id"]: int(Decimal(row["balance"]) * MICRO) for row in venue.truth("balances", run["wallet"])}
    assert state.portfolio.cash == balances.pop("")
    assert {token: position.size for token, position in state.portfolio.positions.items()} == balances


def kill_at(points: list[tuple[str, int]], venue: Venue, zygote: Zygote, folder: Path, most: float) -> int:
    """Runs side by side, each killed at its point, then one more run each. Returns: how many were killed."""
    runs = [asked(venue, folder / f"run-{number}", point) for number, point in enumerate(points)]
    killed = zygote.run(runs)
    assert set(killed) <= {0, -signal.SIGKILL}, [told(run) for run in runs]
    again = [{**run, "die_at": None} for run in runs]
    assert zygote.run(again) == [0] * len(runs), [told(run) for run in runs]
    for run in runs:
        check(run, venue)
        check_recovery(run, most)
    return killed.count(-signal.SIGKILL)


def test_a_kill_where_it_counts_loses_nothing_and_sends_nothing_twice(
    venue: Venue, zygote: Zygote, tmp_path: Path
) -> None:
    points = [(name, 1) for name in WHERE_IT_COUNTS]
    assert kill_at(points, venue, zygote, tmp_path, BESIDE_OTHERS) >= len(points) - 2


@pytest.mark.slow
def test_a_kill_at_every_point_loses_nothing_and_sends_nothing_twice(
    venue: Venue, zygote: Zygote, tmp_path: Path
) -> None:
    whole = asked(venue, tmp_path / "whole", None)
    assert zygote.run([whole]) == [0], told(whole)
    check(whole, venue)
    reached: dict[str, int] = json.loads((tmp_path / "whole" / "reached.json").read_text())
    points = by_times(reached)
    killed = 0
    for start in range(0, len(points), SIDE_BY_SIDE):
        folder = tmp_path / f"batch-{start}"
        folder.mkdir()
        killed += kill_at(points[start : start + SIDE_BY_SIDE], venue, zygote, folder, MOST_SECONDS)
    print(f"{killed} of {len(points)} runs were killed at {len(reached)} points")
    assert killed >= 0.6 * len(points)
