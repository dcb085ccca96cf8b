"""Evidence frames written row by row, for tests of what is made of them."""

from __future__ import annotations

from dataclasses import fields
from typing import Any

import numpy as np
import pandas as pd

from copytrade_pipelines.scoring.frame import HORIZONS, NEVER, TAKER, EvidenceFrame, Names

START_MS = 1_750_000_000_000
SECOND = 1_000_000
DAY = 86_400 * SECOND
_NAMES = {"wallet": "wallets", "token": "tokens", "market": "markets", "event": "events", "category": "categories"}
_TYPES = {"wallet": np.int32, "token": np.int32, "market": np.int32, "event": np.int32, "category": np.int32}
_TYPES |= {"side": np.int8, "role": np.int8, "cost_source": np.int8, "horizon": np.int8}
_TIMES = {"episode", "started_at", "ended_at", "known_at", "cost_known_at", "payout_known_at"}
_WIDE = {"mid": np.nan, "mid_known_at": NEVER, "impact": 0.0}


def episode(wallet: str, seconds: float, **more: Any) -> dict[str, Any]:
    """One opening episode, seconds after START_MS: a taker's purchase of 100 shares of m-yes at 50 cents."""
    at = START_MS * 1000 + round(seconds * SECOND)
    market = more.pop("market", "m")
    row: dict[str, Any] = {"wallet": wallet, "market": market, "token": f"{market}-yes", "event": f"event-{market}"}
    row |= {"category": "sports", "side": 1, "role": TAKER, "started_at": at, "ended_at": at, "known_at": at}
    row |= {"price": 0.5, "bought": 0.5, "size": 100.0, "opened": 100.0, "stake": 50.0, "held": np.nan, "start": 0.5}
    row |= {"copy_price": 0.51, "fee": 0.0, "cost": 0.51, "cost_source": 0, "cost_known_at": at, "horizon": 1}
    row |= {"later_mid": 0.55, "payout": np.nan, "payout_known_at": NEVER, "a": 0.04, "r": np.nan, "o": np.nan}
    return row | {"r_var": 0.25, "o_var": 0.25} | more


def frame_of(rows: list[dict[str, Any]]) -> EvidenceFrame:
    """The frame of some episodes, in the order a frame has."""
    table = pd.DataFrame(rows).sort_values(["wallet", "event", "started_at"], kind="stable", ignore_index=True)
    table["episode"] = np.arange(len(table))
    table["start"] = table.get("start", table["bought"])
    names = {plural: np.unique(np.array([*table[single].unique()], dtype=object)) for single, plural in _NAMES.items()}
    columns: dict[str, Any] = {}
    for field in fields(EvidenceFrame):
        if field.name == "names":
            continue
        if field.name in _WIDE:
            kind = np.int64 if field.name == "mid_known_at" else float
            columns[field.name] = np.full((len(table), len(HORIZONS)), _WIDE[field.name], dtype=kind)
            continue
        values = table[field.name].to_numpy()
        if field.name in _NAMES:
            values = np.searchsorted(names[_NAMES[field.name]], values.astype(object))
        kind = np.int64 if field.name in _TIMES else _TYPES.get(field.name, float)
        columns[field.name] = values.astype(kind)
    return EvidenceFrame(names=Names(**names), **columns)
