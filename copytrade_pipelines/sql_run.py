"""Builds and checks chosen models one after the other, each in a transaction of its own, stopping below what broke."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum

import duckdb

from copytrade_live.errors import SqlModelError
from copytrade_pipelines import fill_values
from copytrade_pipelines.sql_build import Way, build
from copytrade_pipelines.sql_models import Project
from copytrade_pipelines.sql_rules import RuleResult, compare_with_rebuild, run_tests
from copytrade_pipelines.sql_select import children_of, graph_of, walk
from copytrade_pipelines.sql_state import kind_of
from copytrade_pipelines.warehouse import Warehouse

# What Python computes from models, by the name of its table.
COMPUTED: dict[str, Callable[..., fill_values.Valued]] = {"int_fill_values": fill_values.write_fill_values}


class End(StrEnum):
    """How a model ended."""

    OK = "ok"
    BROKEN = "rule broken"
    SKIPPED = "skipped"


@dataclass(frozen=True, slots=True, kw_only=True)
class Ran:
    """What became of one model. Units: seconds."""

    name: str
    end: End
    way: str = ""
    rows: int = 0
    written: int = 0
    why: str = ""
    seconds: float = 0.0
    results: tuple[RuleResult, ...] = ()

    @property
    def broken(self) -> tuple[RuleResult, ...]:
        """The rules that rows break."""
        return tuple(result for result in self.results if not result.passed)


def run_models(
    project: Project, warehouse: Warehouse, names: Sequence[str], *, full_refresh: bool = False, checks: bool = True
) -> Iterator[Ran]:
    """Build models in order and hold them to their rules; what is made from one with a broken blocking rule is skipped.

    Raises: SqlModelError, WarehouseError.
    """
    below, spoilt = children_of(graph_of(project)), frozenset[str]()
    for name in names:
        if name in spoilt:
            yield Ran(name=name, end=End.SKIPPED, why="made from a model with a broken blocking rule")
            continue
        ran = _run(project, warehouse, name, full_refresh=full_refresh, checks=checks)
        if any(result.rule.is_blocking for result in ran.broken):
            spoilt |= walk(below, frozenset({name}), None)
        yield ran


def check_models(
    project: Project, warehouse: Warehouse, names: Sequence[str], *, everything: bool = False, rebuild: bool = False
) -> Iterator[Ran]:
    """Hold built models to their rules; rebuild also compares incremental tables with what a rebuild would make.

    Raises: SqlModelError, WarehouseError.
    """
    for name in names:
        if name not in project.models:
            continue
        model, began = project.models[name], time.perf_counter()
        with warehouse.connect() as con:
            if kind_of(con, model.relation) is None:
                yield Ran(name=name, end=End.SKIPPED, why=f"not built yet; run: copytrade sql run +{name}")
                continue
            results = run_tests(model, project.tests.get(name, ()), con, everything=everything)
            if rebuild and model.rendered.step is not None:
                results += (compare_with_rebuild(model, con),)
        ran = Ran(name=name, end=End.OK, results=results, seconds=time.perf_counter() - began)
        yield replace(ran, end=End.BROKEN) if ran.broken else ran


def _run(project: Project, warehouse: Warehouse, name: str, *, full_refresh: bool, checks: bool) -> Ran:
    began = time.perf_counter()
    with warehouse.connect() as con:
        if name in COMPUTED:
            valued = COMPUTED[name](con, full_refresh=full_refresh)
            way = Way.FULL if valued.why else Way.STEP if valued.written else Way.UNCHANGED
            ran = Ran(name=name, end=End.OK, way=way, rows=valued.rows, written=valued.written, why=valued.why)
        else:
            ran = _build(project, con, name, full_refresh=full_refresh, checks=checks)
    return replace(ran, seconds=time.perf_counter() - began, end=End.BROKEN if ran.broken else ran.end)


def _build(project: Project, con: duckdb.DuckDBPyConnection, name: str, *, full_refresh: bool, checks: bool) -> Ran:
    model = project.model(name)
    missing = [str(relation) for relation in model.inputs if kind_of(con, relation) is None]
    unwritten = [each for each in missing if any(str(source) == each for source in model.rendered.sources)]
    if unwritten and not project.sources[model.rendered.sources[0]].made_from:
        return Ran(name=name, end=End.SKIPPED, why=f"{', '.join(unwritten)} is not written yet by its asset")
    if missing:
        raise SqlModelError(f"{name} reads {', '.join(missing)}, not built yet; run: copytrade sql run +{name}")
    built = build(model, con, full_refresh=full_refresh)
    results = run_tests(model, project.tests.get(name, ()), con) if checks else ()
    return Ran(
        name=name,
        end=End.OK,
        way=built.way,
        rows=built.rows,
        written=built.written,
        why=built.why,
        results=results,
    )
