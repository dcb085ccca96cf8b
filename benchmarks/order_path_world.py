"""What the order path is measured with: a sandbox as a process, a signer behind its policy, signals of ten leaders."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

from copytrade_live.clock import Clock
from copytrade_live.core.config import DecisionConfig
from copytrade_live.core.events import AccountObserved, GateObserved, LeaderFillObserved, RunStarted, ScoresPublished
from copytrade_live.core.market import MICRO, Book, Level, Market
from copytrade_live.keys.opening import CHAIN_ID
from copytrade_live.keys.policy import PolicyGuard
from copytrade_live.keys.signer import GuardedSigner, KeySigner
from copytrade_live.keys.spent import SpentToday
from copytrade_live.runner.recorder import Recorder
from copytrade_live.sandbox.synthetic import build_synthetic_world
from copytrade_live.secret import Secret
from copytrade_live.settings import CopytradeConfig, SigningPolicy, parse_config
from tests.builders import gate, market, score, signal, snapshot

CLI = "from copytrade_live.cli import main; main()"
# Dollars per share. Nobody sells there: what fills would be held when the next are copied.
PRICE = 0.1
# As many as keep any one within its copies a minute.
LEADERS = tuple(f"0x{number:040x}" for number in range(0xAB, 0xAB + 10))


@contextmanager
def sandbox() -> Iterator[tuple[str, list[tuple[str, str]]]]:
    """A sandbox as a process: its address, and token and condition of markets that trade for long above our price."""
    world = build_synthetic_world(7)
    now = world.start_at
    tokens = []
    for number, one in enumerate(world.markets):
        shown = world.ladder(number, now) if one.opened_at < now < one.end_at - 6 * 3_600_000 else None
        if shown is not None and shown.bids and shown.bids[0][0] * shown.tick_size > 2 * PRICE:
            tokens.append((one.token_ids[0], one.condition_id))
    command = [sys.executable, "-c", CLI, "sandbox", "--seed", "7", "--port", "0", "--speed", "1"]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)  # noqa: S603
    try:
        assert process.stdout is not None
        yield next(line.split(" at ", 1)[1].strip() for line in process.stdout if " at http" in line), tokens
    finally:
        process.terminate()
        process.communicate(timeout=20)


def prepare(recorder: Recorder, clock: Clock) -> None:
    """Begin a run that may copy: scores of ten leaders, an open gate, a funded account."""
    now = clock.now()
    times = {"event_at": now, "observed_at": now}
    recorder.run_id = "bench"
    recorder.observe(
        RunStarted(
            **times,
            run_id="bench",
            mode="live",
            code_version="",
            config_digest="",
            starting_cash=0,
            is_real=True,
        )
    )
    scores = [score(wallet=leader, as_of=now) for leader in LEADERS]
    recorder.observe(ScoresPublished(**times, snapshot=snapshot(*scores, as_of=now)))
    recorder.observe(GateObserved(**times, gate=gate(written_at=now, valid_until=now + 3_600_000)))
    recorder.observe(AccountObserved(**times, cash=1_000_000 * MICRO, holdings=()))


def known_market(condition: str, token: str) -> Market:
    """A market without fees."""
    return market(condition_id=condition, token_ids=(token, token[::-1]), event_id=condition, fee_rate=0.0)


def leader_fill(number: int, token: str, condition: str, clock: Clock) -> LeaderFillObserved:
    """A buy that is copied."""
    now = clock.now()
    one = signal(
        signal_id=f"bench{number}",
        wallet=LEADERS[number % len(LEADERS)],
        token_id=token,
        condition_id=condition,
        price=PRICE,
        event_at=now - 200,
        observed_at=now,
    )
    seen = Book(
        token_id=token,
        bids=(Level(PRICE - 0.01, 50_000.0),),
        asks=(Level(PRICE, 50_000.0),),
        event_at=now - 50,
        observed_at=now,
    )
    known = replace(known_market(condition, token), end_at=now + 30 * 86_400_000, observed_at=now)
    return LeaderFillObserved(event_at=now - 200, observed_at=now, signal=one, book=seen, market=known)


def guarded_signer(key: str, folder: Path, clock: Clock) -> GuardedSigner:
    """A key behind a policy, as the runner signs with."""
    policy = SigningPolicy(max_order_notional=1e5, max_daily_notional=1e7)
    spent = SpentToday(folder / "signed-today.json")
    redeemed = SpentToday(folder / "redeemed-today.json")
    guard = PolicyGuard(policy, chain_id=CHAIN_ID, spent=spent, redeemed=redeemed)
    return GuardedSigner(KeySigner(Secret(key)), guard, clock)


def settings_of(url: str) -> CopytradeConfig:
    """Settings whose venue is the sandbox."""
    return parse_config(
        json.dumps(
            {
                "venue": {
                    **dict.fromkeys(("data_url", "gamma_url", "clob_url", "relayer_url"), url),
                    "user_stream_url": url.replace("http", "ws", 1) + "/ws/user",
                    "clock": "venue",
                }
            }
        ),
        origin="bench",
    )


def decision_config() -> DecisionConfig:
    """The limits as they are, with small copies of leaders who may have many."""
    text = {
        "filter": {"min_liquidity": 10, "max_spread": 0.2},
        "sizing": {"max_per_trade": 0.002, "max_per_market": 0.002, "max_per_leader": 0.9},
    }
    return parse_config(json.dumps(text), origin="bench").decision()
