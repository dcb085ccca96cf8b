"""Folded holdings beside the venue's positions: what agrees, what does not, and what cannot be judged yet."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from copytrade_live.core.market import Instant
from copytrade_pipelines.ingest.holdings import DUST, Holding


@dataclass(frozen=True, slots=True, kw_only=True)
class VenuePosition:
    """What the venue says a wallet holds of a token. Units: shares, dollars per share."""

    size: float
    average_price: float
    event_at: Instant | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Reconciliation:
    """How a wallet's folded holdings compare with the venue's. notional weighs tokens by what was paid for them.

    mismatched are tokens that differ, pending tokens that moved after our history ends.
    """

    tokens: int
    matched: int
    pending: int
    notional: float
    share: float
    token_share: float
    mismatched: tuple[str, ...]


def reconcile(
    held: Mapping[str, Holding], venue: Mapping[str, VenuePosition], *, through: Instant, settled_before: Instant
) -> Reconciliation:
    """Compare every token the wallet ever touched; what the venue does not list, it says is not held.

    What the venue moved after through, and what differs but moved after settled_before, cannot be judged yet.
    """
    tokens = matched = pending = 0
    total = agreed = 0.0
    wrong: list[str] = []
    for token in sorted(held.keys() | venue.keys()):
        ours, theirs = held.get(token, Holding()), venue.get(token)
        size = theirs.size if theirs else 0.0
        is_same = abs(ours.size - size) <= DUST and ours.missing <= DUST
        moved_at = (theirs.event_at if theirs else None) or 0
        if moved_at > through or (not is_same and max(ours.last_at, moved_at) > settled_before):
            pending += 1
            continue
        weight = max(ours.notional, size * theirs.average_price if theirs else 0.0)
        tokens, total = tokens + 1, total + weight
        if is_same:
            matched, agreed = matched + 1, agreed + weight
        else:
            wrong.append(token)
    return Reconciliation(
        tokens=tokens,
        matched=matched,
        pending=pending,
        notional=total,
        share=_share(agreed, total, is_whole=not wrong),
        token_share=_share(matched, tokens, is_whole=not wrong),
        mismatched=tuple(wrong),
    )


def _share(part: float, whole: float, *, is_whole: bool) -> float:
    if is_whole:
        return 1.0
    return part / whole if whole > 0.0 else 0.0
