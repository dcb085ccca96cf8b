"""One or zero orders a signal, and nothing sent twice: our journal beside what the venue received and filled."""

from __future__ import annotations

import sqlite3
from collections import Counter, defaultdict
from decimal import Decimal
from pathlib import Path

from benchmarks.live_run.differences import Clause, Differences
from benchmarks.live_run.venue_process import Row
from copytrade_live.core.events import ExitDecided, JournalEvent, OrderReposted, SignalCopied
from copytrade_live.core.market import MICRO, Micro, Side
from copytrade_live.core.orders import Order

LIVING = ("LIVE", "DELAYED")


def micro(text: object) -> Micro:
    """An amount of the venue, exactly."""
    return int(Decimal(str(text)) * MICRO)


def check_orders(events: list[JournalEvent], state: Path, held: dict[str, list[Row]], found: Differences) -> None:
    """Compare what was decided, signed, received and filled."""
    orders = decided(events)
    with sqlite3.connect(f"file:{state}?mode=ro", uri=True) as connection:
        signed = dict(connection.execute("SELECT venue_order_id, order_id FROM signed_orders"))
    _check_roots(events, found)
    for row in held["posts"]:
        text = f"{row['side']} of {row['token_id'][:12]}, signature {row['signature'][:18]}"
        found.hold(row["times"] == 1, Clause.SENT_ONCE, text, ours="sent once", theirs=f"received {row['times']} times")
    matched: defaultdict[str, Micro] = defaultdict(int)
    living: Counter[str] = Counter()
    for row in held["orders"]:
        order = orders.get(signed.get(row["id"], ""))
        if order is None:
            found.add(Clause.ONE_ORDER, f"order {row['id']}", ours="never decided and signed", theirs=row["status"])
            continue
        matched[order.root_id] += micro(row["size_matched"])
        living[order.root_id] += row["status"] in LIVING
    first = {order.root_id: order for order in orders.values() if order.attempt == 1}
    for root, size in matched.items():
        is_within = size <= first[root].size
        found.hold(is_within, Clause.ONE_ORDER, f"{root} was filled", ours=first[root].size, theirs=size)
    for root, count in living.items():
        found.hold(count <= 1, Clause.ONE_ORDER, f"{root} lives at once", ours=1, theirs=count)


def decided(events: list[JournalEvent]) -> dict[str, Order]:
    """Every order of the journal by its id."""
    kinds = (SignalCopied, ExitDecided, OrderReposted)
    return {event.order.order_id: event.order for event in events if isinstance(event, kinds)}


def _check_roots(events: list[JournalEvent], found: Differences) -> None:
    copies = [event for event in events if isinstance(event, SignalCopied)]
    for name, count in (
        *((f"signal {one}", times) for one, times in Counter(event.signal_id for event in copies).items()),
        *((f"root {one}", times) for one, times in Counter(event.order.root_id for event in copies).items()),
        *((f"order {one}", times) for one, times in Counter(_ids(events)).items()),
    ):
        found.hold(count == 1, Clause.ONE_ORDER, name, ours=count, theirs=1)
    for event in copies:
        is_buy = event.order.side is Side.BUY and event.order.root_id == event.order.order_id.rsplit("-", 1)[0]
        found.hold(is_buy, Clause.ONE_ORDER, event.order.order_id, ours=event.order.root_id, theirs="its first attempt")


def _ids(events: list[JournalEvent]) -> list[str]:
    kinds = (SignalCopied, ExitDecided, OrderReposted)
    return [event.order.order_id for event in events if isinstance(event, kinds)]
