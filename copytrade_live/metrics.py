"""Every number the runner shows a monitor, with its meaning: one list for the registry and docs/metrics.md."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

PREFIX = "copytrade"


class Kind(StrEnum):
    """How a metric behaves: a counter only grows within a run, a gauge stands anywhere."""

    COUNTER = "counter"
    GAUGE = "gauge"
    HISTOGRAM = "histogram"


@dataclass(frozen=True, slots=True, kw_only=True)
class Metric:
    """One metric. name is without the prefix; buckets are the upper ends of a histogram's."""

    name: str
    kind: Kind
    meaning: str
    labels: tuple[str, ...] = ()
    buckets: tuple[float, ...] = ()

    @property
    def full_name(self) -> str:
        """The name a monitor sees."""
        return f"{PREFIX}_{self.name}"


def _counter(name: str, meaning: str, *labels: str) -> Metric:
    return Metric(name=name, kind=Kind.COUNTER, meaning=meaning, labels=labels)


def _gauge(name: str, meaning: str, *labels: str) -> Metric:
    return Metric(name=name, kind=Kind.GAUGE, meaning=meaning, labels=labels)


def _histogram(name: str, meaning: str, buckets: tuple[float, ...], *labels: str) -> Metric:
    return Metric(name=name, kind=Kind.HISTOGRAM, meaning=meaning, labels=labels, buckets=buckets)


_SECONDS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 15.0, 30.0, 60.0)
_LAG_SECONDS = (0.25, 0.5, 1.0, 2.0, 3.0, 5.0, 8.0, 12.0, 20.0, 30.0, 60.0, 300.0)
_BASIS_POINTS = (-100.0, -50.0, -20.0, -10.0, 0.0, 10.0, 20.0, 50.0, 100.0, 150.0, 250.0, 500.0, 1000.0)

SIGNALS = _counter("signals_total", "Fills of leaders decided on.", "side", "wallet")
COPIED = _counter("signals_copied_total", "Signals copied.", "wallet")
REJECTED = _counter("signals_rejected_total", "Signals refused, by the reason of docs/reasons.md.", "reason")
SIGNAL_LAG = _histogram("signal_lag_seconds", "From a leader's fill to our decision on it.", _LAG_SECONDS)
ORDERS = _counter("orders_placed_total", "Orders sent, reposts included.", "side")
ABANDONED = _counter("orders_abandoned_total", "Orders given up before they were full.", "reason")
REFUSED = _counter("orders_refused_total", "Orders that the venue refused.")
UNKNOWN = _counter("orders_unknown_total", "Orders whose answer did not say what became of them.")
FILLS = _counter("fills_total", "Fills of ours.", "side")
FILLED_CASH = _counter("fills_cash_total", "Collateral spent (buy) or received (sell) by fills.", "side")
FEES = _counter("fees_total", "Fees paid, collateral.")
VOIDED = _counter("fills_voided_total", "Fills that matched and then never settled.")
FILL_DELAY = _histogram("order_to_fill_seconds", "From sending an order to each of its fills.", _SECONDS)
SLIPPAGE = _histogram(
    "slippage_bps",
    "Fill price against the leader's (entries) or the bid decided at (exits); above 0 is worse for us.",
    _BASIS_POINTS,
    "side",
)
EXITS = _counter("exits_total", "Positions left, by reason; resolutions included.", "reason")
CLOSED = _counter("copies_closed_total", "Copies ended, by result: won or lost.", "result")
ALERTS = _counter("alerts_total", "Alerts raised.", "kind")
FAILURES = _counter("failures_total", "Failures of a part of the runner.", "part")
BAD_ROWS = _counter("bad_rows_total", "Rows of the venue that did not fit and were left out.")
STEP_SECONDS = _histogram(
    "step_seconds",
    "Deciding one observation and committing it.",
    (0.0005, 0.001, 0.002, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 1.0),
)
LOOP_LAG = _histogram(
    "loop_lag_seconds",
    "How much later than asked the event loop wakes.",
    (0.001, 0.005, 0.01, 0.025, 0.05, 0.1, 0.5, 1.0, 5.0),
)

INFO = _gauge("info", "Always 1; the labels say which run this is.", "run", "mode", "code", "config")
EQUITY = _gauge("equity", "Cash plus positions at their marks, collateral.")
CASH = _gauge("cash", "Cash, collateral.")
RESERVED = _gauge("reserved_cash", "Cash that working orders may still take, collateral.")
REALISED = _gauge("realised_pnl", "Realised PnL since the journal began, collateral.")
UNREALISED = _gauge("unrealised_pnl", "PnL of open positions at their marks, collateral.")
EXPOSURE = _gauge("gross_exposure", "Most that positions and working orders can lose, collateral.")
DAY_PNL = _gauge("day_pnl", "Equity against the start of the UTC day, collateral.")
WEEK_PNL = _gauge("week_pnl", "Equity against Monday 00:00 UTC, collateral.")
POSITIONS = _gauge("positions", "Open positions.")
WORKING = _gauge("working_orders", "Orders that may still fill.")
UNKNOWN_NOW = _gauge("unknown_orders", "Orders of which we do not know what became of them.")
PROVISIONAL = _gauge("provisional_cash", "Spent by fills that may still be voided, collateral.")
RECEIVABLE = _gauge("receivable", "Payouts owed to us that did not arrive yet, collateral.")
SESSION_KEY_DAYS = _gauge(
    "session_key_days", "Days until the session key's right to trade ends; absent on paper and where it is not known."
)
FOREIGN = _gauge("foreign_tokens", "Tokens in the account that no copy of ours explains.")
RECONCILED_AGE = _gauge(
    "reconciled_age_seconds", "Time since the venue's account was found equal to ours; absent on paper."
)
TRADING = _gauge("trading_state", "1 for the state that trading is in: active, reducing or halted.", "state")
HALTED = _gauge("halted", "1 while entries are halted.")
KILL_SWITCH = _gauge("kill_switch", "1 while the kill switch file exists.")
ENTRIES = _gauge("entries_allowed", "1 while nothing of the whole forbids an entry: halts, gate, stops, conditions.")
GATE_SECONDS = _gauge(
    "gate_valid_seconds", "How long the gate's word still holds; below 0 entries stop; absent without a gate."
)
GATE_OPEN = _gauge("gate_open", "1 while the gate is open and valid.")
SNAPSHOT_AGE = _gauge("snapshot_age_seconds", "Age of the score snapshot; absent without one.")
CUT_OFF = _gauge("leaders_cut_off", "Leaders that an operator cut off.")
LEADERS = _gauge("leaders_followed", "Wallets followed.")
CONDITION = _gauge("condition_ok", "1 while a condition of trading holds, 0 while it does not.", "condition")
LAST_EVENT = _gauge("last_event_seq", "Newest event of the journal.")
SOURCE_LAG = Metric(
    name="source_lag_seconds",
    kind=Kind.HISTOGRAM,
    labels=("source",),
    meaning="From a leader's fill to the first time that a source told of it.",
)
SOURCE_FIRST = _counter("source_first_total", "Fills that a source told of before any other.", "source")
PART_AGE = _gauge("part_success_age_seconds", "Time since a part of the runner last worked.", "part")
READY = _gauge("ready", "1 while /readyz says ready.")

METRICS: tuple[Metric, ...] = tuple(found for found in list(globals().values()) if isinstance(found, Metric))
