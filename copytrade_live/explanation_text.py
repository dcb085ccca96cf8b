"""An explained decision as rows of names and values for people."""

from __future__ import annotations

from copytrade_live.core.market import Book, Instant
from copytrade_live.core.pricing import from_micro
from copytrade_live.core.reasons import RejectReason
from copytrade_live.core.sizing import Sized
from copytrade_live.explanation import Explanation
from copytrade_live.output import cell_text, time_text

Rows = list[tuple[object, ...]]


def signal_rows(found: Explanation) -> Rows:
    """The leader's fill, and the run and config that decided it."""
    signal, run = found.context.signal, found.run
    lag = (signal.observed_at - signal.event_at) / 1000
    kept = "the one it was decided with" if found.is_exact else "not kept; below is today's"
    return [
        ("decision", _decision_text(found.recorded)),
        ("leader", signal.wallet),
        ("fill", f"{signal.side.value} {signal.outcome}, {cell_text(signal.size)} shares at {cell_text(signal.price)}"),
        ("notional", signal.notional),
        ("traded", time_text(signal.event_at)),
        ("seen after", f"{lag:.1f} s"),
        ("decided after", f"{(found.context.now - signal.event_at) / 1000:.1f} s"),
        ("market", signal.condition_id),
        ("token", signal.token_id),
        ("transaction", signal.tx_hash),
        ("run", f"{run.run_id}, code {run.code_version}" if run else None),
        ("config", f"{found.config_digest}, {kept}"),
    ]


def _decision_text(recorded: str) -> str:
    known = {reason.value: reason.summary for reason in RejectReason}
    return f"{recorded}: {known[recorded]}" if recorded in known else recorded


def saw_rows(found: Explanation) -> Rows:
    """What the decision looked at."""
    context, score, market = found.context, found.context.score, found.context.market
    gate, snapshot, portfolio = context.standing.gate, context.standing.snapshot, context.portfolio
    rows: Rows = [
        ("book", _book_text(context.book, context.now)),
        ("snapshot", snapshot.snapshot_id if snapshot else None),
    ]
    if score:
        said = f"p_pos {cell_text(score.p_pos)}, lcb10 {cell_text(score.lcb10)}, edge {cell_text(score.edge_mean)}"
        rows.append(("score", f"{said}, {score.n_events} events, {score.category}"))
        rows += [("score flags", score.flags)] if score.flags else []
    else:
        rows.append(("score", None))
    if market:
        until = time_text(market.end_at) or "an unknown end"
        rows.append(("market", f"{market.status.value} until {until}, tick {market.tick_size}, fee {market.fee_rate}"))
    rows.append(
        (
            "gate",
            None if gate is None else f"{'open' if gate.is_open else 'closed'} until {time_text(gate.valid_until)}",
        )
    )
    held = f"{len(portfolio.positions)} positions, exposure {cell_text(portfolio.gross_exposure)}"
    rows.append(("portfolio", f"equity {cell_text(portfolio.equity)}, {held}"))
    return rows


def _book_text(book: Book | None, now: Instant) -> str | None:
    if book is None:
        return None
    bids = f"{cell_text(book.best_bid)} bid" if book.bids else "no bid"
    asks = f"{cell_text(book.best_ask)} ask" if book.asks else "no ask"
    return f"{bids}, {asks}, {len(book.bids)} and {len(book.asks)} levels, {(now - book.observed_at) / 1000:.1f} s old"


def size_rows(found: Explanation) -> Rows:
    """The numbers behind the size, or the one that left nothing."""
    sized = found.size
    if sized is None:
        return []
    if not isinstance(sized, Sized):
        return [("refused", sized.reason.value), ("measured", sized.measured), ("limit", sized.limit)]
    trace = sized.trace
    names = (
        "belief",
        "cost",
        "edge",
        "kelly_full",
        "kelly_applied",
        "notional_wanted",
        "notional",
        "capped_by",
        "is_probation",
    )
    return [("shares", from_micro(sized.size)), *((name, getattr(trace, name)) for name in names)]
