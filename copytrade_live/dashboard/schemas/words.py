"""Every word of the journal with its sentence, so that no page writes one again."""

from __future__ import annotations

from copytrade_live.core.reason_units import Unit
from copytrade_live.dashboard.schemas.model import Model


class Word(Model):
    """A word of the wire form, what it means, and for refusals the stage and the unit of the numbers."""

    word: str
    meaning: str
    stage: str | None
    unit: Unit | None


class Words(Model):
    """By kind."""

    reject_reasons: list[Word]
    exit_reasons: list[Word]
    hold_reasons: list[Word]
    halt_reasons: list[Word]
    mute_reasons: list[Word]
    abandon_reasons: list[Word]
    conditions: list[Word]
    score_flags: list[Word]
    trading_states: list[Word]
    modes: list[Word]
