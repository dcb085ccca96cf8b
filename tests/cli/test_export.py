"""`copytrade export`: the journal as rows for other tools."""

from __future__ import annotations

import csv
import io
import json
import os
from pathlib import Path

from typer.testing import CliRunner

from copytrade_live.cli import build_app
from copytrade_live.core.market import Side
from tests import builders
from tests.cli.journals import write_journal
from tests.predecessor.test_defects import CONFIG, losing_run


def export(*arguments: str) -> str:
    result = CliRunner().invoke(build_app(["export"]), ["export", *arguments])
    assert result.exit_code == 0, result.output
    return result.stdout


def home() -> Path:
    return Path(os.environ["COPYTRADE_HOME"])


def test_the_whole_journal_comes_out_as_the_pipelines_get_it() -> None:
    write_journal(home() / "state.sqlite", losing_run(), CONFIG)
    lines = [json.loads(line) for line in export("journal").splitlines()]
    assert [line["seq"] for line in lines] == list(range(1, len(lines) + 1))
    assert {"RunStarted", "SignalCopied", "OrderFilled", "CopyClosed"} <= {line["type"] for line in lines}


def test_decisions_fills_and_copies_are_tables_a_spreadsheet_opens() -> None:
    sell = builders.leader_fill(side=Side.SELL, signal_id="f9", outcome="=HYPERLINK(1)")
    write_journal(home() / "state.sqlite", [*losing_run(), sell], CONFIG)
    decisions = list(csv.DictReader(io.StringIO(export("decisions", "--format", "csv"))))
    assert {row["event"] for row in decisions} >= {"copied", "filled", "closed", "rejected"}
    assert [row["outcome"] for row in decisions if row["event"] == "rejected"] == ["'=HYPERLINK(1)"]
    fills = list(csv.DictReader(io.StringIO(export("fills", "--format", "csv"))))
    assert {row["side"] for row in fills} == {"BUY"}
    [copy] = csv.DictReader(io.StringIO(export("copies", "--format", "csv")))
    assert float(copy["pnl"]) == -sum(float(row["cash"]) for row in fills)


def test_a_range_of_time_and_a_file(tmp_path: Path) -> None:
    write_journal(home() / "state.sqlite", losing_run(), CONFIG)
    target = tmp_path / "fills.csv"
    export("fills", "--format", "csv", "--since", "2026-03-03", "-o", str(target))
    assert target.read_text().splitlines() == ["seq,ts,run_id,order_id,fill_id,token_id,side,price,size,cash,fee"]
    again = CliRunner().invoke(build_app(["export"]), ["export", "fills", "-o", str(target)])
    assert "--force" in str(again.exception)
    wrong = CliRunner().invoke(build_app(["export"]), ["export", "fills", "--since", "yesterday"])
    assert wrong.exit_code == 2
