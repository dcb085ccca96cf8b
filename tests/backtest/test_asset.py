"""backtest_runs as Dagster sees it: config in, a row, a report and plots out."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import dagster as dg
import pytest

from copytrade_live.clock import to_iso
from copytrade_live.core.market import DAY
from copytrade_live.errors import ConfigError
from copytrade_live.settings import CopytradeConfig, Home
from copytrade_pipelines.assets.backtest_config import window_days
from copytrade_pipelines.assets.backtests import ASSETS
from copytrade_pipelines.backtest.overrides import override
from copytrade_pipelines.resources import Settings, VenueResource
from copytrade_pipelines.warehouse import Warehouse
from tests.backtest.world import CONFIG, END, START, busy
from tests.builders import NOW, WALLET


@pytest.fixture
def home(tmp_path: Path) -> Home:
    made = Home(tmp_path)
    with Warehouse(path=str(made.warehouse)).connect() as con:
        busy().lay(con)
    return made


@pytest.fixture
def instance() -> Iterator[dg.DagsterInstance]:
    with dg.DagsterInstance.ephemeral() as made:
        yield made


def materialize(home: Home, instance: dg.DagsterInstance, *, raises: bool = True, **config: Any) -> Any:
    return dg.materialize(
        ASSETS,
        instance=instance,
        resources={
            "warehouse": Warehouse(path=str(home.warehouse)),
            "venue": VenueResource.of(CONFIG.venue),
            "settings": Settings.of(CONFIG, home),
        },
        run_config={"ops": {"backtest_runs": {"config": {"from_day": to_iso(START), "to_day": to_iso(END), **config}}}},
        raise_on_error=raises,
    )


def test_the_asset_writes_one_row_a_run_and_shows_it(home: Home, instance: dg.DagsterInstance) -> None:
    changes = {"exit.stop_loss": 0.5}
    first = materialize(home, instance, leaders=[WALLET], overrides=changes)
    materialize(home, instance, leaders=[WALLET], overrides=changes)
    [event] = first.asset_materializations_for_node("backtest_runs")
    metadata = {name: value.value for name, value in event.metadata.items()}
    assert metadata["dagster/row_count"] == 1
    assert Path(metadata["report"]).is_file()
    assert metadata["plot_equity"].startswith("![equity](data:image/png;base64,")
    with Warehouse(path=str(home.warehouse)).connect() as con:
        [row] = con.execute(
            "select run_id, copies, closed, epoch_ms(from_at), leaders, report from marts.backtest_runs"
        ).fetchall()
    # Without the early stop one copy fewer is left.
    assert row[:5] == (metadata["run_id"], 5, 2, START, [WALLET])
    assert (home.reports / row[5]).is_file()


@pytest.mark.parametrize(
    ("config", "words"),
    [
        ({"overrides": {"filter.max_spred": 0.1}}, "did you mean filter.max_spread?"),
        (
            {"overrides": {"filter.max_spread": 7}},
            "overrides: filter.max_spread: Input should be less than or equal to 1",
        ),
        ({"follow_top": -3}, "tracker.follow_top: Input should be greater than or equal to 0, was -3"),
        ({"from_day": "yesterday"}, "from_day must be an ISO day or time like 2026-03-01"),
        ({"to_day": to_iso(START)}, "a backtest must begin before it ends"),
    ],
)
def test_trouble_ends_the_step_with_its_message(
    home: Home, instance: dg.DagsterInstance, config: dict[str, Any], words: str
) -> None:
    failed = materialize(home, instance, raises=False, **config)
    [step] = [event for event in failed.all_events if event.is_step_failure]
    assert words in str(step.event_specific_data)


def test_the_asset_is_what_the_job_selects() -> None:
    [asset] = ASSETS
    assert asset.key == dg.AssetKey(["backtest_runs"])
    assert asset.group_names_by_key[asset.key] == "backtests"
    assert asset.descriptions_by_key[asset.key]


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"filter.max_spred": 0.1}, "did you mean filter.max_spread"),
        ({"nonsense.word": 1}, "unknown key nonsense"),
        ({"sizing.kelly_multiplier": 7}, "sizing.kelly_multiplier.*was 7"),
        ({"log_level.deep": 1}, "log_level is a value"),
    ],
)
def test_overrides_are_held_to_the_config(changes: dict[str, Any], words: str) -> None:
    with pytest.raises(ConfigError, match=words):
        override(CopytradeConfig(), changes)


def test_overrides_change_only_what_they_name() -> None:
    changed = override(CopytradeConfig(), {"filter.max_spread": 0.2, "filter.markets_denied": ["0x1"]})
    assert changed.filter.max_spread == 0.2
    assert changed.filter.markets_denied == ("0x1",)
    assert changed.sizing == CopytradeConfig().sizing


def test_open_ends_of_a_window_are_the_last_days_before_now() -> None:
    assert window_days("", "", lambda: NOW) == (NOW - 14 * DAY, NOW)
    assert window_days("2026-03-01", "2026-03-02", lambda: 0) == (1772323200000, 1772409600000)
    with pytest.raises(ConfigError, match="from_day must be an ISO day"):
        window_days("yesterday", "", lambda: NOW)
