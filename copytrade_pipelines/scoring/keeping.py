"""What a refresh starts from, on disk: Arrow files that are mapped, not read, moved in whole or not at all."""

from __future__ import annotations

import json
import shutil
from dataclasses import asdict, fields
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa

from copytrade_live.core.market import Instant
from copytrade_pipelines.scoring.frame import HORIZONS, EvidenceFrame, Names
from copytrade_pipelines.scoring.kernels.facts import TALLY
from copytrade_pipelines.scoring.parameters import ScoreParameters
from copytrade_pipelines.scoring.refresh import Kept

# Of the files' layout and of the engine that filled them; another one is made anew instead of read.
LAYOUT = "3"
_TABLES = ("copies", "hands", "stated")
_WIDE = ("mid", "mid_known_at", "impact")
_NARROW = tuple(field.name for field in fields(EvidenceFrame) if field.name not in ("names", *_WIDE))


def save(kept: Kept, seq: int, folder: Path) -> None:
    """Put what is kept in the place of what was; seq is the newest write it knows."""
    fresh = folder.with_name(f"{folder.name}.new")
    shutil.rmtree(fresh, ignore_errors=True)
    fresh.mkdir(parents=True)
    frame, tallies = kept.frame, kept.tallies
    _write(fresh / "narrow.arrow", {name: getattr(frame, name) for name in _NARROW})
    _write(fresh / "wide.arrow", {name: getattr(frame, name).reshape(-1) for name in _WIDE})
    _write(fresh / "tallies.arrow", {name: np.ascontiguousarray(tallies[name]) for name in TALLY.names or ()})
    for field in fields(Names):
        _write(fresh / f"{field.name}.arrow", {"name": getattr(frame.names, field.name)})
    _write(fresh / "scored.arrow", {"name": kept.scored})
    for table in _TABLES:
        rows = getattr(kept, table)
        _write(fresh / f"{table}.arrow", {name: rows[name].to_numpy() for name in rows.columns})
    about = {"layout": LAYOUT, "as_of": kept.as_of, "seq": seq, "parameters": asdict(kept.parameters)}
    (fresh / "about.json").write_text(json.dumps(about))
    shutil.rmtree(folder, ignore_errors=True)
    fresh.rename(folder)


def kept_as_of(folder: Path) -> Instant:
    """As of when the kept evidence is, -1 where there is none."""
    about_file = folder / "about.json"
    return int(json.loads(about_file.read_text())["as_of"]) if about_file.exists() else -1


def load(folder: Path, parameters: ScoreParameters, as_of: Instant) -> tuple[Kept, int] | None:
    """What is kept and the newest write it knows; None where nothing serves these parameters and this time."""
    about_file = folder / "about.json"
    if not about_file.exists():
        return None
    about = json.loads(about_file.read_text())
    wanted = json.loads(json.dumps(asdict(parameters)))
    if about["layout"] != LAYOUT or about["parameters"] != wanted or about["as_of"] > as_of:
        return None
    names = {field.name: _read(folder / f"{field.name}.arrow")["name"] for field in fields(Names)}
    columns = _read(folder / "narrow.arrow")
    columns |= {name: column.reshape(-1, len(HORIZONS)) for name, column in _read(folder / "wide.arrow").items()}
    told = _read(folder / "tallies.arrow")
    tallies = np.empty(len(told["wallet"]), dtype=TALLY)
    for name, column in told.items():
        tallies[name] = column
    kept = Kept(
        frame=EvidenceFrame(names=Names(**names), **columns),
        tallies=tallies,
        scored=_read(folder / "scored.arrow")["name"],
        **{table: pd.DataFrame(_read(folder / f"{table}.arrow")) for table in _TABLES},
        as_of=about["as_of"],
        parameters=parameters,
    )
    return kept, int(about["seq"])


def _write(path: Path, columns: dict[str, np.ndarray]) -> None:
    table = pa.table({name: pa.array(column) for name, column in columns.items()})
    with pa.OSFile(str(path), "wb") as sink, pa.ipc.new_file(sink, table.schema) as writer:
        writer.write_table(table)


def _read(path: Path) -> dict[str, np.ndarray]:
    with pa.memory_map(str(path)) as source:
        table = pa.ipc.open_file(source).read_all()
    found: dict[str, np.ndarray] = {}
    for name in table.column_names:
        column = table[name].combine_chunks() if table[name].num_chunks != 1 else table[name].chunk(0)
        is_text = pa.types.is_string(column.type) or pa.types.is_null(column.type)
        found[name] = np.asarray(column.to_pandas(), dtype=object) if is_text else column.to_numpy(zero_copy_only=False)
    return found
