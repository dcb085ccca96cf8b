"""Writes a config file in which every key says what it means, its unit, its range and its default."""

from __future__ import annotations

import json
import textwrap
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import Enum
from pathlib import Path
from types import MappingProxyType
from typing import Any, Literal, get_args, get_origin

from annotated_types import Ge, Gt, Le, Lt
from pydantic import BaseModel
from pydantic.fields import FieldInfo
from pydantic_core import PydanticUndefined

from copytrade_live.errors import ConfigError
from copytrade_live.settings import CopytradeConfig, parse_config

WIDTH = 118
HEADER = (
    "# copytrade's config. Every key shows its default; remove what you do not change. "
    "Check it with: copytrade check-config\n"
)
_BOUNDS = ((Gt, "gt", "above"), (Ge, "ge", "at least"), (Lt, "lt", "below"), (Le, "le", "at most"))


@dataclass(frozen=True, slots=True, kw_only=True)
class Setting:
    """One key of the config. section is empty for a key at the top."""

    section: str
    name: str
    meaning: str
    allowed: str
    default: object


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """A value to write instead of the default, and why."""

    value: object
    why: str = ""


Changes = Mapping[tuple[str, str], Change]
NO_CHANGES: Changes = MappingProxyType({})


def settings_of(model: type[BaseModel] = CopytradeConfig, section: str = "") -> Iterator[Setting]:
    """Every key of the config, section by section in the order of the models."""
    for name, field in model.model_fields.items():
        inner = _section_of(field)
        if inner is not None:
            yield from settings_of(inner, name)
            continue
        yield Setting(
            section=section,
            name=name,
            meaning=field.description or "",
            allowed=_allowed(field),
            default=_plain(field.default),
        )


def section_meaning(section: str) -> str:
    """What a section is for."""
    inner = _section_of(CopytradeConfig.model_fields[section])
    return (inner.__doc__ or "") if inner else ""


def render_config(changes: Changes = NO_CHANGES, header: str = HEADER) -> str:
    """The commented YAML, defaults but for the changes. Raises: ConfigError when a change is not valid."""
    lines, section = [header.rstrip("\n")], None
    for setting in settings_of():
        if setting.section != section:
            section = setting.section
            lines += ["", *([*_comment(section_meaning(section), ""), f"{section}:"] if section else [])]
        lines += _setting_lines(setting, changes.get((setting.section, setting.name)))
    text = "\n".join(lines) + "\n"
    parse_config(text, origin="the config to write")
    return text


def write_config(path: Path, changes: Changes = NO_CHANGES, *, force: bool = False, header: str = HEADER) -> None:
    """Write the commented YAML. Raises: ConfigError when the file exists and force is not given."""
    if path.exists() and not force:
        raise ConfigError(f"config file {path} exists; edit it, or write a fresh one over it with --force")
    text = render_config(changes, header)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")


def _setting_lines(setting: Setting, change: Change | None) -> list[str]:
    indent = "  " if setting.section else ""
    default = "" if setting.default == [] else f" Default {yaml_value(setting.default)}."
    allowed = f" Allowed: {setting.allowed}." if setting.allowed else ""
    lines = _comment(f"{setting.meaning}{allowed}{default}", indent)
    if change is not None and change.why:
        lines += _comment(f"Here: {change.why}", indent)
    value = setting.default if change is None else change.value
    return [*lines, f"{indent}{setting.name}: {yaml_value(value)}"]


def yaml_value(value: object) -> str:
    """A value as YAML on one line; JSON is YAML."""
    return json.dumps(_plain(value), ensure_ascii=False)


def _comment(text: str, indent: str) -> list[str]:
    return textwrap.wrap(text, WIDTH, initial_indent=f"{indent}# ", subsequent_indent=f"{indent}# ")


def _section_of(field: FieldInfo) -> type[BaseModel] | None:
    kind = field.annotation
    return kind if isinstance(kind, type) and issubclass(kind, BaseModel) else None


def _allowed(field: FieldInfo) -> str:
    kind: Any = field.annotation
    if isinstance(kind, type) and issubclass(kind, Enum):
        return ", ".join(str(one.value) for one in kind)
    if get_origin(kind) is tuple and isinstance(get_args(kind)[0], type) and issubclass(get_args(kind)[0], Enum):
        return "any of " + ", ".join(str(one.value) for one in get_args(kind)[0])
    if get_origin(kind) is Literal:
        return ", ".join(map(str, get_args(kind)))
    if kind is bool:
        return "true, false"
    found = (_bound(entry) for entry in field.metadata)
    return ", ".join(text for text in found if text)


def _bound(entry: object) -> str:
    for kind, attribute, words in _BOUNDS:
        if isinstance(entry, kind):
            return f"{words} {getattr(entry, attribute):g}"
    return ""


def _plain(value: object) -> object:
    if value is PydanticUndefined:
        return None
    if isinstance(value, Enum):
        return value.value
    if isinstance(value, BaseModel):
        return value.model_dump(mode="json")
    return [_plain(item) for item in value] if isinstance(value, tuple) else value
