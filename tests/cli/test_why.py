"""`copytrade why`: one decision made again from the journal, with every gate."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest
from typer.testing import CliRunner

from copytrade_live.cli import build_app
from copytrade_live.core.config import DecisionConfig
from copytrade_live.core.decide import FILTERS, LIMITS
from copytrade_live.core.events import OrderAccepted, OrderFilled
from copytrade_live.core.market import MICRO, Level, Side
from copytrade_live.core.orders import Fill
from copytrade_live.errors import InputFileError
from copytrade_live.explanation import explain_signal
from tests import builders
from tests.cli.journals import write_journal

TIGHT = DecisionConfig.model_validate({"filter": {"max_spread": 0.025}})


def state_path() -> Path:
    return Path(os.environ["COPYTRADE_HOME"]) / "state.sqlite"


def ask(*arguments: str) -> str:
    result = CliRunner().invoke(build_app(["why"]), ["why", *arguments], catch_exceptions=False)
    assert result.exit_code == 0
    return result.stdout


def observations(*more):
    opened = builders.opening()
    opened[0] = builders.RunStarted(
        **builders.at(builders.NOW - builders.HOUR),
        run_id="run-1",
        mode="paper",
        code_version="test",
        config_digest=TIGHT.digest(),
        starting_cash=1000 * MICRO,
    )
    return [*opened, *more]


WIDE = builders.book(bids=(Level(0.40, 5000.0),), asks=(Level(0.50, 5000.0),))


def test_a_refusal_names_the_gate_its_measure_and_its_limit_and_every_other_gate() -> None:
    write_journal(state_path(), observations(builders.leader_fill(with_book=WIDE, signal_id="abc1")), TIGHT)
    found = json.loads(ask("abc1", "--json"))
    assert found["recorded"] == found["again"] == "wide_spread"
    assert len(found["gates"]) == len(FILTERS) + len(LIMITS)
    refusing = [gate for gate in found["gates"] if not gate["holds"]]
    assert [gate["reason"] for gate in refusing] == ["wide_spread"]
    assert refusing[0]["measured"] == pytest.approx(0.1 / 0.45)
    assert refusing[0]["limit"] == 0.025
    assert found["saw"]["book"]["asks"][0] == {"price": 0.5, "size": 5000.0}
    assert found["saw"]["score"]["p_pos"] == 0.95
    text = ask("abc1")
    assert "wide_spread: The spread is too wide against the mid." in text
    assert "REFUSES  spread is narrow" in text


def test_the_config_it_was_decided_with_is_used_whatever_the_file_says_today() -> None:
    write_journal(state_path(), observations(builders.leader_fill(with_book=WIDE)), TIGHT)
    found = explain_signal(state_path(), "f1", DecisionConfig())
    assert found.is_exact
    assert found.context.config == TIGHT


def test_a_config_that_was_not_kept_is_said_to_be_todays() -> None:
    write_journal(state_path(), observations(builders.leader_fill(with_book=WIDE)), DecisionConfig())
    loose = DecisionConfig.model_validate({"filter": {"max_spread": 0.5}})
    found = explain_signal(state_path(), "f1", loose)
    assert not found.is_exact
    assert (found.recorded, found.again) != ("", "")


def test_a_copy_shows_its_size_its_caps_and_what_became_of_it() -> None:
    fill = builders.leader_fill()
    placed = write_journal(state_path(), observations(fill), TIGHT).portfolio.working
    order = next(iter(placed.values())).order
    later = builders.at(builders.NOW + 500)
    bought = Fill(
        fill_id="x1",
        order_id=order.order_id,
        token_id=order.token_id,
        side=Side.BUY,
        price=0.5,
        size=order.size,
        cash=order.size // 2,
        fee=0,
    )
    state_path().unlink()
    write_journal(
        state_path(),
        observations(fill, OrderAccepted(**later, order_id=order.order_id), OrderFilled(**later, fill=bought)),
        TIGHT,
    )
    found = json.loads(ask("last", "--json"))
    assert found["recorded"] == "copied"
    assert all(gate["holds"] for gate in found["gates"])
    assert found["sizing"]["notional"] > 0
    assert {"market_exposure", "gross_exposure"} <= {cap["cap"] for cap in found["caps"]}
    assert [line["event"] for line in found["later"]] == ["filled"]
    assert "What became of it" in ask("last")


def test_a_leaders_sell_is_explained_by_what_it_was_answered_with() -> None:
    write_journal(state_path(), observations(builders.leader_fill(side=Side.SELL)), TIGHT)
    found = json.loads(ask("f1", "--json"))
    assert found["recorded"] == "nothing_to_sell"
    assert found["gates"] == []


def test_an_unknown_or_ambiguous_id_says_what_to_do() -> None:
    fills = [builders.leader_fill(signal_id=name) for name in ("abc1", "abc2")]
    write_journal(state_path(), observations(*fills), TIGHT)
    with pytest.raises(InputFileError, match="copytrade decisions"):
        explain_signal(state_path(), "zz", TIGHT)
    with pytest.raises(InputFileError, match="several signals"):
        explain_signal(state_path(), "abc", TIGHT)
