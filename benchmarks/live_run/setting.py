"""The home of the runner that is proven: its config, a published snapshot for its leaders, a gate kept fresh."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass

import numpy as np
import pandas as pd

from benchmarks.good_score import good_score
from copytrade_live.core.market import HOUR, Instant
from copytrade_live.core.score import Gate
from copytrade_live.sandbox.ledger import Kind
from copytrade_live.sandbox.synthetic import Scale, build_synthetic_world
from copytrade_live.settings import Home
from copytrade_live.venue_address import venue_changes
from copytrade_pipelines.publishing import publish_gate, publish_scores
from copytrade_pipelines.scoring.parameters import SCORE_VERSION

GATE_REAL_SECONDS = 60.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Setting:
    """What the run is played with."""

    hours: float
    speed: float
    leaders: int
    seed: int
    wallets: int
    fills: int


def busiest(setting: Setting) -> list[str]:
    """The wallets of the world that trade most while the run lasts: it proves how they are copied, not whom to copy."""
    world = build_synthetic_world(setting.seed, Scale(wallets=setting.wallets, fills=setting.fills))
    ledger = world.ledger
    until = world.start_at + round(setting.hours * HOUR)
    is_counted = (ledger.kind == Kind.TRADE) & (ledger.at >= world.start_at) & (ledger.at < until)
    counts = np.bincount(ledger.wallet[is_counted], minlength=len(world.wallets))
    order = np.argsort(-counts, kind="stable")[: setting.leaders]
    return [world.wallets[number].address.lower() for number in order.tolist()]


def write_config(home: Home, url: str, wallet: str, leaders: list[str], speed: float) -> None:
    """The product's own config: caps tight enough to be reached, waits as long in real time as they are in life."""
    sections: dict[str, dict[str, object]] = {
        "venue": {name: change.value for (section, name), change in venue_changes(url).items() if section == "venue"},
        "safety": {"dry_run": False, "live_mode_confirm_delay_seconds": 0.1},
        "live": {"wallet": wallet, "key_source": "env"},
        "signing": {"max_order_notional": 60.0, "max_daily_notional": 1_000_000.0},
        "observability": {"enabled": False},
        "tracker": {
            "leaders": leaders,
            "follow_top": 0,
            "poll_interval_seconds": speed,
            "chain_interval_seconds": speed,
            "stream_silence_seconds": 60.0,
        },
        "polling": {"exit_interval_seconds": speed, "book_silence_seconds": 60.0},
        "filter": {
            "max_signal_age_seconds": 12.0 * speed,
            "max_feed_lag_seconds": 12.0 * speed,
            "max_book_age_seconds": 5.0 * speed,
            "min_liquidity": 50.0,
            "min_leader_notional": 5.0,
            "max_spread": 0.15,
            "max_price_move": 0.08,
            "min_hours_to_resolution": 0.3,
        },
        "execution": {"order_ttl_seconds": 3.0 * speed, "max_slippage": 0.03},
        "sizing": {
            "max_per_trade": 0.025,
            "max_per_market": 0.04,
            "max_per_leader": 0.10,
            "max_per_event": 0.08,
            "min_notional": 5.0,
            "decay_hours": 0.0,
        },
        "risk": {"max_positions": 30, "max_copies_per_minute": 8, "max_leader_copies_per_minute": 3},
        "exit": {"take_profit": 0.06, "stop_loss": 0.06, "time_exit_hours": 0.1},
    }
    sections["venue"]["rpc_url"] = f"{url}/rpc"
    home.root.mkdir(parents=True, exist_ok=True)
    home.config.write_text(json.dumps(sections, indent=1))


def publish_leaders(home: Home, leaders: list[str], as_of: Instant) -> None:
    """A snapshot by the pipelines' own publisher, in which every leader is good."""
    moment = pd.Timestamp(as_of, unit="ms")
    known = {"as_of": moment, "known_at": moment, "imputed_share": 0.0}
    scores = [asdict(good_score(wallet, as_of, score_version=SCORE_VERSION)) for wallet in leaders]
    rows = pd.DataFrame([{**one, **known} for one in scores])
    unknown = ["breakeven_latency", "capacity", "q_value"]
    rows[unknown] = rows[unknown].astype(float)
    rows = rows.astype({"as_of": "datetime64[us]", "known_at": "datetime64[us]"})
    publish_scores(home, rows, as_of=as_of, run_id="live-run", keep=2)


def open_gate(home: Home, now: Instant, speed: float) -> None:
    """Say again that entries are allowed, for a while."""
    until = now + round(GATE_REAL_SECONDS * speed * 1000)
    publish_gate(home, Gate(is_open=True, reasons=(), snapshot_id=None, written_at=now, valid_until=until))
