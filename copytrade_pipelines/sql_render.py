"""Renders dbt syntax (config, ref, source) into SQL that the DuckDB shell can run, and collects what it names."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from jinja2 import StrictUndefined, TemplateError
from jinja2.sandbox import SandboxedEnvironment

from copytrade_live.errors import SqlModelError

# dbt's own keys that mean something here; a key that would be silently ignored is refused.
CONFIG_KEYS = ("materialized", "tags")
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


@dataclass(frozen=True, slots=True, kw_only=True)
class Rendered:
    """A template made into SQL. marked is the same SQL with every declared table in the catalog MARK."""

    sql: str
    marked: str
    refs: tuple[Relation, ...]
    sources: tuple[Relation, ...]
    tags: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Names:
    """What ref() and source() may name: models by name, and sources."""

    models: Mapping[str, Relation]
    sources: frozenset[Relation]


def render_template(text: str, path: Path, names: Names) -> Rendered:
    """Render a model's text. Raises: SqlModelError naming the file, the unknown name and the known ones."""
    plain = _Scope(path=path, names=names, prefix="")
    marked = _Scope(path=path, names=names, prefix=f"{MARK}.")
    return Rendered(
        sql=plain.render(text),
        marked=marked.render(text),
        refs=tuple(sorted(plain.refs)),
        sources=tuple(sorted(plain.sources)),
        tags=plain.tags,
    )


class _Scope:
    # One rendering: the functions a template may call, and what it called them with.
    def __init__(self, *, path: Path, names: Names, prefix: str) -> None:
        self._path = path
        self._names = names
        self._prefix = prefix
        self.refs: set[Relation] = set()
        self.sources: set[Relation] = set()
        self.tags: tuple[str, ...] = ()

    def render(self, text: str) -> str:
        try:
            template = _ENVIRONMENT.from_string(text)
            return template.render(ref=self._ref, source=self._source, config=self._config).strip() + "\n"
        except TemplateError as error:
            raise SqlModelError(
                f"{self._path}: template error: {error}; only config(), ref() and source() exist"
            ) from error

    def _ref(self, name: str) -> str:
        relation = self._names.models.get(name)
        if relation is None:
            known = ", ".join(sorted(self._names.models))
            raise SqlModelError(f"{self._path}: ref('{name}') names no model; mend the name (models: {known})")
        self.refs.add(relation)
        return f"{self._prefix}{relation}"

    def _source(self, schema: str, table: str) -> str:
        relation = Relation(schema, table)
        if relation not in self._names.sources:
            raise SqlModelError(
                f"{self._path}: source('{schema}', '{table}') is not declared; mend the name or add it to sources.yml"
            )
        self.sources.add(relation)
        return f"{self._prefix}{relation}"

    def _config(self, **settings: object) -> str:
        unknown = sorted(set(settings) - set(CONFIG_KEYS))
        if unknown or settings.get("materialized", "table") != "table":
            raise SqlModelError(
                f"{self._path}: config({settings}) is not supported; use materialized='table' and tags=[...] only"
            )
        tags = settings.get("tags", [])
        self.tags = tuple(str(tag) for tag in tags) if isinstance(tags, list) else (str(tags),)
        return ""
