"""How quickly and how reliably the exchange settles, within what the real one has been seen to do."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass

from copytrade_live.core.market import SECOND, Instant

Span = tuple[Instant, Instant]


@dataclass(frozen=True, slots=True, kw_only=True)
class Fate:
    """What becomes of a match: when it is first mined, when it is final, and whether it retries or fails before.

    One that reorgs is mined first, and taken back before it fails. Units: the world's milliseconds after the match.
    """

    mined_after: Instant
    final_after: Instant
    retries: bool = False
    fails: bool = False
    reorgs: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class ExchangeOptions:
    """Settlement and engine of the exchange.

    Units: spans and delays in the world's milliseconds, probabilities of a match.
    fail_probability of matches never settle (ghost fills), retry_probability are mined only at a second attempt.
    refill_after is how long depth we took stays gone; look_every how often resting orders are held against the
    strangers' books, which change each second; delayed_categories have a taker delay. most_clock_skew bounds how far a
    request's timestamp may be from now, None for not at all.
    """

    seed: int = 0
    mined_after: Span = (1_500, 3_500)
    final_after: Span = (2_500, 6_000)
    retry_after: Span = (5_000, 20_000)
    ghost_after: Span = (10_000, 50_000)
    retry_probability: float = 0.0
    fail_probability: float = 0.0
    refill_after: Instant = 20 * SECOND
    look_every: Instant = SECOND
    taker_delay: Instant = 150
    delayed_categories: tuple[str, ...] = ()
    redeem_after: Span = (2_000, 6_000)
    auto_redeem_after: Instant = 60 * SECOND
    require_deposit_wallet: bool = False
    most_clock_skew: Instant | None = None

    def fate(self, trade_id: str) -> Fate:
        """What becomes of a match: a function of the seed and the trade's id alone."""
        chance, early, late = luck(self.seed, "fate", trade_id)
        if chance < self.fail_probability:
            return Fate(mined_after=0, final_after=between(self.ghost_after, early), fails=True)
        mined = between(self.mined_after, early)
        final = max(between(self.final_after, late), mined + SECOND)
        if chance < self.fail_probability + self.retry_probability:
            more = between(self.retry_after, late)
            return Fate(mined_after=mined + more, final_after=final + more, retries=True)
        return Fate(mined_after=mined, final_after=final)


def between(span: Span, share: float) -> Instant:
    """A point of a span."""
    return span[0] + int((span[1] - span[0]) * share)


def luck(*parts: object) -> tuple[float, float, float]:
    """Three numbers in [0, 1) that depend on nothing but the parts."""
    digest = hashlib.sha256("\x1f".join(map(str, parts)).encode()).digest()
    return (
        int.from_bytes(digest[0:8], "big") / 2**64,
        int.from_bytes(digest[8:16], "big") / 2**64,
        int.from_bytes(digest[16:24], "big") / 2**64,
    )


def made_uuid(*parts: object) -> str:
    """An id in the form of a UUID, always the same for the same parts."""
    text = hashlib.sha256("\x1f".join(map(str, parts)).encode()).hexdigest()
    return f"{text[:8]}-{text[8:12]}-4{text[13:16]}-8{text[17:20]}-{text[20:32]}"


def made_hash(*parts: object) -> str:
    """32 bytes as 0x and hex digits, always the same for the same parts."""
    return "0x" + hashlib.sha256("\x1f".join(map(str, parts)).encode()).hexdigest()
