"""Every number the runner shows a monitor, with its meaning: one list for the registry and docs/metrics.md."""

from __future__ import annotations

from copytrade_live.metric_kinds import Kind, Metric, Unit


def _counter(name: str, unit: Unit, meaning: str, *labels: str) -> Metric:
    return Metric(name=name, kind=Kind.COUNTER, unit=unit, meaning=meaning, labels=labels)


def _gauge(name: str, unit: Unit, meaning: str, *labels: str) -> Metric:
    return Metric(name=name, kind=Kind.GAUGE, unit=unit, meaning=meaning, labels=labels)


def _histogram(name: str, unit: Unit, meaning: str, buckets: tuple[float, ...], *labels: str) -> Metric:
    return Metric(name=name, kind=Kind.HISTOGRAM, unit=unit, meaning=meaning, labels=labels, buckets=buckets)


_SECONDS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 15.0, 30.0, 60.0)
_LAG_SECONDS = (0.25, 0.5, 1.0, 2.0, 3.0, 5.0, 8.0, 12.0, 20.0, 30.0, 60.0, 300.0)
_SOURCE_SECONDS = (0.25, 0.5, 1.0, 1.5, 2.0, 3.0, 5.0, 8.0, 12.0, 20.0, 30.0, 60.0, 120.0, 300.0, 600.0, 1800.0)
_BASIS_POINTS = (-100.0, -50.0, -20.0, -10.0, 0.0, 10.0, 20.0, 50.0, 100.0, 150.0, 250.0, 500.0, 1000.0)

SIGNALS = _counter("signals_total", Unit.COUNT, "Fills of leaders decided on.", "side", "wallet")
COPIED = _counter("signals_copied_total", Unit.COUNT, "Signals copied.", "wallet")
REJECTED = _counter(
    "signals_rejected_total", Unit.COUNT, "Signals refused, by the reason of docs/reasons.md.", "reason"
)
DECISION_SECONDS = _histogram(
    "decision_seconds", Unit.SECONDS, "From first knowing of a leader's fill to our decision on it.", _SECONDS
)
SIGNAL_LAG = _histogram("signal_lag_seconds", Unit.SECONDS, "From a leader's fill to our decision on it.", _LAG_SECONDS)
ORDERS = _counter("orders_placed_total", Unit.COUNT, "Orders sent, reposts included.", "side")
ABANDONED = _counter("orders_abandoned_total", Unit.COUNT, "Orders given up before they were full.", "reason")
REFUSED = _counter("orders_refused_total", Unit.COUNT, "Orders that the venue refused.")
UNKNOWN = _counter("orders_unknown_total", Unit.COUNT, "Orders whose answer did not say what became of them.")
FILLS = _counter("fills_total", Unit.COUNT, "Fills of ours.", "side")
FILLED_CASH = _counter("fills_cash_total", Unit.MONEY, "Collateral spent (buy) or received (sell) by fills.", "side")
FEES = _counter("fees_total", Unit.MONEY, "Fees paid.")
VOIDED = _counter("fills_voided_total", Unit.COUNT, "Fills that matched and then never settled.")
FILL_DELAY = _histogram("order_to_fill_seconds", Unit.SECONDS, "From sending an order to each of its fills.", _SECONDS)
SLIPPAGE = _histogram(
    "slippage_bps",
    Unit.BASIS_POINTS,
    "Fill price against the leader's (entries) or the bid decided at (exits); above 0 is worse for us.",
    _BASIS_POINTS,
    "side",
)
EXITS = _counter("exits_total", Unit.COUNT, "Positions left, by reason; resolutions included.", "reason")
CLOSED = _counter("copies_closed_total", Unit.COUNT, "Copies ended, by result: won or lost.", "result")
ALERTS = _counter("alerts_total", Unit.COUNT, "Alerts raised.", "kind")
FAILURES = _counter("failures_total", Unit.COUNT, "Failures of a part of the runner.", "part")
BAD_ROWS = _counter("bad_rows_total", Unit.COUNT, "Rows of the venue that did not fit and were left out.")
STEP_SECONDS = _histogram(
    "step_seconds",
    Unit.SECONDS,
    "Deciding one observation and committing it.",
    (0.0005, 0.001, 0.002, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 1.0),
)
LOOP_LAG = _histogram(
    "loop_lag_seconds",
    Unit.SECONDS,
    "How much later than asked the event loop wakes.",
    (0.001, 0.005, 0.01, 0.025, 0.05, 0.1, 0.5, 1.0, 5.0),
)

INFO = _gauge("info", Unit.TRUTH, "Always 1; the labels say which run this is.", "run", "mode", "code", "config")
BUILD = _gauge("build_info", Unit.TRUTH, "Always 1; the labels say what runs.", "version", "python")
EQUITY = _gauge("equity", Unit.MONEY, "Cash plus positions at their marks.")
CASH = _gauge("cash", Unit.MONEY, "Cash.")
RESERVED = _gauge("reserved_cash", Unit.MONEY, "Cash that working orders may still take.")
REALISED = _gauge("realised_pnl", Unit.MONEY, "Realised PnL since the journal began.")
UNREALISED = _gauge("unrealised_pnl", Unit.MONEY, "PnL of open positions at their marks.")
EXPOSURE = _gauge("gross_exposure", Unit.MONEY, "Most that positions and working orders can lose.")
EXPOSURE_LIMIT = _gauge("gross_exposure_limit", Unit.MONEY, "What gross exposure may reach at today's equity.")
DAY_PNL = _gauge("day_pnl", Unit.MONEY, "Equity against the start of the UTC day.")
WEEK_PNL = _gauge("week_pnl", Unit.MONEY, "Equity against Monday 00:00 UTC.")
DAY_DRAWDOWN = _gauge("day_drawdown_ratio", Unit.RATIO, "Fall of equity since the UTC day began, below 0 for a gain.")
DAY_LIMIT = _gauge("day_drawdown_limit_ratio", Unit.RATIO, "Fall within a day that stops entries until midnight UTC.")
WEEK_DRAWDOWN = _gauge("week_drawdown_ratio", Unit.RATIO, "Fall of equity since Monday 00:00 UTC, below 0 for a gain.")
WEEK_LIMIT = _gauge("week_drawdown_limit_ratio", Unit.RATIO, "Fall within a week that halts entries for good.")
POSITIONS = _gauge("positions", Unit.COUNT, "Open positions.")
POSITIONS_LIMIT = _gauge("positions_limit", Unit.COUNT, "Most positions open at once.")
WORKING = _gauge("working_orders", Unit.COUNT, "Orders that may still fill.")
UNKNOWN_NOW = _gauge("unknown_orders", Unit.COUNT, "Orders of which we do not know what became of them.")
UNKNOWN_LIMIT = _gauge("unknown_orders_limit", Unit.COUNT, "Orders of unknown fate that halt entries.")
PROVISIONAL = _gauge("provisional_cash", Unit.MONEY, "Spent by fills that may still be voided.")
RECEIVABLE = _gauge("receivable", Unit.MONEY, "Payouts owed to us that did not arrive yet.")
SESSION_KEY_DAYS = _gauge(
    "session_key_days",
    Unit.DAYS,
    "Days until the session key's right to trade ends; absent on paper and where it is not known.",
)
FOREIGN = _gauge("foreign_tokens", Unit.COUNT, "Tokens in the account that no copy of ours explains.")
RECONCILED_AGE = _gauge(
    "reconciled_age_seconds", Unit.SECONDS, "Time since the venue's account was found equal to ours; absent on paper."
)
RECONCILED_LIMIT = _gauge(
    "reconciled_age_limit_seconds",
    Unit.SECONDS,
    "Age of the last agreement beyond which nothing is bought; absent on paper.",
)
ACCOUNT_DIFFERS = _gauge(
    "account_differs", Unit.TRUTH, "1 while the venue's account is not what our fills make of it; absent on paper."
)
ACCOUNT_DIFFERENCE = _gauge(
    "account_cash_difference", Unit.MONEY, "The venue's cash less ours when last compared; absent until then."
)
TRADING = _gauge(
    "trading_state", Unit.TRUTH, "1 for the state that trading is in: active, reducing or halted.", "state"
)
HALTED = _gauge("halted", Unit.TRUTH, "1 while entries are halted.")
HALT = _gauge("halt", Unit.TRUTH, "1 for the reason that entries are halted for.", "reason")
KILL_SWITCH = _gauge("kill_switch", Unit.TRUTH, "1 while the kill switch file exists.")
ENTRIES = _gauge(
    "entries_allowed", Unit.TRUTH, "1 while nothing of the whole forbids an entry: halts, gate, stops, conditions."
)
COPYING = _gauge(
    "copying",
    Unit.TRUTH,
    "1 for the word of status: on, degraded (on, but something is late, fails or soon ends), off, halted or stopped.",
    "word",
)
CONCERNS = _gauge(
    "concerns",
    Unit.COUNT,
    "How much is late, fails or soon ends; with any of it copying is degraded at best, and status says what it is.",
)
GATE_SECONDS = _gauge(
    "gate_valid_seconds",
    Unit.SECONDS,
    "How long the gate's word still holds; below 0 entries stop; absent without a gate.",
)
GATE_OPEN = _gauge("gate_open", Unit.TRUTH, "1 while the gate is open and valid.")
SNAPSHOT_AGE = _gauge("snapshot_age_seconds", Unit.SECONDS, "Age of the score snapshot; absent without one.")
SNAPSHOT_LIMIT = _gauge("snapshot_age_limit_seconds", Unit.SECONDS, "Age of the score snapshot that stops entries.")
CUT_OFF = _gauge("leaders_cut_off", Unit.COUNT, "Leaders that an operator cut off.")
LEADERS = _gauge("leaders_followed", Unit.COUNT, "Wallets followed.")
CONDITION = _gauge(
    "condition_ok", Unit.TRUTH, "1 while a condition of trading holds, 0 while it does not.", "condition"
)
LAST_EVENT = _gauge("last_event_seq", Unit.COUNT, "Newest event of the journal.")
EXPORTED = _gauge("exported_seq", Unit.COUNT, "Newest event that the pipelines were handed.")
JOURNAL_BYTES = _gauge("journal_bytes", Unit.BYTES, "Size of the state database and of its write-ahead log.")
DISK_FREE = _gauge("disk_free_bytes", Unit.BYTES, "Free space on the disk of the state database.")
DISK_LIMIT = _gauge("disk_free_limit_bytes", Unit.BYTES, "Free space below which no entry is made.")
SOURCE_LAG = _histogram(
    "source_lag_seconds",
    Unit.SECONDS,
    "From a leader's fill to the first time that a source told of it.",
    _SOURCE_SECONDS,
    "source",
)
SOURCE_ALIVE = _gauge("source_alive", Unit.TRUTH, "1 while data came from a source lately.", "source")
SOURCE_COVERED = _gauge(
    "source_covered_age_seconds",
    Unit.SECONDS,
    "Age of the instant up to which a source told of every fill; absent where it never does.",
    "source",
)
SOURCE_FIRST = _counter("source_first_total", Unit.COUNT, "Fills that a source told of before any other.", "source")
PART_AGE = _gauge("part_success_age_seconds", Unit.SECONDS, "Time since a part of the runner last worked.", "part")
VENUE_REQUESTS = _counter(
    "venue_requests_total", Unit.COUNT, "Requests that waited for their turn and were sent.", "host"
)
VENUE_THROTTLED = _counter("venue_throttled_total", Unit.COUNT, "Answers that said we ask too often.", "host")
VENUE_WAITED = _counter(
    "venue_budget_wait_seconds_total", Unit.SECONDS, "Time that requests waited for their turn.", "host"
)
VENUE_LIMIT = _gauge(
    "venue_requests_limit", Unit.PER_SECOND, "Requests that a host allows; absent where it has no ceiling.", "host"
)
VENUE_GAP = _gauge(
    "venue_gap_seconds", Unit.SECONDS, "Pause between two requests to a host that says we ask too often.", "host"
)
READY = _gauge("ready", Unit.TRUTH, "1 while /readyz says ready.")

METRICS: tuple[Metric, ...] = tuple(found for found in list(globals().values()) if isinstance(found, Metric))

# What parts of the runner count themselves is read when a monitor asks; all other counters are told.
READ_WHEN_ASKED = (
    SOURCE_LAG,
    SOURCE_FIRST,
    FAILURES,
    BAD_ROWS,
    VENUE_REQUESTS,
    VENUE_THROTTLED,
    VENUE_WAITED,
)
