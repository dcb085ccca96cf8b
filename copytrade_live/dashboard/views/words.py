"""The core's own words with their sentences."""

from __future__ import annotations

from collections.abc import Iterable

from copytrade_live.core.reason_units import unit_of
from copytrade_live.core.reasons import (
    AbandonReason,
    Condition,
    ExitReason,
    HaltReason,
    HoldReason,
    Mode,
    MuteReason,
    RejectReason,
    ScoreFlag,
    TradingState,
    stage_of,
)
from copytrade_live.dashboard.schemas.words import Word, Words

_Told = ExitReason | HoldReason | HaltReason | MuteReason | AbandonReason | Condition | ScoreFlag | TradingState | Mode


def words() -> Words:
    """All of them."""
    return Words(
        reject_reasons=[
            Word(word=one.value, meaning=one.summary, stage=stage_of(one).value, unit=unit_of(one.value))
            for one in RejectReason
        ],
        exit_reasons=_of(ExitReason),
        hold_reasons=_of(HoldReason),
        halt_reasons=_of(HaltReason),
        mute_reasons=_of(MuteReason),
        abandon_reasons=_of(AbandonReason),
        conditions=_of(Condition),
        score_flags=_of(ScoreFlag),
        trading_states=_of(TradingState),
        modes=_of(Mode),
    )


def _of(kind: Iterable[_Told]) -> list[Word]:
    return [Word(word=one.value, meaning=one.summary, stage=None, unit=unit_of(one.value)) for one in kind]
