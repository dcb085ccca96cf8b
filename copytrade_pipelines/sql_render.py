"""Renders dbt syntax (config, ref, source) into SQL that the DuckDB shell can run, and collects what it names."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from enum import StrEnum
from functools import lru_cache
from pathlib import Path

from jinja2 import StrictUndefined, Template, TemplateError
from jinja2.sandbox import SandboxedEnvironment

from copytrade_live.errors import SqlModelError

# dbt's own keys and values that mean something here; what would be silently ignored is refused.
CONFIG_KEYS = ("materialized", "tags", "unique_key", "incremental_strategy")
STRATEGY = "delete+insert"
# A catalog no database has: what is rendered with it was named through ref() or source().
MARK = "__declared__"

_ENVIRONMENT = SandboxedEnvironment(undefined=StrictUndefined, keep_trailing_newline=True)


@dataclass(frozen=True, slots=True, order=True)
class Relation:
    """A table by schema and name."""

    schema: str
    name: str

    def __str__(self) -> str:
        return f"{self.schema}.{self.name}"


class Materialized(StrEnum):
    """What a model becomes in the database."""

    TABLE = "table"
    VIEW = "view"
    INCREMENTAL = "incremental"


@dataclass(frozen=True, slots=True, kw_only=True)
class Select:
    """One rendering of a template. marked is the same SQL with every declared table in the catalog MARK."""

    sql: str
    marked: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Rendered:
    """A template made into SQL. Shape: step selects only what changed, and is None where nothing is incremental."""

    sql: str
    marked: str
    step: Select | None
    refs: tuple[Relation, ...]
    sources: tuple[Relation, ...]
    tags: tuple[str, ...]
    materialized: Materialized
    unique_key: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Names:
    """What ref() and source() may name: models by name, and sources."""

    models: Mapping[str, Relation]
    sources: frozenset[Relation]


def render_template(text: str, path: Path, names: Names, this: Relation | None = None) -> Rendered:
    """Render a template; this is the model it makes, None for a test. Raises: SqlModelError naming the fix."""
    plain = _Scope(path=path, names=names, this=this)
    whole = _render(text, plain)
    step: Select | None = _render(text, _Scope(path=path, names=names, this=this, is_incremental=True))
    if plain.materialized is not Materialized.INCREMENTAL:
        step = None
    elif step == whole:
        raise SqlModelError(
            f"{path}: is incremental, and yet does the same each time; narrow it with "
            "{% if is_incremental() %} where changed > (... {{ this }}) {% endif %}"
        )
    return Rendered(
        sql=whole.sql,
        marked=whole.marked,
        step=step,
        refs=tuple(sorted(plain.refs)),
        sources=tuple(sorted(plain.sources)),
        tags=plain.tags,
        materialized=plain.materialized,
        unique_key=plain.unique_key,
    )


@lru_cache
def _template(text: str) -> Template:
    # Each is rendered four times, and making it takes far longer than rendering it.
    return _ENVIRONMENT.from_string(text)


def _render(text: str, scope: _Scope) -> Select:
    return Select(sql=scope.render(text, ""), marked=scope.render(text, f"{MARK}."))


class _Scope:
    # One rendering: what a template may name and call, and what it called them with.
    def __init__(self, *, path: Path, names: Names, this: Relation | None, is_incremental: bool = False) -> None:
        self._path = path
        self._names = names
        self._this = this
        self._is_incremental = is_incremental
        self._prefix = ""
        self.refs: set[Relation] = set()
        self.sources: set[Relation] = set()
        self.tags: tuple[str, ...] = ()
        self.materialized = Materialized.TABLE
        self.unique_key: tuple[str, ...] = ()

    def render(self, text: str, prefix: str) -> str:
        self._prefix = prefix
        known = {"ref": self._ref, "source": self._source, "config": self._config}
        own = {} if self._this is None else {"this": f"{prefix}{self._this}", "is_incremental": self._steps}
        try:
            return _template(text).render(known | own).strip() + "\n"
        except TemplateError as error:
            raise SqlModelError(
                f"{self._path}: template error: {error}; only config(), ref(), source(), this and "
                "is_incremental() exist"
            ) from error

    def _steps(self) -> bool:
        return self._is_incremental

    def _ref(self, name: str) -> str:
        relation = self._names.models.get(name)
        if relation is None:
            raise SqlModelError(
                f"{self._path}: ref('{name}') names no model; mend the name{nearest(name, self._names.models)}"
            )
        self.refs.add(relation)
        return f"{self._prefix}{relation}"

    def _source(self, schema: str, table: str) -> str:
        relation = Relation(schema, table)
        if relation not in self._names.sources:
            near = nearest(str(relation), [str(source) for source in self._names.sources])
            raise SqlModelError(
                f"{self._path}: source('{schema}', '{table}') is not declared; "
                f"mend the name or add it to sources.yml{near}"
            )
        self.sources.add(relation)
        return f"{self._prefix}{relation}"

    def _config(self, **settings: object) -> str:
        unknown = sorted(set(settings) - set(CONFIG_KEYS))
        if unknown or settings.get("materialized", "table") not in list(Materialized):
            raise SqlModelError(
                f"{self._path}: config({settings}) is not supported; use materialized='table', 'view' or "
                f"'incremental', {', '.join(CONFIG_KEYS[1:])} only"
            )
        self.materialized = Materialized(str(settings.get("materialized", "table")))
        self.tags = _words(settings.get("tags", []))
        self.unique_key = _words(settings.get("unique_key", []))
        self._refuse_half_incremental(settings)
        return ""

    def _refuse_half_incremental(self, settings: Mapping[str, object]) -> None:
        steps = {"unique_key", "incremental_strategy"} & set(settings)
        is_step = self.materialized is Materialized.INCREMENTAL
        if is_step and (not self.unique_key or settings.get("incremental_strategy") != STRATEGY):
            raise SqlModelError(
                f"{self._path}: config({settings}) does not say how rows are replaced; "
                f"add unique_key='...' and incremental_strategy='{STRATEGY}'"
            )
        if steps and not is_step:
            raise SqlModelError(
                f"{self._path}: {' and '.join(sorted(steps))} only mean something with materialized='incremental'; "
                "drop them, or make the model incremental"
            )


def nearest(name: str, known: Iterable[str]) -> str:
    """A hint naming the closest known name, empty when none is close."""
    close = get_close_matches(name, sorted(known), n=1)
    return f"; nearest is '{close[0]}'" if close else f" (known: {', '.join(sorted(known))})"


def _words(value: object) -> tuple[str, ...]:
    return tuple(str(word) for word in value) if isinstance(value, list | tuple) else (str(value),)
