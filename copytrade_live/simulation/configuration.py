"""The runner's configuration in a simulation: the product's own, with limits that fit a light world."""

from __future__ import annotations

from copytrade_live.settings import CopytradeConfig
from copytrade_live.simulation.pipelines import MAX_SCORE_AGE
from copytrade_live.simulation.world import World


def simulation_config(world: World, *, is_live: bool) -> CopytradeConfig:
    """Follows every leader of the world; short orders, early profits and losses, so that much happens soon."""
    return CopytradeConfig.model_validate(
        {
            "safety": {"dry_run": not is_live, "least_free_megabytes": 0.0},
            "tracker": {"leaders": world.leaders, "follow_top": 3},
            "polling": {"exit_interval_seconds": 3.0, "export_interval_seconds": 20.0, "checkpoint_events": 60},
            "filter": {
                "min_liquidity": 10.0,
                "min_leader_notional": 5.0,
                "max_spread": 0.08,
                "min_hours_to_resolution": 1.0,
            },
            "score": {"max_age_seconds": MAX_SCORE_AGE},
            "exit": {"take_profit": 0.12, "stop_loss": 0.10, "time_exit_hours": 0.5},
            "execution": {"order_ttl_seconds": 6.0, "max_slippage": 0.03},
            "sizing": {"max_per_trade": 0.05, "max_per_leader": 0.15, "max_per_market": 0.08},
        }
    )
