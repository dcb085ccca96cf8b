"""Columns that are only searched say the same as rows read one by one, whatever the batches are cut like."""

from __future__ import annotations

from pathlib import Path
from random import Random

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from copytrade_live.core.market import Side
from copytrade_pipelines.backtest.columns import TokenRows
from copytrade_pipelines.backtest.notes import TapeNotes
from copytrade_pipelines.backtest.recorded_rows import book_of, books_of, mids_of, number_in, print_in, prints_of

LEVELS = pa.list_(pa.struct([("price", pa.float64()), ("size", pa.float64())]))


def write(path: Path, rows: list[dict[str, object]], schema: pa.Schema) -> Path:
    pq.write_table(pa.Table.from_pylist(rows, schema=schema), path, row_group_size=37)
    return path


def random_books(path: Path, rng: Random, count: int = 400) -> list[dict[str, object]]:
    rows: list[dict[str, object]] = []
    at = 1000
    for _ in range(count):
        at += rng.choice([0, 0, 1, 7, 40])
        bid = rng.randrange(1, 50) / 100
        depth = rng.randrange(0, 4)
        bids = [
            {"price": round(bid - step / 100, 2), "size": 10.0 + step} for step in range(min(depth, int(bid * 100)))
        ]
        asks = [{"price": round(bid + (step + 1) / 100, 2), "size": 20.0} for step in range(rng.randrange(0, 3))]
        rows.append(
            {"token_id": str(rng.randrange(9)), "bids": bids, "asks": asks, "event_at": at - 5, "observed_at": at}
        )
    schema = pa.schema(
        [
            ("token_id", pa.string()),
            ("bids", LEVELS),
            ("asks", LEVELS),
            ("event_at", pa.int64()),
            ("observed_at", pa.int64()),
        ]
    )
    write(path, rows, schema)
    return rows


@pytest.mark.parametrize("batch_rows", [1, 13, 64, 5000])
def test_the_last_row_of_a_token_is_the_one_a_plain_reader_would_remember(
    batch_rows: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("copytrade_pipelines.backtest.columns.BATCH_ROWS", batch_rows)
    rng = Random(batch_rows)
    rows = random_books(tmp_path / "books.parquet", rng)
    feed = books_of(tmp_path / "books.parquet", {}, TapeNotes())
    now = 900
    for _ in range(300):
        now += rng.choice([0, 1, 30, 200])
        token = str(rng.randrange(10))
        known = [row for row in rows if row["token_id"] == token and row["observed_at"] <= now]  # type: ignore[operator]
        found = feed.last(token, now)
        assert (found is None) == (not known)
        if found is not None:
            book = book_of(token, found)
            want = known[-1]
            assert (book.token_id, book.observed_at, book.event_at) == (token, want["observed_at"], want["event_at"])
            assert [{"price": level.price, "size": level.size} for level in book.bids] == want["bids"]
            assert [{"price": level.price, "size": level.size} for level in book.asks] == want["asks"]


@pytest.mark.parametrize("batch_rows", [1, 13, 5000])
def test_recent_rows_are_those_between_two_moments(
    batch_rows: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("copytrade_pipelines.backtest.columns.BATCH_ROWS", batch_rows)
    rng, at, rows = Random(batch_rows), 1000, []
    for number in range(300):
        at += rng.choice([0, 1, 500])
        side = rng.choice(["BUY", "SELL"])
        rows.append(
            {"token_id": str(rng.randrange(5)), "event_at": at, "taker_side": side, "price": 0.5, "size": float(number)}
        )
    kinds = {"token_id": pa.string(), "event_at": pa.int64(), "taker_side": pa.string(), "price": pa.float64()}
    write(tmp_path / "prints.parquet", rows, pa.schema([*kinds.items(), ("size", pa.float64())]))
    feed = prints_of(tmp_path / "prints.parquet", TapeNotes())
    now = 900
    for _ in range(200):
        since, now = now, now + rng.choice([1, 100, 900])
        token = str(rng.randrange(6))
        want = [row for row in rows if row["token_id"] == token and since < row["event_at"] <= now]
        found = [print_in(row) for row in feed.between(token, since, now)]
        assert [(one.at, one.size, one.side) for one in found] == [
            (row["event_at"], row["size"], Side(row["taker_side"])) for row in want
        ]


def test_a_mid_counts_only_once_it_could_be_read(tmp_path: Path) -> None:
    schema = pa.schema([("token_id", pa.string()), ("at", pa.int64()), ("mid", pa.float64())])
    write(tmp_path / "prices.parquet", [{"token_id": "1", "at": 1000, "mid": 0.4}], schema)
    feed = mids_of(tmp_path / "prices.parquet", TapeNotes(), 10)
    assert feed.last("1", 1009) is None
    row = feed.last("1", 1010)
    assert row is not None
    assert number_in(row, "mid") == 0.4


def test_an_empty_file_knows_nothing(tmp_path: Path) -> None:
    random_books(tmp_path / "books.parquet", Random(1), 0)
    feed = books_of(tmp_path / "books.parquet", {}, TapeNotes())
    assert isinstance(feed, TokenRows)
    assert feed.last("1", 10**9) is None
