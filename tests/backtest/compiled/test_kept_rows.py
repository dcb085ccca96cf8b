"""Rows that a sweep loaded are kept: found again while nothing changed, never when something did, and not for ever."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from copytrade_live.core.market import DAY, HOUR
from copytrade_pipelines.backtest.compiled.kept_rows import KeptRows
from copytrade_pipelines.backtest.compiled.loading import Asked, load
from copytrade_pipelines.scoring.parameters import SCORE_VERSION
from tests.backtest.compiled.test_recorded import WINDOW, scattered
from tests.backtest.compiled.test_warehouse import arrays_from, fed, told
from tests.backtest.world import CONFIG, START, token

ASKED = Asked(window=WINDOW, version=SCORE_VERSION)
ROOM = 2**30


@pytest.fixture
def kept(tmp_path: Path) -> KeptRows:
    return KeptRows(tmp_path / "rows", ROOM)


def test_what_is_found_again_is_what_was_kept(kept: KeptRows) -> None:
    with scattered(1).connect() as con:
        name = kept.name(con, ASKED)
        assert kept.find(name) is None
        first = load(con, ASKED)
        kept.keep(name, first)
        assert kept.name(con, ASKED) == name
    found = kept.find(name)
    assert found is not None
    assert found.small.digest == found.content() == first.small.digest
    again, before = arrays_from(found, CONFIG), arrays_from(first, CONFIG)
    assert fed(again) == fed(before)
    assert str(told(again)) == str(told(before))


@pytest.mark.parametrize(
    "statement",
    [
        f"insert into raw.prices by name select '{token(1)}' as token_id, timestamp '2026-01-01' as at, 0.5 as mid",
        "update raw.fills set price = price + 0.01, loaded_seq = nextval('raw.load_seq') where fill_id = "
        "(select min(fill_id) from raw.fills)",
        "delete from raw.books where book_id = (select min(book_id) from raw.books)",
        "update marts.fct_trader_scores set p_pos = p_pos / 2",
        "update raw.markets set category = 'sports', loaded_seq = nextval('raw.load_seq')",
        "create or replace view marts.fct_fills as select * replace (size * 2 as size) from staging.stg_fills",
    ],
)
def test_what_changed_has_another_name(kept: KeptRows, statement: str) -> None:
    with scattered(1).connect() as con:
        before = kept.name(con, ASKED)
        con.execute(statement)
        assert kept.name(con, ASKED) != before


def test_another_window_lag_or_seed_has_another_name(kept: KeptRows) -> None:
    with scattered(1).connect() as con:
        others = (
            ASKED,
            Asked(window=WINDOW, version="other"),
            Asked(window=WINDOW, version=SCORE_VERSION, fit=DAY),
            Asked(window=WINDOW, version=SCORE_VERSION, curve=(1, 2)),
            Asked(window=WINDOW, version=SCORE_VERSION, curve=(1, 2), seed=7),
        )
        assert len({kept.name(con, asked) for asked in others}) == len(others)


def test_a_load_that_is_not_whole_is_let_go(kept: KeptRows) -> None:
    with scattered(1).connect() as con:
        loaded = load(con, ASKED)
    breakages: tuple[Callable[[Path], object], ...] = (
        lambda file: file.unlink(),
        lambda file: file.write_bytes(file.read_bytes()[:-9]),
        lambda file: file.write_bytes(file.read_bytes()[:-9] + b"elsewhere"),
    )
    for damage in breakages:
        kept.keep("one", loaded)
        assert kept.find("one") is not None
        damage(kept.folder / "one" / "book_levels.npy")
        assert kept.find("one") is None
    kept.keep("one", loaded)
    assert kept.find("one") is not None


def test_those_used_longest_ago_make_room(tmp_path: Path) -> None:
    with scattered(1).connect() as con:
        loaded = load(con, ASKED)
    whole = KeptRows(tmp_path / "rows", ROOM)
    for place, name in enumerate("abc"):
        whole.keep(name, loaded)
        os.utime(whole.folder / name, ns=(START + place * HOUR, START + place * HOUR))
    size = sum(path.stat().st_size for path in (whole.folder / "a").iterdir())
    assert whole.find("a") is not None
    KeptRows(whole.folder, round(2.5 * size)).prune()
    assert sorted(path.name for path in whole.folder.iterdir()) == ["a", "c"]
    KeptRows(whole.folder, size // 2).keep("too large", loaded)
    assert sorted(path.name for path in whole.folder.iterdir()) == ["a", "c"]


def test_a_window_without_books_is_kept(kept: KeptRows) -> None:
    rows = scattered(2)
    rows.tables.pop("raw.books")
    with rows.connect() as con:
        loaded = load(con, ASKED)
    kept.keep("none", loaded)
    found = kept.find("none")
    assert found is not None
    assert len(found.books.rows) == 0
