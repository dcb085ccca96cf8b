"""Cash and each position: the venue's beside the runner's books and beside a recount of the journal, to the micro."""

from __future__ import annotations

from collections import Counter

from benchmarks.live_run.caps import CapCheck
from benchmarks.live_run.differences import Clause, Differences
from benchmarks.live_run.orders import LIVING, micro
from benchmarks.live_run.venue_process import Row
from copytrade_live.core.events import JournalEvent, OrderFilled
from copytrade_live.core.market import Micro
from copytrade_live.core.state import State

CASH = "cash"
# What the venue calls a trade that did not happen, and trades that nothing changes any more.
FAILED = "FAILED"
FINAL = ("CONFIRMED", FAILED)


def on_the_way(state: State, held: dict[str, list[Row]]) -> str:
    """What is on its way at the venue or with us, in words; nothing when both must be equal."""
    portfolio = state.portfolio
    parts = {
        "orders work": list(portfolio.working),
        "fills are provisional": list(portfolio.provisional),
        "payouts are owed": list(portfolio.receivable),
        "trades settle there": [row["trade_id"] for row in held["own_fills"] if row["status"] not in FINAL],
        "orders live there": [row["id"] for row in held["orders"] if row["status"] in LIVING],
    }
    return "; ".join(f"{what}: {', '.join(names)}" for what, names in parts.items() if names)


def check_ledger(state: State, recount: CapCheck, held: dict[str, list[Row]], when: str, found: Differences) -> None:
    """Compare when everything is quiet."""
    theirs = {row["token_id"] or CASH: micro(row["balance"]) for row in held["balances"]}
    theirs = {token: amount for token, amount in theirs.items() if amount or token == CASH}
    portfolio = state.portfolio
    books: Counter[str] = Counter({token: one.size for token, one in portfolio.positions.items()})
    books.update(portfolio.foreign)
    _compare({CASH: portfolio.cash, **books}, theirs, f"the runner's books, {when}", found)
    _compare({CASH: recount.ledger.cash, **recount.ledger.size}, theirs, f"a recount of the journal, {when}", found)


def check_fills(events: list[JournalEvent], held: dict[str, list[Row]], found: Differences) -> None:
    """Every leg that the venue matched for us is in the journal once, and no other."""
    ours: Counter[tuple[str, Micro]] = Counter()
    for event in events:
        if isinstance(event, OrderFilled):
            ours[event.fill.trade_id, event.fill.size] += 1
    theirs = Counter((row["trade_id"], micro(row["size"])) for row in held["own_fills"])
    for key in ours.keys() | theirs.keys():
        trade, size = key
        about = f"fill of {size} in trade {trade}"
        # A leg that failed before we heard of it changed nothing.
        is_failed = any(row["trade_id"] == trade and row["status"] == FAILED for row in held["own_fills"])
        is_equal = ours[key] == theirs[key] or (is_failed and ours[key] == 0)
        found.hold(is_equal, Clause.LEDGER, about, ours=ours[key], theirs=theirs[key])


def _compare(ours: dict[str, Micro], theirs: dict[str, Micro], what: str, found: Differences) -> None:
    for token in sorted(ours.keys() | theirs.keys()):
        mine, other = ours.get(token, 0), theirs.get(token, 0)
        found.hold(mine == other, Clause.LEDGER, f"{token[:16]} in {what}", ours=mine, theirs=other)
