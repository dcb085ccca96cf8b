"""The SQL models of dbt_like_sql: found, verified, rendered, built and tested, with no Dagster in sight."""

from __future__ import annotations

import hashlib
import importlib.resources
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from graphlib import CycleError, TopologicalSorter
from pathlib import Path
from typing import Any

import yaml

from copytrade_live.errors import SqlModelError
from copytrade_pipelines.sql_header import Contract, is_blocking_comment, parse_header, prose_of
from copytrade_pipelines.sql_lineage import Origin, trace_columns, verify_select
from copytrade_pipelines.sql_render import Names, Relation, Rendered, render_template
from copytrade_pipelines.warehouse_schema import COLUMNS

LAYERS = ("staging", "intermediate", "marts")
TEST_SUFFIX = ".test.sql"
SOURCES_FILE = "sources.yml"


@dataclass(frozen=True, slots=True, kw_only=True)
class Model:
    """One select and its contract."""

    relation: Relation
    path: Path
    contract: Contract
    rendered: Rendered

    @property
    def name(self) -> str:
        """The file's stem, which is the table's name."""
        return self.relation.name

    @property
    def code_version(self) -> str:
        """SHA-256 of the rendered SQL."""
        return hashlib.sha256(self.rendered.sql.encode()).hexdigest()


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelTest:
    """One select that returns the rows of a model that should not be."""

    name: str
    model: str
    path: Path
    description: str
    is_blocking: bool
    sql: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """A table that Python writes. asset_key is the Dagster asset that writes it; columns maps name to DuckDB type."""

    relation: Relation
    description: str
    asset_key: tuple[str, ...]
    columns: Mapping[str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Project:
    """Every model, test and source of a folder. Shape: models run in building order."""

    root: Path
    models: Mapping[str, Model]
    tests: Mapping[str, tuple[ModelTest, ...]]
    sources: Mapping[Relation, Source]

    def model(self, name: str) -> Model:
        """The model of that name. Raises: SqlModelError naming the known ones."""
        if name not in self.models:
            raise SqlModelError(f"no SQL model is named '{name}'; models: {', '.join(sorted(self.models))}")
        return self.models[name]

    def ancestors(self, name: str) -> frozenset[str]:
        """Every model that a model is made from, itself included."""
        parents = [relation.name for relation in self.models[name].rendered.refs]
        return frozenset({name}).union(*(self.ancestors(parent) for parent in parents))

    def lineage(self, name: str) -> dict[str, tuple[Origin, ...]]:
        """Where each column of a model comes from, one step back. Raises: SqlModelError."""
        model = self.model(name)
        inputs = (*model.rendered.refs, *model.rendered.sources)
        schema = {relation: self.columns_of(relation) for relation in inputs}
        return trace_columns(model.rendered.marked, schema, model.path)

    def columns_of(self, relation: Relation) -> dict[str, str]:
        """Name and DuckDB type of each column of a model or a source."""
        if relation in self.sources:
            return dict(self.sources[relation].columns)
        return {column.name: column.type for column in self.models[relation.name].contract.columns}


def shipped_folder() -> Path:
    """The folder dbt_like_sql as installed."""
    return Path(str(importlib.resources.files("dbt_like_sql").joinpath("staging"))).parent


@cache
def load_project(root: Path | None = None) -> Project:
    """Read and verify every model under root, else of the shipped folder. Raises: SqlModelError."""
    folder = root or shipped_folder()
    sources = _read_sources(folder)
    files = {path.stem: path for path in _sql_files(folder) if not path.name.endswith(TEST_SUFFIX)}
    names = Names(
        models={stem: Relation(path.parent.name, stem) for stem, path in files.items()}, sources=frozenset(sources)
    )
    models = _in_order({stem: _read_model(path, names) for stem, path in files.items()})
    project = Project(root=folder, models=models, tests={}, sources=sources)
    return Project(root=folder, models=models, tests=_read_tests(project, names), sources=sources)


def render(model: Model) -> str:
    """The SQL of a model as the DuckDB shell can run it."""
    return model.rendered.sql


def _sql_files(folder: Path) -> list[Path]:
    return [path for layer in LAYERS for path in sorted((folder / layer).glob("*.sql"))]


def _read_model(path: Path, names: Names) -> Model:
    text = path.read_text(encoding="utf-8")
    contract = parse_header(text, path)
    rendered = render_template(text, path, names)
    verify_select(rendered.marked, path)
    return Model(relation=names.models[path.stem], path=path, contract=contract, rendered=rendered)


def _in_order(models: dict[str, Model]) -> dict[str, Model]:
    graph = {name: [relation.name for relation in model.rendered.refs] for name, model in models.items()}
    try:
        return {name: models[name] for name in TopologicalSorter(graph).static_order()}
    except CycleError as error:
        circle = " -> ".join(error.args[1])
        raise SqlModelError(f"{models[error.args[1][0]].path}: refs go in a circle: {circle}; break one ref") from error


def _read_tests(project: Project, names: Names) -> dict[str, tuple[ModelTest, ...]]:
    tests: dict[str, tuple[ModelTest, ...]] = {}
    for path in _sql_files(project.root):
        if path.name.endswith(TEST_SUFFIX):
            test = _read_test(path, project, names)
            tests[test.model] = (*tests.get(test.model, ()), test)
    return tests


def _read_test(path: Path, project: Project, names: Names) -> ModelTest:
    model, _, name = path.name.removesuffix(TEST_SUFFIX).partition(".")
    if model not in project.models or not name:
        raise SqlModelError(f"{path}: tests no model; name the file <model>.<what_holds>{TEST_SUFFIX}")
    text = path.read_text(encoding="utf-8")
    rendered = render_template(text, path, names)
    verify_select(rendered.marked, path)
    later = [relation.name for relation in rendered.refs if relation.name not in project.ancestors(model)]
    if later:
        raise SqlModelError(f"{path}: reads {later}, built after {model}; test the later model instead")
    if not prose_of(text):
        raise SqlModelError(f"{path}: no description; open the file with '-- what must hold.'")
    return ModelTest(
        name=name,
        model=model,
        path=path,
        description=prose_of(text),
        is_blocking=is_blocking_comment(text, path),
        sql=rendered.sql,
    )


def _read_sources(folder: Path) -> dict[Relation, Source]:
    path = folder / SOURCES_FILE
    if not path.exists():
        raise SqlModelError(f"{path} does not exist; declare the tables that Python writes there")
    declared = yaml.safe_load(path.read_text(encoding="utf-8"))["sources"]
    found = (_read_source(schema["name"], table, path) for schema in declared for table in schema["tables"])
    return {source.relation: source for source in found}


def _read_source(schema: str, table: Mapping[str, Any], path: Path) -> Source:
    relation = Relation(schema, table["name"])
    # Schema raw has its one home in warehouse_schema; other tables declare their columns here, as dbt does.
    columns = COLUMNS.get(str(relation)) or {
        column["name"]: str(column["data_type"]).upper() for column in table.get("columns", ())
    }
    if not columns:
        raise SqlModelError(f"{path}: source {relation} has no columns; list them with name and data_type")
    key = table.get("meta", {}).get("dagster", {}).get("asset_key", [relation.schema, relation.name])
    return Source(relation=relation, description=table["description"], asset_key=tuple(key), columns=columns)
