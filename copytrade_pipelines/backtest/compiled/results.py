"""What a pass left, told as the ledger tells a run of the driver: the same fold over the same events."""

from __future__ import annotations

import math
from collections.abc import Sequence

from copytrade_live.core.config import DecisionConfig
from copytrade_live.core.events import (
    CopyClosed,
    ExitDecided,
    FillConfirmed,
    FillVoided,
    JournalEvent,
    OrderFilled,
    OrderReposted,
    PositionSettled,
    SignalCopied,
    SizingTrace,
)
from copytrade_live.core.execution import entry_root, order_id
from copytrade_live.core.market import Instant, Side
from copytrade_live.core.orders import Fill, Order
from copytrade_live.core.pricing import from_micro
from copytrade_live.core.reasons import ExitReason, RejectReason
from copytrade_live.core.valuation import marked_value
from copytrade_pipelines.backtest.compiled.layout import Array, Happened
from copytrade_pipelines.backtest.compiled.passes import Passed
from copytrade_pipelines.backtest.compiled.tape import TapeArrays
from copytrade_pipelines.backtest.ledger import EquityPoint, Ledger

_EXITS, _REJECTIONS = tuple(ExitReason), tuple(RejectReason)


def root_of(signal_id: str, exit_number: int) -> str:
    """The id that the attempts of a copy's entry (0) or of one of its exits share."""
    return entry_root(signal_id) if exit_number == 0 else f"exit-{entry_root(signal_id)}-{exit_number}"


def ledgers_of(arrays: TapeArrays, passed: Passed, configs: Sequence[DecisionConfig]) -> list[Ledger]:
    """A ledger for each configuration of a pass, as the driver's run would have left it."""
    ledgers = [Ledger() for _ in configs]
    for row in passed.log.tolist():
        _fold(ledgers, arrays, dict(zip(passed.log.dtype.names or (), row, strict=True)))
    for row in passed.points.tolist():
        at, equity, cash, exposure, positions, config = row
        point = EquityPoint(at=at, equity=equity, cash=from_micro(cash), exposure=exposure, positions=positions)
        ledgers[config].equity.append(point)
    for place, ledger in enumerate(ledgers):
        _count(ledger, passed, place)
        _value(ledger, arrays, passed.slots[place])
    return ledgers


def _count(ledger: Ledger, passed: Passed, config: int) -> None:
    account = passed.accounts[config]
    ledger.signals = int(account["signals"])
    books = {"recorded": int(account["recorded"]), "modelled": int(account["modelled"])}
    books["none"] = ledger.signals - sum(books.values())
    ledger.books.clear()
    ledger.books.update({name: count for name, count in books.items() if count})
    for code, count in enumerate(passed.rejected[config].tolist()):
        if count:
            ledger.rejections[_REJECTIONS[code].value] = count


def _value(ledger: Ledger, arrays: TapeArrays, slots: Array) -> None:
    for slot in slots[slots["is_held"] == 1]:
        trade = ledger.trades[entry_root(arrays.signal_ids[slot["signal"]])]
        cost, mark = int(slot["cost"]), float(slot["mark"])
        trade.value = from_micro(cost) if math.isnan(mark) else marked_value(int(slot["size"]), mark)


def _fold(ledgers: Sequence[Ledger], arrays: TapeArrays, row: dict[str, int | float]) -> None:
    ledger, signal = ledgers[int(row["config"])], int(row["signal"])
    if row["happened"] == Happened.COPIED:
        ledger.saw(int(arrays.tape.signals["event_at"][signal]), str(arrays.sources[signal]))
    ledger.apply(event_of(arrays, row))


def event_of(arrays: TapeArrays, row: dict[str, int | float]) -> JournalEvent:
    """The event that a row of the log stands for. What the ledger does not look at is left empty."""
    now, number = int(row["at"]), int(row["signal"])
    at = {"event_at": now, "observed_at": now}
    root = root_of(arrays.signal_ids[number], int(row["exit"]))
    own = order_id(root, int(row["attempt"]))
    happened = Happened(int(row["happened"]))
    if happened is Happened.COPIED:
        return _copied(arrays, row, number)
    if happened is Happened.CONFIRMED:
        return FillConfirmed(event_at=now, observed_at=now, fill_id=f"{own}.{row['number']}", order_id=own)
    if happened is Happened.VOIDED:
        return FillVoided(**at, fill_id=f"{own}.{row['number']}", order_id=own, cause="")
    signal = arrays.tape.signals[number]
    token = arrays.tokens[signal["token"]]
    if happened is Happened.FILLED:
        return OrderFilled(**at, fill=_fill(row, own, token))
    wallet, condition = arrays.wallets[signal["wallet"]], arrays.conditions[signal["condition"]]
    match happened:
        case Happened.LEFT:
            reason = _EXITS[int(row["reason"])]
            order = _order(arrays, number, order_id(root, 1), now, reason)
            return ExitDecided(**at, token_id=token, wallet=wallet, reason=reason, measured=0.0, limit=0.0, order=order)
        case Happened.REPOSTED:
            before = order_id(root, int(row["attempt"]) - 1)
            return OrderReposted(**at, replaced_id=before, order=_order(arrays, number, own, now, None))
        case Happened.SETTLED:
            return PositionSettled(
                **at,
                token_id=token,
                size=int(row["size"]),
                payout=row["price"],
                cash=int(row["cash"]),
                is_receivable=True,
            )
        case _:
            return CopyClosed(
                **at,
                token_id=token,
                wallet=wallet,
                condition_id=condition,
                root_id=root,
                pnl=int(row["cash"]),
                shortfall=0.0,
                streak=0,
            )


def _copied(arrays: TapeArrays, row: dict[str, int | float], number: int) -> SignalCopied:
    signal, now = arrays.tape.signals[number], int(row["at"])
    market = arrays.markets[signal["market"]]
    trace = SizingTrace(
        belief=row["belief"],
        cost=row["belief"] - row["edge"],
        edge=row["edge"],
        kelly_full=0.0,
        kelly_applied=0.0,
        notional_wanted=0.0,
        notional=0.0,
        capped_by="",
        is_probation=bool(row["is_probation"]),
    )
    order = _order(arrays, number, order_id(entry_root(arrays.signal_ids[number]), 1), now, None)
    return SignalCopied(
        event_at=now,
        observed_at=now,
        signal_id=arrays.signal_ids[number],
        wallet=order.wallet,
        token_id=order.token_id,
        condition_id=order.condition_id,
        side=Side.BUY,
        snapshot_id=None,
        score=arrays.scores[signal["score"]],
        equity=0.0,
        sizing=trace,
        market=market,
        order=order,
    )


def _order(arrays: TapeArrays, number: int, own: str, now: Instant, reason: ExitReason | None) -> Order:
    signal = arrays.tape.signals[number]
    return Order(
        order_id=own,
        root_id=own.rpartition("-")[0],
        attempt=1,
        token_id=arrays.tokens[signal["token"]],
        condition_id=arrays.conditions[signal["condition"]],
        wallet=arrays.wallets[signal["wallet"]],
        side=Side.BUY if reason is None else Side.SELL,
        limit=0.0,
        size=0,
        anchor=float(signal["price"]),
        tick_size=0.0,
        fee_rate=0.0,
        fee_exponent=0.0,
        submitted_at=now,
        expires_at=now,
        exit_reason=reason,
    )


def _fill(row: dict[str, int | float], own: str, token: str) -> Fill:
    return Fill(
        fill_id=f"{own}.{row['number']}",
        order_id=own,
        token_id=token,
        side=Side.BUY if row["is_buy"] else Side.SELL,
        size=int(row["size"]),
        cash=int(row["cash"]),
        fee=int(row["fee"]),
        price=row["price"],
        is_final=bool(row["is_final"]),
    )
