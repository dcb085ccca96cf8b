"""A journal that the core itself wrote, read by the models: what SQL looks up in the payload is really there."""

from __future__ import annotations

from collections import Counter

import duckdb
import pytest

from copytrade_live.core.codec import dumps, encode
from copytrade_live.core.events import ExitDecided, FillVoided, OrderFilled, SignalCopied, SignalRejected
from copytrade_live.core.market import MICRO
from copytrade_pipelines.sql_build import build
from copytrade_pipelines.sql_models import load_project
from copytrade_pipelines.sql_rules import run_tests
from copytrade_pipelines.warehouse import ensure_schema
from tests.parity.tape import random_tape, run_tape

DECIDED = {SignalCopied: "copied", SignalRejected: "rejected", ExitDecided: "exit"}
# A tape that copies, is rejected and exits.
JOURNAL = max((run_tape(random_tape(seed)) for seed in range(12)), key=lambda it: len(Counter(map(type, it))))


@pytest.fixture(scope="module")
def con() -> duckdb.DuckDBPyConnection:
    connection = duckdb.connect()
    ensure_schema(connection)
    for seq, event in enumerate(JOURNAL, start=1):
        line = encode(event)
        connection.execute(
            "insert into raw.journal (run_id, seq, mode, type, caused_by, event_at, observed_at, payload) "
            "values ('r1', ?, 'paper', ?, null, epoch_ms(?::bigint), epoch_ms(?::bigint), ?)",
            [seq, line["type"], line["event_at"], line["observed_at"], dumps(line["payload"])],
        )
    project = load_project()
    for model in project.models.values():
        if "journal" in model.rendered.tags:
            build(model, connection)
            broken = [
                each for each in run_tests(model, project.tests.get(model.name, ()), connection) if not each.passed
            ]
            assert broken == []
    return connection


def test_every_decision_is_a_row_with_its_reason_measure_and_limit(con: duckdb.DuckDBPyConnection) -> None:
    decided = [
        (
            seq,
            DECIDED[type(event)],
            event.wallet,
            getattr(event, "signal_id", None),
            event.reason.value if isinstance(event, SignalRejected | ExitDecided) else None,
            getattr(event, "measured", None),
            getattr(event, "limit", None),
            getattr(event, "snapshot_id", None),
        )
        for seq, event in enumerate(JOURNAL, start=1)
        if isinstance(event, SignalCopied | SignalRejected | ExitDecided)
    ]
    assert {row[1] for row in decided} == set(DECIDED.values())
    columns = 'seq, decision, wallet, signal_id, reason, measured, "limit", snapshot_id'
    assert con.execute(f"select {columns} from marts.fct_decisions order by seq").fetchall() == decided


def test_every_fill_of_ours_is_a_row_with_its_order_and_leader(con: duckdb.DuckDBPyConnection) -> None:
    taken_back = {event.fill_id for event in JOURNAL if isinstance(event, FillVoided)}
    filled = [(seq, event.fill) for seq, event in enumerate(JOURNAL, start=1) if isinstance(event, OrderFilled)]
    fills = [(seq, fill) for seq, fill in filled if fill.fill_id not in taken_back]
    orders = {event.order.order_id: event.order for event in JOURNAL if hasattr(event, "order")}
    assert fills
    columns = "seq, order_id, wallet, size, cash, leader_price, side"
    assert con.execute(f"select {columns} from marts.fct_copies order by seq").fetchall() == [
        (
            seq,
            fill.order_id,
            orders[fill.order_id].wallet,
            fill.size / MICRO,
            fill.cash / MICRO,
            orders[fill.order_id].anchor,
            fill.side.value,
        )
        for seq, fill in fills
    ]


def test_an_entry_has_a_signal_and_a_latency_and_an_exit_has_neither(con: duckdb.DuckDBPyConnection) -> None:
    found = con.execute("select side, signal_id is not null, latency >= 0 from marts.fct_copies").fetchall()
    assert set(found) == {("BUY", True, True), ("SELL", False, None)}
