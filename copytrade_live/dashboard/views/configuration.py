"""The config file with what its keys mean, and whether another text would be valid."""

from __future__ import annotations

from typing import Any, cast

from pydantic import BaseModel, JsonValue

from copytrade_live.config_file import section_meaning, settings_of
from copytrade_live.core.config import DecisionConfig
from copytrade_live.dashboard.moment import Moment
from copytrade_live.dashboard.schemas.configuration import ConfigView, SectionView, Setting, Validity
from copytrade_live.dashboard.views.overview import runner_view
from copytrade_live.errors import ConfigError
from copytrade_live.redaction import PROCESS
from copytrade_live.settings import CopytradeConfig, Home, parse_config, read_text


def config_view(home: Home, seen: Moment, problem: str) -> ConfigView:
    """The file, its values and their meanings. problem says why the file is not valid."""
    text = read_text(home.config) if home.config.exists() else ""
    runner = runner_view(seen)
    return ConfigView(
        text=PROCESS.redact(text),
        problem=problem or None,
        digest=seen.file.decision().digest(),
        running_digest=runner.config_digest,
        waits_for_restart=runner.waits_for_restart,
        sections=_sections(seen.file),
    )


def validity(text: str, current: CopytradeConfig) -> Validity:
    """Whether a text is a config, and which keys it would change."""
    try:
        wanted = parse_config(text, origin="the config")
        wanted.decision()
    except ConfigError as error:
        return Validity(ok=False, errors=[PROCESS.redact(line) for line in str(error).splitlines()], changed=[])
    changed = [
        ".".join(filter(None, (one.section, one.name)))
        for one in settings_of()
        if _value(wanted, one.section, one.name) != _value(current, one.section, one.name)
    ]
    return Validity(ok=True, errors=[], changed=changed)


def _sections(config: CopytradeConfig) -> list[SectionView]:
    found: dict[str, list[Setting]] = {}
    for one in settings_of():
        found.setdefault(one.section, []).append(
            Setting(
                path=".".join(filter(None, (one.section, one.name))),
                section=one.section,
                name=one.name,
                meaning=one.meaning,
                allowed=one.allowed,
                default=cast(JsonValue, one.default),
                value=_value(config, one.section, one.name),
                is_default=_value(config, one.section, one.name) == one.default,
                is_decision=(one.section or one.name) in DecisionConfig.model_fields,
            )
        )
    return [
        SectionView(name=name, meaning=section_meaning(name) if name else "", settings=settings)
        for name, settings in found.items()
    ]


def _value(config: CopytradeConfig, section: str, name: str) -> JsonValue:
    place: Any = getattr(config, section) if section else config
    return _plain(getattr(place, name))


def _plain(value: Any) -> JsonValue:
    if isinstance(value, BaseModel):
        return cast(JsonValue, value.model_dump(mode="json"))
    if isinstance(value, list | tuple):
        return [_plain(one) for one in value]
    if isinstance(value, dict):
        return {str(key): _plain(one) for key, one in value.items()}
    return cast(JsonValue, getattr(value, "value", value))
