"""Models are picked as in dbt."""

from __future__ import annotations

import pytest

from copytrade_live.errors import SqlModelError
from copytrade_pipelines.sql_models import load_project
from copytrade_pipelines.sql_select import graph_of, select

PROJECT = load_project()


@pytest.mark.parametrize(
    ("selectors", "expected"),
    [
        (["fct_fills"], {"fct_fills"}),
        (["marts.fct_fills"], {"fct_fills"}),
        (["+fct_fills"], {"fct_fills", "stg_fills"}),
        (["stg_journal+1"], {"stg_journal", "int_orders", "int_signals", "fct_decisions", "fct_copies"}),
        (["1+fct_wallet_pnl"], {"fct_wallet_pnl", "int_fill_values"}),
        (
            ["+fct_wallet_pnl"],
            {
                "fct_wallet_pnl",
                "int_fill_values",
                "int_outcomes",
                "stg_fills",
                "stg_markets",
                "stg_resolutions",
            },
        ),
        (["tag:pnl"], {"fct_wallet_pnl"}),
        (["dim_*"], {"dim_markets", "dim_wallets"}),
        (["dim_*", "tag:pnl"], {"dim_markets", "dim_wallets", "fct_wallet_pnl"}),
        (["int_fill_values"], {"int_fill_values"}),
        (["staging"], {name for name in PROJECT.models if name.startswith("stg_")}),
        ([], set(graph_of(PROJECT))),
    ],
)
def test_selectors_pick_what_they_name_and_what_lies_above_and_below(selectors: list[str], expected: set[str]) -> None:
    assert set(select(PROJECT, selectors)) == expected


def test_what_is_picked_comes_in_building_order() -> None:
    order = select(PROJECT, ["+fct_wallet_pnl"])
    assert order.index("stg_fills") < order.index("int_fill_values") < order.index("fct_wallet_pnl")


def test_options_ask_for_above_and_below_as_plus_signs_do() -> None:
    assert select(PROJECT, ["fct_fills"], upstream=True) == select(PROJECT, ["+fct_fills"])
    assert select(PROJECT, ["stg_fills"], downstream=True) == select(PROJECT, ["stg_fills+"])


@pytest.mark.parametrize(
    ("selector", "said"),
    [
        ("fct_filsl", "no SQL model is named 'fct_filsl'; nearest is 'fct_fills'"),
        ("tag:jurnal", "no SQL model is tagged 'jurnal'; nearest is 'journal'"),
        ("fct fills", r"selector was 'fct fills'; write model, \+model"),
        ("zzz_*", r"no SQL model is named 'zzz_\*'"),
    ],
)
def test_a_selector_that_picks_nothing_names_the_nearest(selector: str, said: str) -> None:
    with pytest.raises(SqlModelError, match=said):
        select(PROJECT, [selector])
