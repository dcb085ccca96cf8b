"""Deciding the past again: replay and what-if."""

from __future__ import annotations

from typing import Annotated

from pydantic import StringConstraints

from copytrade_live.dashboard.schemas.model import Model

ConfigText = Annotated[str, StringConstraints(max_length=250_000)]


class TryConfig(Model):
    """A whole config file as YAML."""

    config: ConfigText


class ReplayNow(Model):
    """Nothing is chosen: the journal and the config as they stand."""


class OutcomeCount(Model):
    """How often a decision came out so, in the journal and then."""

    outcome: str
    before: int
    after: int


class ChangeCount(Model):
    """How many decisions changed from one outcome to another."""

    recorded: str
    then: str
    count: int


class Change(Model):
    """One decision that would have been another. Units: collateral; pnl None while not known."""

    seq: int
    signal_id: str | None
    wallet: str
    recorded: str
    then: str
    notional: float | None
    notional_then: float | None
    pnl: float | None


class WhatIf(Model):
    """What another config would have done with this journal; each decision judged as things stood then."""

    observations: int
    decisions: int
    changed: int
    outcomes: list[OutcomeCount]
    changes: list[ChangeCount]
    first: list[Change]
    known_difference: float
    known_copies: int
    unknown_copies: int
    new_copies: int
    new_notional: float


class ReplayDifference(Model):
    """One observation that today's code or config answers otherwise."""

    seq: int
    signal_id: str | None
    recorded: str
    replayed: str
    cause: str


class Replay(Model):
    """Whether today's code and config decide the journal as it was decided. causes counts code, config and data."""

    agrees: bool
    observations: int
    decisions: int
    agreed: int
    differences: list[ChangeCount]
    causes: dict[str, int]
    first: list[ReplayDifference]
