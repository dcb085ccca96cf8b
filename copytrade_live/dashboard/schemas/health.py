"""What works and what does not."""

from __future__ import annotations

from copytrade_live.dashboard.schemas.model import At, Model


class Alive(Model):
    """The process answers."""

    status: str


class Component(Model):
    """One part: whether it works, and why not, or what is worth knowing."""

    name: str
    ok: bool
    why: str


class Health(Model):
    """Every part."""

    at: At
    ok: bool
    version: str
    components: list[Component]
