"""The SQL models of dbt_like_sql: found, verified, rendered, built and tested, with no Dagster in sight."""

from __future__ import annotations

import hashlib
import importlib.resources
from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cache
from graphlib import CycleError, TopologicalSorter
from pathlib import Path
from typing import Any

import yaml

from copytrade_live.errors import SqlModelError
from copytrade_pipelines.sql_header import Contract, is_blocking_comment, parse_header, prose_of
from copytrade_pipelines.sql_lineage import Mirror, Origin, is_row_wise, mirrored, trace_columns, verify_select
from copytrade_pipelines.sql_render import Names, Relation, Rendered, nearest, render_template
from copytrade_pipelines.warehouse_schema import COLUMNS, LOADED_SEQ

LAYERS = ("staging", "intermediate", "marts")
TEST_SUFFIX = ".test.sql"
SOURCES_FILE = "sources.yml"


@dataclass(frozen=True, slots=True, kw_only=True)
class Model:
    """One select and its contract.

    build_version is that of everything it is made by: its own code and its ancestors'. proven_keys are those of its
    keys that the model it only hands on the rows of has to prove already.
    """

    relation: Relation
    path: Path
    contract: Contract
    rendered: Rendered
    mirror: Mirror | None
    build_version: str = ""
    proven_keys: frozenset[tuple[str, ...]] = frozenset()

    @property
    def name(self) -> str:
        """The file's stem, which is the table's name."""
        return self.relation.name

    @property
    def code_version(self) -> str:
        """SHA-256 of the rendered SQL, of its incremental step too."""
        step = self.rendered.step
        return _sha256(self.rendered.sql + (step.sql if step else ""))

    @property
    def inputs(self) -> tuple[Relation, ...]:
        """Every table it reads."""
        return (*self.rendered.refs, *self.rendered.sources)


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelTest:
    """One select that returns the rows of a model that should not be. is_row_wise: it looks at each row by itself."""

    name: str
    model: str
    path: Path
    description: str
    is_blocking: bool
    is_row_wise: bool
    sql: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """A table that Python writes. asset_key is the Dagster asset that writes it; columns maps name to DuckDB type.

    made_from names the models it is computed from, empty for what comes from outside.
    """

    relation: Relation
    description: str
    asset_key: tuple[str, ...]
    columns: Mapping[str, str]
    made_from: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Project:
    """Every model, test and source of a folder. Shape: models run in building order."""

    root: Path
    models: Mapping[str, Model]
    tests: Mapping[str, tuple[ModelTest, ...]]
    sources: Mapping[Relation, Source]

    def model(self, name: str) -> Model:
        """The model of that name. Raises: SqlModelError naming the nearest, or the known ones."""
        if name not in self.models:
            raise SqlModelError(f"no SQL model is named '{name}'{nearest(name, self.models)}")
        return self.models[name]

    def ancestors(self, name: str) -> frozenset[str]:
        """Every model that a model is made from, itself included."""
        parents = _parents(self.models[name], self.sources)
        return frozenset({name}).union(*(self.ancestors(parent) for parent in parents))

    def descendants(self, name: str) -> frozenset[str]:
        """Every model made from a model, itself included."""
        return frozenset(other for other in self.models if name in self.ancestors(other))

    def lineage(self, name: str) -> dict[str, tuple[Origin, ...]]:
        """Where each column of a model comes from, one step back. Raises: SqlModelError."""
        model = self.model(name)
        schema = {relation: self.columns_of(relation) for relation in model.inputs}
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
    models = _in_order({stem: _read_model(path, names) for stem, path in files.items()}, sources)
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
    rendered = render_template(text, path, names, names.models[path.stem])
    query = verify_select(rendered.marked, path)
    if rendered.step is not None:
        verify_select(rendered.step.marked, path)
        _refuse_unmarked(contract, rendered, path)
    relation = names.models[path.stem]
    return Model(relation=relation, path=path, contract=contract, rendered=rendered, mirror=mirrored(query))


def _refuse_unmarked(contract: Contract, rendered: Rendered, path: Path) -> None:
    if rendered.unique_key not in contract.keys:
        key = ", ".join(rendered.unique_key)
        raise SqlModelError(
            f"{path}: replaces rows by unique_key {key}, which its header does not promise to be unique; "
            f"add '-- unique: {key}'"
        )
    if contract.changes is None:
        raise SqlModelError(
            f"{path}: is incremental, and its header does not say how a changed row is known; "
            "add '-- changes: <the column whose number grows with every change of a row>'"
        )


def _parents(model: Model, sources: Mapping[Relation, Source]) -> list[str]:
    through = [name for relation in model.rendered.sources for name in sources[relation].made_from]
    return [*(relation.name for relation in model.rendered.refs), *through]


def _in_order(models: dict[str, Model], sources: Mapping[Relation, Source]) -> dict[str, Model]:
    graph = {name: _parents(model, sources) for name, model in models.items()}
    try:
        return _versioned({name: models[name] for name in TopologicalSorter(graph).static_order()})
    except CycleError as error:
        circle = " -> ".join(error.args[1])
        raise SqlModelError(f"{models[error.args[1][0]].path}: refs go in a circle: {circle}; break one ref") from error


def _versioned(models: dict[str, Model]) -> dict[str, Model]:
    # A model whose ancestors are written anew selects other rows, though its own text is the same. What is said in the
    # head of an ancestor changes no row.
    bodies: dict[str, str] = {}
    for name, model in models.items():
        bodies[name] = _sha256("".join([_body(model), *(bodies[parent.name] for parent in model.rendered.refs)]))
    return {
        name: replace(
            model, build_version=_sha256(model.code_version + bodies[name]), proven_keys=_proven(model, models)
        )
        for name, model in models.items()
    }


def _proven(model: Model, models: Mapping[str, Model]) -> frozenset[tuple[str, ...]]:
    if model.mirror is None or model.mirror.relation not in model.rendered.refs:
        return frozenset()
    above = models[model.mirror.relation.name].contract.keys
    return frozenset(key for key in model.contract.keys if key in above and model.mirror.columns.issuperset(key))


def _body(model: Model) -> str:
    return "\n".join(line for line in model.rendered.sql.splitlines() if not line.startswith("--"))


def _sha256(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


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
    query = verify_select(rendered.marked, path)
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
        is_row_wise=is_row_wise(query, project.models[model].relation),
        sql=rendered.sql,
    )


def _read_sources(folder: Path) -> dict[Relation, Source]:
    path = folder / SOURCES_FILE
    if not path.exists():
        raise SqlModelError(f"{path} does not exist; declare the tables that Python writes there")
    declared = yaml.safe_load(path.read_text(encoding="utf-8"))["sources"]
    found = (_read_source(schema["name"], table, path) for schema in declared for table in schema["tables"])
    return {source.relation: source for source in found}


def _raw_columns(relation: Relation) -> dict[str, str]:
    columns = COLUMNS.get(str(relation))
    return {**columns, LOADED_SEQ: "BIGINT"} if columns else {}


def _read_source(schema: str, table: Mapping[str, Any], path: Path) -> Source:
    relation = Relation(schema, table["name"])
    # Schema raw has its one home in warehouse_schema; other tables declare their columns here, as dbt does.
    columns = _raw_columns(relation) or {
        column["name"]: str(column["data_type"]).upper() for column in table.get("columns", ())
    }
    if not columns:
        raise SqlModelError(f"{path}: source {relation} has no columns; list them with name and data_type")
    meta = table.get("meta", {})
    key = meta.get("dagster", {}).get("asset_key", [relation.schema, relation.name])
    return Source(
        relation=relation,
        description=table["description"],
        asset_key=tuple(key),
        columns=columns,
        made_from=tuple(meta.get("made_from", ())),
    )
