"""Every answer to a leader's fill and every fill of ours as rows, streamed to Parquet while a run goes on."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any

from copytrade_live.core.events import (
    BookObserved,
    ExitDecided,
    FillConfirmed,
    FillVoided,
    JournalEvent,
    LeaderFillObserved,
    MirrorOwed,
    OrderAbandoned,
    OrderFilled,
    OrderReposted,
    SignalCopied,
    SignalRejected,
)
from copytrade_live.core.market import SECOND, Book, Instant, Micro
from copytrade_live.core.orders import Fill, Order
from copytrade_live.core.pricing import from_micro
from copytrade_live.core.state import State
from copytrade_pipelines.backtest.notes import source_of
from copytrade_pipelines.backtest.row_parts import RowParts
from copytrade_pipelines.backtest.table_schemas import DECISIONS, FILLS

COPIED, MIRRORED, REJECTED = "copied", "mirrored", "rejected"
DECISIONS_FILE, FILLS_FILE = "decisions.parquet", "fills.parquet"


@dataclass(frozen=True, slots=True)
class _Intent:
    """What an order is part of: since when, and why ("" for an entry)."""

    decided_at: Instant
    reason: str


class RunLog:
    """Folds steps into decisions.parquet and fills.parquet of a folder. Use as a context manager.

    A run that is to go on later cuts its log: rows so far stand in parts of their own, and what is pickled then says
    which part comes next. Where a log is taken up again, parts written after the cut are written anew.
    """

    def __init__(self, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self._decisions = RowParts(folder / DECISIONS_FILE, DECISIONS)
        self._fills = RowParts(folder / FILLS_FILE, FILLS)
        # Those that may still fill, with what is left of them.
        self._orders: dict[str, tuple[Order, _Intent, Micro]] = {}
        self._shown: dict[str, Book] = {}
        self._provisional: dict[str, tuple[Any, ...]] = {}

    def __enter__(self) -> RunLog:
        """Use as a context manager that closes the files."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Make one file of each table; after a failure leave the parts as they are."""
        if kind is not None:
            self._decisions.close()
            self._fills.close()
            return
        for row in self._provisional.values():
            self._fills.append((*row, "provisional"))
        self._decisions.finish()
        self._fills.finish()

    def cut(self) -> None:
        """Put what was folded so far on disk; the next rows begin another part."""
        self._decisions.cut()
        self._fills.cut()

    def fold(self, events: Sequence[JournalEvent], state: State) -> None:
        """Fold one step; events start with the observation."""
        seen = events[0]
        for event in events:
            match event:
                case SignalCopied():
                    self._place(event.order, _Intent(event.observed_at, ""))
                    self._decide(seen, state, COPIED, event.order.root_id)
                case SignalRejected():
                    self._decide(seen, state, REJECTED, "", event)
                case MirrorOwed():
                    self._decide(seen, state, MIRRORED, "")
                case ExitDecided():
                    self._place(event.order, _Intent(event.observed_at, event.reason.value))
                case OrderReposted():
                    self._place(event.order, self._orders.pop(event.replaced_id)[1])
                case OrderAbandoned():
                    self._orders.pop(event.order_id, None)
                case BookObserved():
                    self._shown[event.book.token_id] = event.book
                case OrderFilled():
                    self._match(event.fill, event.observed_at)
                case FillConfirmed() if event.fill_id in self._provisional:
                    self._fills.append((*self._provisional.pop(event.fill_id), "final"))
                case FillVoided() if event.fill_id in self._provisional:
                    self._fills.append((*self._provisional.pop(event.fill_id), "voided"))
                case _:
                    pass

    def _place(self, order: Order, intent: _Intent) -> None:
        self._orders[order.order_id] = order, intent, order.size

    def _decide(
        self, seen: JournalEvent, state: State, answer: str, root_id: str, refusal: SignalRejected | None = None
    ) -> None:
        # A copy can also be undone because its leader's fill never settled; that answers no signal.
        if not isinstance(seen, LeaderFillObserved):
            return
        signal, book, market = seen.signal, seen.book, seen.market
        snapshot = state.standing.snapshot
        category = market.category if market else ""
        score = snapshot.score_of(signal.wallet, category) if snapshot else None
        self._decisions.append(
            (
                seen.observed_at,
                signal.event_at,
                signal.signal_id,
                signal.wallet,
                signal.condition_id,
                (market.event_id if market else "") or signal.condition_id,
                category,
                signal.token_id,
                signal.outcome,
                signal.side.value,
                signal.price,
                signal.size,
                answer,
                refusal.reason.value if refusal else "",
                refusal.measured if refusal else None,
                refusal.limit if refusal else None,
                score.p_pos if score else None,
                source_of(book),
                book.best_bid if book else None,
                book.best_ask if book else None,
                root_id,
            )
        )

    def _match(self, fill: Fill, now: Instant) -> None:
        order, intent, rest = self._orders.pop(fill.order_id)
        if fill.size < rest:
            self._orders[order.order_id] = order, intent, rest - fill.size
        book = self._shown.get(fill.token_id)
        row = (
            now,
            intent.decided_at,
            (now - intent.decided_at) / SECOND,
            fill.fill_id,
            fill.order_id,
            order.root_id,
            order.wallet,
            order.condition_id,
            fill.token_id,
            fill.side.value,
            intent.reason,
            order.attempt,
            order.anchor,
            order.limit,
            fill.price,
            from_micro(fill.size),
            from_micro(fill.cash),
            from_micro(fill.fee),
            source_of(book),
            book.best_bid if book else None,
            book.best_ask if book else None,
        )
        if fill.is_final:
            self._fills.append((*row, "final"))
        else:
            self._provisional[fill.fill_id] = row
