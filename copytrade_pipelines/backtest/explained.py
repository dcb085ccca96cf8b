"""Why a backtest of a period earned otherwise than the period itself: each row's difference, split into causes.

The parts of a row add up to its difference, and the rows to the whole. A cause takes what it can be shown to explain:
sizes at the price of then, fees at equal size, the price seen at the other moment; what is left of a price is the book.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from copytrade_live.core.market import Instant, Micro
from copytrade_live.core.pricing import from_micro
from copytrade_live.core.reasons import RejectReason
from copytrade_pipelines.backtest.ledger import CopyTrade
from copytrade_pipelines.backtest.lived import QuoteLine, Seen, Story, is_other_code


class Cause(StrEnum):
    """What can make a backtest differ from the period it repeats."""

    CODE = "code"
    CONFIG = "config"
    MISSING_DATA = "missing data"
    LATENCY = "latency"
    BOOK = "book"
    FEE = "fee"
    PATH = "path"


MEANINGS: Mapping[Cause, str] = {
    Cause.CODE: "another version of the code answers the signal otherwise",
    Cause.CONFIG: "another config answers the signal otherwise",
    Cause.MISSING_DATA: "one of the two did not see the signal, its market or its score",
    Cause.LATENCY: "orders or news came at another time, and the price was another by then",
    Cause.BOOK: "another price or depth was met: a modelled book, or another fill model",
    Cause.FEE: "another fee at equal size",
    Cause.PATH: "the account stood otherwise, because of rows before",
}
_LATE = frozenset({RejectReason.STALE_SIGNAL, RejectReason.FEED_LAG, RejectReason.FEED_SILENT})
_OF_THE_BOOK = frozenset(
    {
        RejectReason.NO_BOOK,
        RejectReason.STALE_BOOK,
        RejectReason.THIN_LIQUIDITY,
        RejectReason.WIDE_SPREAD,
        RejectReason.PRICE_MOVED,
        RejectReason.SLIPPAGE,
        RejectReason.NO_EDGE,
    }
)
_OF_THE_DATA = frozenset(
    {
        RejectReason.NO_MARKET,
        RejectReason.NO_SCORE,
        RejectReason.STALE_SCORE,
        RejectReason.LOW_COVERAGE,
        RejectReason.MAKER_LEADER,
        RejectReason.FLAGGED_LEADER,
        RejectReason.LOW_P_POS,
        RejectReason.LOW_SCORE,
        RejectReason.MAYBE_LUCK,
        RejectReason.GATE_CLOSED,
        RejectReason.MARKET_CLOSED,
        RejectReason.MARKET_DISPUTED,
        RejectReason.NEAR_RESOLUTION,
        RejectReason.DUST,
    }
)
_CLASSES = {Cause.LATENCY: _LATE, Cause.BOOK: _OF_THE_BOOK, Cause.MISSING_DATA: _OF_THE_DATA}
NOT_SEEN = "not seen"
# Money is counted in millionths: less than that is what floats leave behind.
_DUST = 1e-9


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One signal that came to something else. Units: collateral. parts add up to tested - lived."""

    signal_id: str
    wallet: str
    token_id: str
    at: Instant
    lived_answer: str
    tested_answer: str
    lived: float
    tested: float
    parts: Mapping[Cause, float]

    @property
    def difference(self) -> float:
        """How much more the backtest earned with it."""
        return self.tested - self.lived

    @property
    def cause(self) -> Cause:
        """The part that weighs most."""
        return max(self.parts, key=lambda cause: abs(self.parts[cause]))


@dataclass(slots=True, kw_only=True)
class Explained:
    """The whole comparison. agreed counts signals that came to the same."""

    rows: list[Row] = field(default_factory=list)
    agreed: int = 0
    lived: float = 0.0
    tested: float = 0.0

    @property
    def difference(self) -> float:
        """How much more the backtest earned."""
        return self.tested - self.lived

    def total(self, cause: Cause) -> float:
        """What a cause explains in all."""
        return sum(row.parts.get(cause, 0.0) for row in self.rows)

    def counted(self, cause: Cause) -> int:
        """Rows of which it explains most."""
        return sum(1 for row in self.rows if row.cause is cause)


def explain(lived: Story, tested: Story, config_digest: str) -> Explained:
    """Every signal of the two, compared. config_digest is the one the backtest decided by."""
    found = Explained(
        lived=sum(trade.pnl for trade in lived.trades.values()),
        tested=sum(trade.pnl for trade in tested.trades.values()),
    )
    changed = _changed(lived, config_digest)
    for signal_id in sorted({*lived.signals, *tested.signals}, key=lambda key: (_at(lived, tested, key), key)):
        row = _row(signal_id, lived, tested, changed)
        if row is None:
            found.agreed += 1
        else:
            found.rows.append(row)
    return found


def _changed(lived: Story, digest: str) -> Cause | None:
    if is_other_code(lived):
        return Cause.CODE
    return Cause.CONFIG if lived.config_digest != digest else None


def _row(signal_id: str, lived: Story, tested: Story, changed: Cause | None) -> Row | None:
    ours, theirs = lived.signals.get(signal_id), tested.signals.get(signal_id)
    one, other = lived.trades.get(signal_id), tested.trades.get(signal_id)
    before, after = one.pnl if one else 0.0, other.pnl if other else 0.0
    if _answer(ours) == _answer(theirs) and before == after:
        return None
    shown = ours or theirs
    if shown is None:
        return None
    decided = changed if changed and signal_id in lived.answered_otherwise else None
    if one is not None and other is not None and one.is_filled and other.is_filled:
        is_other_size = ours is None or theirs is None or ours.size != theirs.size
        size = decided or (Cause.PATH if is_other_size else Cause.BOOK)
        parts = _parts(one, other, size, lived.books.get(one.token_id))
    else:
        parts = {decided or _why(ours, theirs): after - before}
    return Row(
        signal_id=signal_id,
        wallet=shown.wallet,
        token_id=shown.token_id,
        at=shown.at,
        lived_answer=_told(ours, one),
        tested_answer=_told(theirs, other),
        lived=before,
        tested=after,
        parts=parts,
    )


def _why(ours: Seen | None, theirs: Seen | None) -> Cause:
    if ours is None or theirs is None:
        return Cause.MISSING_DATA
    if ours.answer == theirs.answer:
        # Both ordered, and one of them got nothing.
        return Cause.BOOK
    refusal = theirs.answer if theirs.answer != "copied" else ours.answer
    return next((cause for cause, reasons in _CLASSES.items() if refusal in reasons), Cause.PATH)


def _parts(one: CopyTrade, other: CopyTrade, size: Cause, quotes: QuoteLine | None) -> dict[Cause, float]:
    scale = other.size / one.size
    parts = dict.fromkeys(Cause, 0.0)
    parts[size] += one.pnl * (scale - 1.0)
    parts[Cause.FEE] += from_micro(one.entry_fees + one.exit_fees) * scale - from_micro(
        other.entry_fees + other.exit_fees
    )
    shares = from_micro(other.size)
    late_entry = _moved(quotes, one.opened_at, other.opened_at, is_ask=True)
    late_exit = _moved(quotes, one.closed_at, other.closed_at, is_ask=False)
    parts[Cause.LATENCY] += shares * (late_exit - late_entry)
    rest = other.pnl - one.pnl - sum(parts.values())
    # Left in another way, it is the account's story that differs; the same way, it is the price that was met.
    parts[Cause.BOOK if one.exit_reason is other.exit_reason else Cause.PATH] += rest
    return {cause: part for cause, part in parts.items() if abs(part) > _DUST} or {Cause.BOOK: 0.0}


def _moved(quotes: QuoteLine | None, then: Instant | None, other: Instant | None, *, is_ask: bool) -> float:
    if quotes is None or then is None or other is None or then == other:
        return 0.0
    before, after = quotes.best(then, is_ask=is_ask), quotes.best(other, is_ask=is_ask)
    return 0.0 if before is None or after is None else after - before


def _answer(seen: Seen | None) -> tuple[str, Micro]:
    return (NOT_SEEN, 0) if seen is None else (seen.answer, seen.size)


def _told(seen: Seen | None, trade: CopyTrade | None) -> str:
    if seen is None:
        return NOT_SEEN
    if trade is None or seen.answer != "copied":
        return seen.answer
    if not trade.is_filled:
        return "copied, not filled"
    price = trade.entry_price
    left = trade.exit_reason.value if trade.exit_reason else "open"
    return f"{from_micro(trade.size):,.2f} at {price:.4f}, {left}" if price is not None else left


def _at(lived: Story, tested: Story, signal_id: str) -> Instant:
    seen = lived.signals.get(signal_id) or tested.signals.get(signal_id)
    return seen.at if seen else 0
