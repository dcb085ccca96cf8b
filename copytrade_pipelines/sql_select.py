"""Picks models the way dbt does: by name, pattern, layer or tag, with + for what lies above and below."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from fnmatch import fnmatchcase
from graphlib import TopologicalSorter

from copytrade_live.errors import SqlModelError
from copytrade_pipelines.sql_models import LAYERS, Project
from copytrade_pipelines.sql_render import nearest

_SELECTOR = re.compile(r"(?P<above>\d*\+)?(?P<what>[\w.*?\[\]:-]+?)(?P<below>\+\d*)?")


def graph_of(project: Project) -> dict[str, tuple[str, ...]]:
    """Every model, and every table that Python computes from models, with the names it is made from."""
    computed = {source.relation: source for source in project.sources.values() if source.made_from}
    graph = {source.relation.name: source.made_from for source in computed.values()}
    for name, model in project.models.items():
        through = [relation.name for relation in model.rendered.sources if relation in computed]
        graph[name] = (*(relation.name for relation in model.rendered.refs), *through)
    return {name: graph[name] for name in TopologicalSorter(graph).static_order()}


def select(
    project: Project, selectors: Sequence[str], *, upstream: bool = False, downstream: bool = False
) -> tuple[str, ...]:
    """The chosen names in building order, all when none is asked for. Raises: SqlModelError naming the nearest."""
    graph = graph_of(project)
    if not selectors:
        return tuple(graph)
    chosen = frozenset[str]().union(
        *(_matches(project, graph, each, upstream=upstream, downstream=downstream) for each in selectors)
    )
    return tuple(name for name in graph if name in chosen)


def children_of(graph: Mapping[str, Sequence[str]]) -> dict[str, tuple[str, ...]]:
    """The same graph looked at from above."""
    return {name: tuple(other for other, parents in graph.items() if name in parents) for name in graph}


def walk(graph: Mapping[str, Sequence[str]], start: frozenset[str], steps: int | None) -> frozenset[str]:
    """Everything within some steps of a start along the graph, the start included; None is any number."""
    found, edge = start, start
    while edge and steps != 0:
        edge = frozenset(parent for name in edge for parent in graph[name]) - found
        found |= edge
        steps = None if steps is None else steps - 1
    return found


def _matches(
    project: Project, graph: Mapping[str, Sequence[str]], selector: str, *, upstream: bool, downstream: bool
) -> frozenset[str]:
    match = _SELECTOR.fullmatch(selector)
    if match is None:
        raise SqlModelError(
            f"selector was '{selector}'; write model, +model, model+, 2+model, tag:name, a layer, or a*"
        )
    start = _named(project, graph, match["what"])
    above, below = _steps(match["above"], asked=upstream), _steps(match["below"], asked=downstream)
    return walk(graph, start, above) | walk(children_of(graph), start, below)


def _steps(plus: str | None, *, asked: bool) -> int | None:
    if plus is None:
        return None if asked else 0
    number = plus.strip("+")
    return int(number) if number else None


def _named(project: Project, graph: Mapping[str, Sequence[str]], what: str) -> frozenset[str]:
    if what in graph:
        return frozenset({what})
    kind, _, value = what.rpartition(":")
    found = frozenset(
        name
        for name, model in project.models.items()
        if (kind == "tag" and value in model.rendered.tags)
        or (not kind and what == model.relation.schema)
        or (not kind and what == str(model.relation))
    )
    if not kind and not found and any(sign in what for sign in "*?["):
        found = frozenset(name for name in graph if fnmatchcase(name, what))
    if not found:
        known = {tag for model in project.models.values() for tag in model.rendered.tags} if kind else {*graph, *LAYERS}
        said = f"no SQL model is tagged '{value}'" if kind else f"no SQL model is named '{what}'"
        raise SqlModelError(said + nearest(value, known))
    return found
