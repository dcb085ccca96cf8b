"""The config file, what its keys mean, and whether another would be valid."""

from __future__ import annotations

from pydantic import JsonValue

from copytrade_live.dashboard.schemas.model import Model


class Setting(Model):
    """One key: what it means, what it may be, its default, and what it is now. section is empty at the top.

    path is its dotted name.
    """

    path: str

    section: str
    name: str
    meaning: str
    allowed: str
    default: JsonValue
    value: JsonValue
    is_default: bool
    is_decision: bool


class SectionView(Model):
    """One part of the config."""

    name: str
    meaning: str
    settings: list[Setting]


class ConfigView(Model):
    """The file as it lies there. problem says why it is not valid, and then sections hold the defaults.

    digest is of its decision part, running_digest what the runner decides by now.
    """

    text: str
    problem: str | None
    digest: str
    running_digest: str | None
    waits_for_restart: list[str]
    sections: list[SectionView]


class Validity(Model):
    """Whether a config is valid: one error a mistake. changed names the keys that differ from the file's."""

    ok: bool
    errors: list[str]
    changed: list[str]
