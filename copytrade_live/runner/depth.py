"""The depth that paper orders took lives in the core, because backtests count it the same way."""

from __future__ import annotations

from copytrade_live.core.depth import TakenDepth

__all__ = ["TakenDepth"]
