"""Flags and short sentences that tell a person why a score is what it is."""

from __future__ import annotations

from typing import Any

import pandas as pd

from copytrade_pipelines.scoring.parameters import ScoreParameters

# Fewer effective events than this say little, however many there once were.
THIN_EVENTS = 5.0
MOSTLY = 0.5


def explain(rows: pd.DataFrame, parameters: ScoreParameters) -> pd.DataFrame:
    """Add flags and reasons to score rows."""
    records = rows.to_dict("records")
    flags = [_flags(record, parameters) for record in records]
    reasons = [_reasons(record, parameters) for record in records]
    return rows.assign(
        flags=pd.Series(flags, index=rows.index, dtype=object),
        reasons=pd.Series(reasons, index=rows.index, dtype=object),
    )


def _flags(row: dict[Any, Any], parameters: ScoreParameters) -> list[str]:
    found = {
        "probation": row["n_events"] < parameters.min_events,
        "maker": row["maker_share"] > parameters.max_maker_share,
        "truncated": row["coverage"] < parameters.min_coverage,
        "thin": row["n_eff"] < THIN_EVENTS,
        "imputed": row["imputed_share"] > MOSTLY,
    }
    return [name for name, is_set in found.items() if is_set]


def _reasons(row: dict[Any, Any], parameters: ScoreParameters) -> list[str]:
    sentences = [_edge(row), _evidence(row, parameters)]
    if row["maker_share"] > parameters.max_maker_share:
        sentences.append(f"Rests {row['maker_share']:.0%} of its notional, which a copier cannot do.")
    if row["coverage"] < parameters.min_coverage:
        sentences.append(f"Only {row['coverage']:.1%} of its history reconciles.")
    if row["imputed_share"] > MOSTLY:
        sentences.append(f"The cost of copying is modelled for {row['imputed_share']:.0%} of its events.")
    return sentences


def _edge(row: dict[Any, Any]) -> str:
    mean, low = 100.0 * row["edge_mean"], 100.0 * row["lcb10"]
    return (
        f"Copying earns {mean:+.1f} c a share after costs; {row['p_pos']:.0%} likely above 0, low bound {low:+.1f} c."
    )


def _evidence(row: dict[Any, Any], parameters: ScoreParameters) -> str:
    events = int(row["n_events"])
    if events == 0:
        return "No event known yet: this is what an unknown wallet is worth."
    if events < parameters.min_events:
        return f"Only {events} events so far, {parameters.min_events} are asked for: mostly what others are worth."
    return f"Rests on {events} events, worth {row['n_eff']:.0f} fresh ones."
