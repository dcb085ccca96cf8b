"""Why one signal was copied or refused, and what became of it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict
from typing import Any, cast

from pydantic import JsonValue

from copytrade_live.clock import from_iso
from copytrade_live.core.limits import LIMITS
from copytrade_live.core.market import SECOND, Book, BookSource, Instant
from copytrade_live.core.market import Market as CoreMarket
from copytrade_live.core.reasons import Rejected, Stage
from copytrade_live.core.sizing import Sized
from copytrade_live.dashboard.moment import Moment
from copytrade_live.dashboard.schemas.signals import (
    BookLevel,
    BookSeen,
    Cap,
    GateAnswer,
    MarketSeen,
    SignalDetail,
    SignalRow,
    Sizing,
    SnapshotSeen,
    TimelineEntry,
)
from copytrade_live.dashboard.titles import Titles
from copytrade_live.dashboard.views.leaders import score_row
from copytrade_live.dashboard.views.links import snapshot_run_url
from copytrade_live.dashboard.views.refusals import sentence
from copytrade_live.decision_text import decision_text
from copytrade_live.explanation import Explanation
from copytrade_live.settings import Home
from copytrade_live.store.decision_lines import Line
from copytrade_live.visible import visible

_STAGES = {gate.__name__: Stage.RISK.value for gate in LIMITS}


def signal_detail(home: Home, seen: Moment, row: SignalRow, found: Explanation, titles: Titles) -> SignalDetail:
    """An explanation as it is given."""
    context, sized = found.context, found.size
    gate = context.standing.gate
    return SignalDetail(
        signal=row,
        recorded=found.recorded,
        again=found.again,
        is_exact=found.is_exact,
        run_id=found.run.run_id if found.run else None,
        code_version=found.run.code_version if found.run else None,
        config_digest=found.config_digest,
        gates=_gates(found),
        caps=[
            Cap(reason=one.reason.value, summary=one.reason.summary, used=one.used, limit=one.limit)
            for one in found.rooms
        ],
        sizing=Sizing(**asdict(sized.trace)) if isinstance(sized, Sized) else None,
        size_refusal=sized.reason.value if isinstance(sized, Rejected) else None,
        book=_book(context.book, context.now) if context.book else None,
        market=_market(context.market, titles) if context.market else None,
        score=score_row(context.score) if context.score else None,
        snapshot=_snapshot(home, seen, found),
        gate_open=None if gate is None else gate.is_open_at(context.now),
        equity=context.portfolio.equity,
        gross_exposure=context.portfolio.gross_exposure,
        positions=len(context.portfolio.positions),
        answers=_timeline(found.answers),
        later=_timeline(found.later),
    )


def _gates(found: Explanation) -> list[GateAnswer]:
    deciding = next((gate.name for gate in found.gates if not gate.holds), None)
    return [
        GateAnswer(
            name=gate.name,
            demand=gate.demand,
            holds=gate.holds,
            decides=gate.name == deciding,
            stage=_STAGES.get(gate.name, Stage.FILTER.value),
            reason=gate.reason,
            measured=gate.measured,
            limit=gate.limit,
            unit=gate.unit,
        )
        for gate in found.gates
    ]


def _book(book: Book, now: Instant) -> BookSeen:
    return BookSeen(
        at=book.observed_at,
        is_modelled=book.source is BookSource.MODELLED,
        age_seconds=(now - book.observed_at) / SECOND,
        bids=[BookLevel(price=one.price, size=one.size) for one in book.bids],
        asks=[BookLevel(price=one.price, size=one.size) for one in book.asks],
        mid=book.mid,
        spread=book.spread,
    )


def _market(market: CoreMarket, titles: Titles) -> MarketSeen:
    return MarketSeen(
        condition_id=market.condition_id,
        title=titles.question(market.condition_id),
        slug=titles.slug(market.condition_id),
        outcomes=[visible(one) for one in market.outcomes],
        token_ids=list(market.token_ids),
        category=visible(market.category),
        event_id=visible(market.event_id),
        tick_size=market.tick_size,
        min_order_size=market.min_order_size,
        fee_rate=market.fee_rate,
        neg_risk=market.neg_risk,
        end_at=market.end_at,
        status=market.status.value,
        accepting_orders=market.accepting_orders,
    )


def _snapshot(home: Home, seen: Moment, found: Explanation) -> SnapshotSeen | None:
    snapshot = found.context.standing.snapshot
    if snapshot is None:
        return None
    return SnapshotSeen(
        snapshot_id=snapshot.snapshot_id,
        as_of_at=snapshot.as_of,
        dagster_run_url=snapshot_run_url(home, seen.file.dashboard, snapshot.snapshot_id),
    )


def _timeline(lines: Iterable[Line]) -> list[TimelineEntry]:
    return [
        TimelineEntry(
            seq=int(cast(Any, line["seq"])),
            at=from_iso(str(line["ts"])),
            event=str(line["event"]),
            text=visible(decision_text(line)) + _meaning(line),
            fields=_fields(line),
        )
        for line in lines
    ]


def _meaning(line: Line) -> str:
    meaning = sentence(str(line.get("reason", "")))
    return f" · {meaning}" if meaning else ""


def _fields(line: Line) -> dict[str, JsonValue]:
    found: dict[str, JsonValue] = {}
    for name, value in line.items():
        if name not in ("seq", "ts", "event"):
            found[name] = visible(value) if isinstance(value, str) else cast(JsonValue, value)
    return found
