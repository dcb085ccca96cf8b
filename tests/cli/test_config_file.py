"""The config file that init writes means exactly the defaults, and says so about every key."""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path

import pytest
import yaml

from copytrade_live.config_file import Change, render_config, settings_of, write_config
from copytrade_live.demo_config import common_changes, fast_changes
from copytrade_live.errors import ConfigError
from copytrade_live.settings import CopytradeConfig, Home, load_config, parse_config
from copytrade_live.venue_address import venue_changes


def test_the_written_file_means_the_defaults() -> None:
    assert parse_config(render_config(), origin="rendered") == CopytradeConfig()


def test_every_key_of_every_model_is_written_once() -> None:
    written = yaml.safe_load(render_config())
    settings = list(settings_of())
    assert len(settings) == len({(setting.section, setting.name) for setting in settings})
    for setting in settings:
        place = written[setting.section] if setting.section else written
        assert setting.name in place


def test_every_key_says_what_it_means() -> None:
    assert not [setting for setting in settings_of() if len(setting.meaning) < 10]


@pytest.mark.parametrize(
    ("section", "name", "allowed"),
    [
        ("score", "min_p_pos", "at least 0, at most 1"),
        ("tracker", "poll_interval_seconds", "above 0"),
        ("venue", "clock", "system, venue"),
        ("safety", "dry_run", "true, false"),
        ("", "log_level", "debug, info, warning, error"),
    ],
)
def test_ranges_come_from_the_models(section: str, name: str, allowed: str) -> None:
    found = {(setting.section, setting.name): setting.allowed for setting in settings_of()}
    assert found[section, name] == allowed


def test_a_change_is_written_with_its_reason() -> None:
    text = render_config({("score", "min_p_pos"): Change(value=0.7, why="because of the test.")})
    assert "# Here: because of the test.\n  min_p_pos: 0.7\n" in text
    assert parse_config(text, origin="rendered").score.min_p_pos == 0.7


def test_a_change_that_is_not_valid_is_refused() -> None:
    with pytest.raises(ConfigError, match=r"score\.min_p_pos"):
        render_config({("score", "min_p_pos"): Change(value=7)})


def test_an_existing_file_is_kept_unless_forced(tmp_path: Path) -> None:
    path = tmp_path / "config.yaml"
    path.write_text("log_level: debug\n")
    with pytest.raises(ConfigError, match="--force"):
        write_config(path)
    assert path.read_text() == "log_level: debug\n"
    write_config(path, force=True)
    assert parse_config(path.read_text(), origin="written") == CopytradeConfig()


def test_one_address_serves_every_api_and_a_sandbox_brings_its_clock(tmp_path: Path) -> None:
    home = Home(tmp_path)
    write_config(home.config, venue_changes("http://127.0.0.1:8900/"))
    venue = load_config(None, home).venue
    assert {venue.data_url, venue.gamma_url, venue.clob_url} == {"http://127.0.0.1:8900"}
    assert venue.clock == "venue"
    assert ("venue", "clock") not in venue_changes("https://clob.example")


@pytest.mark.parametrize("address", ["127.0.0.1:8900", "ftp://host", "", "http://"])
def test_what_is_not_an_address_is_refused(address: str) -> None:
    with pytest.raises(ConfigError, match="the venue must be an address"):
        venue_changes(address)


@pytest.mark.parametrize("changes", [common_changes, fast_changes])
def test_demo_configs_are_valid_and_say_why(changes: object) -> None:
    made = changes("http://127.0.0.1:8900")  # type: ignore[operator]
    parse_config(render_config(made), origin="demo")
    assert all(change.why for (section, _), change in made.items() if section != "venue")


@pytest.mark.parametrize("text", ["", " \n\n"])
def test_an_empty_file_is_no_wish_for_the_defaults(tmp_path: Path, text: str) -> None:
    home = Home(tmp_path)
    home.config.write_text(text)
    with pytest.raises(ConfigError, match=r"config\.yaml is empty; write one with: copytrade init"):
        load_config(None, home)
    home.config.write_text("# All as it comes.\n")
    assert load_config(None, home) == CopytradeConfig()


def test_a_config_whose_aliases_would_fill_the_memory_is_refused() -> None:
    bomb = "a: &a [x, x, x, x]\n" + "".join(f"{n}: &{n} [*{p}, *{p}, *{p}, *{p}]\n" for p, n in pairwise("abcdefghij"))
    with pytest.raises(ConfigError, match="alias"):
        parse_config(bomb, origin="test")
