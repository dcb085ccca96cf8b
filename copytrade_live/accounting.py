"""The journal as a ledger: a row for every change of cash, cost, payout owed or realised PnL, exact to the micro-unit.

Each row holds what the fold changed, so the rows add up to it. Cash, payouts owed and cost of what is held change by as
much as PnL and what came from outside together: that is checked of every row.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, fields
from enum import StrEnum

from copytrade_live.clock import to_iso
from copytrade_live.core.engine import evolve, initial_state
from copytrade_live.core.events import (
    ExternalChangeAdopted,
    FillConfirmed,
    JournalEvent,
    OrderFilled,
    PositionSettled,
    RedemptionPaid,
    RunStarted,
)
from copytrade_live.core.market import MICRO, Instant, Market, Micro, Side
from copytrade_live.core.orders import Fill
from copytrade_live.core.portfolio import Portfolio, Position
from copytrade_live.errors import StateError
from copytrade_live.store.rows import JournalRow

Row = dict[str, object]


class Entry(StrEnum):
    """What a row books."""

    OPENING = "opening"
    DEPOSIT = "deposit"
    BUY = "buy"
    SELL = "sell"
    SETTLEMENT = "settlement"
    REDEMPTION = "redemption"
    ADJUSTMENT = "adjustment"


COLUMNS = (
    *("seq", "ts", "event_at", "run_id", "entry", "leader", "condition_id", "token_id", "outcome", "position"),
    *("order_id", "fill_id", "tx_hash", "size", "price", "fee"),
    *("cash", "owed", "cost", "realised", "outside"),
    *("running_cash", "running_owed", "running_cost", "running_realised"),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Money:
    """What a portfolio holds and made. Units: micro-collateral. cost: of what is held, for good."""

    cash: Micro = 0
    owed: Micro = 0
    cost: Micro = 0
    realised: Micro = 0

    def less(self, other: Money) -> Money:
        """The change from another moment to this one."""
        return Money(**{one.name: getattr(self, one.name) - getattr(other, one.name) for one in fields(self)})

    @property
    def outside(self) -> Micro:
        """What neither trading nor payouts explain: it came from outside, or went there."""
        return self.cash + self.owed + self.cost - self.realised


def money_of(portfolio: Portfolio) -> Money:
    """What the fold says now."""
    return Money(
        cash=portfolio.cash,
        owed=sum(portfolio.receivable.values()),
        cost=sum(position.cost for position in portfolio.positions.values()),
        realised=portfolio.realised,
    )


def ledger(rows: Iterable[JournalRow], *, since: Instant | None, until: Instant | None) -> Iterator[Row]:
    """The rows between two instants, after one that says what stood before. rows: a journal's, from its first.

    Raises: StateError when a row does not balance.
    """
    state, before, is_opened = initial_state(), Money(), since is None
    for row in rows:
        if until is not None and row.observed_at >= until:
            break
        event = row.event
        if not is_opened and since is not None and row.observed_at >= since:
            yield _opening(since, before)
            is_opened = True
        held = state.portfolio
        state = evolve(state, event)
        after = money_of(state.portfolio) if state.portfolio is not held else before
        told = _told(event, held)
        if after == before and not _is_worth_nothing(event, held):
            continue
        if told is None:
            raise StateError(f"seq {row.seq} ({row.type}) changes money and is no entry of the ledger; report this")
        entry, facts = told
        change = after.less(before)
        if change.outside and entry not in (Entry.DEPOSIT, Entry.ADJUSTMENT):
            raise StateError(f"seq {row.seq} ({row.type}) does not balance by {change.outside} micro; report this")
        if is_opened:
            yield _line(row, entry, change, after) | facts
        before = after
    if not is_opened and since is not None:
        yield _opening(since, before)


def _is_worth_nothing(event: JournalEvent, held: Portfolio) -> bool:
    """Whether an entry is to be seen although it moves no money: a lost market of shares that cost nothing."""
    return isinstance(event, PositionSettled) and event.token_id in held.positions


def _told(event: JournalEvent, held: Portfolio) -> tuple[Entry, Row] | None:
    match event:
        case RunStarted():
            return Entry.DEPOSIT, {}
        case OrderFilled():
            return _filled(event.fill, held, None)
        case FillConfirmed():
            provisional = held.provisional.get(event.fill_id)
            return _filled(provisional.fill, held, event.tx_hash) if provisional else None
        case PositionSettled():
            facts: Row = {"size": amount(event.size), "price": event.payout}
            return Entry.SETTLEMENT, facts | _place(held.positions.get(event.token_id))
        case RedemptionPaid():
            return Entry.REDEMPTION, {"condition_id": event.condition_id, "fill_id": event.redemption_id}
        case ExternalChangeAdopted():
            return Entry.ADJUSTMENT, {}
        case _:
            return None


def _filled(fill: Fill, held: Portfolio, tx_hash: str | None) -> tuple[Entry, Row]:
    entry = held.order_of(fill.order_id)
    facts: Row = {
        "token_id": fill.token_id,
        "order_id": fill.order_id,
        "fill_id": fill.fill_id,
        "tx_hash": tx_hash,
        "size": amount(fill.size),
        "price": fill.price,
        "fee": amount(fill.fee),
    }
    place = _place(held.positions.get(fill.token_id))
    if not place and entry is not None:
        place = {"leader": entry.order.wallet, "position": entry.order.root_id} | _market(entry.market, fill.token_id)
    return (Entry.BUY if fill.side is Side.BUY else Entry.SELL), place | facts


def _place(position: Position | None) -> Row:
    if position is None:
        return {}
    named: Row = {"leader": position.wallet, "position": position.root_id, "token_id": position.token_id}
    return named | _market(position.market, position.token_id)


def _market(market: Market, token_id: str) -> Row:
    outcome = dict(zip(market.token_ids, market.outcomes, strict=True)).get(token_id)
    return {"condition_id": market.condition_id, "outcome": outcome}


def _opening(at: Instant, stands: Money) -> Row:
    return {"ts": to_iso(at), "entry": Entry.OPENING.value} | _amounts(Money(), stands)


def _line(row: JournalRow, entry: Entry, change: Money, stands: Money) -> Row:
    head = {"seq": row.seq, "run_id": row.run_id, "ts": to_iso(row.observed_at), "event_at": to_iso(row.event_at)}
    return head | {"entry": entry.value} | _amounts(change, stands)


def _amounts(change: Money, stands: Money) -> Row:
    changed: Row = {one.name: amount(getattr(change, one.name)) for one in fields(Money)}
    changed["outside"] = amount(change.outside)
    return changed | {f"running_{one.name}": amount(getattr(stands, one.name)) for one in fields(Money)}


class Amount(str):
    """An exact decimal with six digits: a number, never a spreadsheet's formula."""

    __slots__ = ()


def amount(micro: Micro) -> Amount:
    """So many micro-units, exactly."""
    whole, rest = divmod(abs(micro), MICRO)
    return Amount(f"{'-' if micro < 0 else ''}{whole}.{rest:06d}")
