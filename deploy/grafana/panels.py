"""What the dashboards show: every panel with its queries, unit and meaning. Plain data, turned into JSON by make.py."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum


class Look(StrEnum):
    """How a panel shows its numbers."""

    LINES = "lines"
    NUMBER = "number"
    STATE = "state"


@dataclass(frozen=True, slots=True, kw_only=True)
class Panel:
    """One panel. queries: PromQL by legend; unit: Grafana's name of it; width: of 24 columns."""

    title: str
    meaning: str
    queries: Mapping[str, str]
    unit: str = "short"
    look: Look = Look.LINES
    width: int = 12


@dataclass(frozen=True, slots=True, kw_only=True)
class Board:
    """One dashboard: rows of panels by title."""

    uid: str
    title: str
    meaning: str
    rows: Mapping[str, Sequence[Panel]]


def _quantiles(name: str, by: str = "", window: str = "5m") -> dict[str, str]:
    legend = f"{{{{{by}}}}} " if by else ""
    inner = f"{by}, le" if by else "le"
    buckets = f"sum by ({inner}) (rate({name}_bucket[{window}]))"
    return {f"{legend}p{share * 100:g}": f"histogram_quantile({share}, {buckets})" for share in (0.5, 0.9, 0.99)}


def _yes_no(title: str, meaning: str, query: str) -> Panel:
    return Panel(title=title, meaning=meaning, queries={"": query}, look=Look.STATE, width=4)


def _number(title: str, meaning: str, query: str, unit: str = "short") -> Panel:
    return Panel(title=title, meaning=meaning, queries={"": query}, unit=unit, look=Look.NUMBER, width=4)


OVERVIEW = Board(
    uid="copytrade-overview",
    title="copytrade: overview",
    meaning="Whether copying is on, what it earned, and what stops it.",
    rows={
        "Now": (
            _yes_no("Ready", "The runner can do its work.", "copytrade_ready"),
            _yes_no("Entries", "Nothing of the whole forbids an entry.", "copytrade_entries_allowed"),
            _yes_no("Gate", "The pipelines' gate is open and valid.", "copytrade_gate_open"),
            _number("Gate holds for", "Time left of the gate's word.", "copytrade_gate_valid_seconds", "s"),
            _number("Age of the scores", "Age of the score snapshot.", "copytrade_snapshot_age_seconds", "s"),
            _number("Unknown orders", "Orders whose fate is not known.", "copytrade_unknown_orders"),
        ),
        "Money": (
            Panel(
                title="Equity",
                meaning="Cash plus positions at their marks; cash; what positions and orders can lose.",
                unit="currencyUSD",
                queries={
                    "equity": "copytrade_equity",
                    "cash": "copytrade_cash",
                    "exposure": "copytrade_gross_exposure",
                    "exposure's cap": "copytrade_gross_exposure_limit",
                },
            ),
            Panel(
                title="PnL",
                meaning="Realised, at the marks, and of the day and the week.",
                unit="currencyUSD",
                queries={
                    "realised": "copytrade_realised_pnl",
                    "unrealised": "copytrade_unrealised_pnl",
                    "today": "copytrade_day_pnl",
                    "this week": "copytrade_week_pnl",
                },
            ),
            Panel(
                title="Drawdown against its limits",
                meaning="Fall of equity since the day and the week began, and where entries stop.",
                unit="percentunit",
                queries={
                    "day": "copytrade_day_drawdown_ratio",
                    "day's stop": "copytrade_day_drawdown_limit_ratio",
                    "week": "copytrade_week_drawdown_ratio",
                    "week's halt": "copytrade_week_drawdown_limit_ratio",
                },
            ),
            Panel(
                title="Positions and orders",
                meaning="Open positions against their limit, and orders that may still fill.",
                queries={
                    "positions": "copytrade_positions",
                    "limit": "copytrade_positions_limit",
                    "working orders": "copytrade_working_orders",
                },
            ),
        ),
        "Stops": (
            Panel(
                title="Copying, in a word",
                meaning="on, degraded, off, halted or stopped; and how much is late, fails or soon ends.",
                queries={"{{word}}": "copytrade_copying == 1", "concerns": "copytrade_concerns"},
                width=6,
            ),
            Panel(
                title="What trading is in",
                meaning="active, reducing or halted.",
                queries={"{{state}}": "copytrade_trading_state == 1"},
                width=6,
            ),
            Panel(
                title="Halts",
                meaning="1 for the reason that entries are halted for.",
                queries={"{{reason}}": "copytrade_halt", "kill switch": "copytrade_kill_switch"},
                width=6,
            ),
            Panel(
                title="Conditions",
                meaning="1 while a condition of trading holds.",
                queries={"{{condition}}": "copytrade_condition_ok"},
                width=6,
            ),
        ),
    },
)

TRADING = Board(
    uid="copytrade-trading",
    title="copytrade: signals and orders",
    meaning="What leaders did, what became of it, and at what price.",
    rows={
        "Signals": (
            Panel(
                title="Decided and copied",
                meaning="Leaders' fills decided on, and copies, a minute.",
                queries={
                    "{{side}} decided": "60 * sum by (side) (rate(copytrade_signals_total[5m]))",
                    "copied": "60 * sum(rate(copytrade_signals_copied_total[5m]))",
                },
            ),
            Panel(
                title="Refusals by reason",
                meaning="Signals refused within an hour, by reason.",
                queries={"{{reason}}": "sum by (reason) (increase(copytrade_signals_rejected_total[1h]))"},
            ),
            Panel(
                title="From the leader's fill to our decision",
                meaning="How old fills are when we decide on them.",
                unit="s",
                queries=_quantiles("copytrade_signal_lag_seconds"),
            ),
            Panel(
                title="From knowing to deciding",
                meaning="From first knowing of a fill to the decision: books and markets are fetched in between.",
                unit="s",
                queries=_quantiles("copytrade_decision_seconds"),
            ),
        ),
        "Orders": (
            Panel(
                title="Orders",
                meaning="Orders sent, refused, given up and of unknown fate, within an hour.",
                queries={
                    "{{side}} sent": "sum by (side) (increase(copytrade_orders_placed_total[1h]))",
                    "given up: {{reason}}": "sum by (reason) (increase(copytrade_orders_abandoned_total[1h]))",
                    "refused": "increase(copytrade_orders_refused_total[1h])",
                    "unknown": "increase(copytrade_orders_unknown_total[1h])",
                },
            ),
            Panel(
                title="Fills",
                meaning="Fills of ours within an hour, and those that never settled.",
                queries={
                    "{{side}}": "sum by (side) (increase(copytrade_fills_total[1h]))",
                    "voided": "increase(copytrade_fills_voided_total[1h])",
                },
            ),
            Panel(
                title="Slippage",
                meaning="Our price against the leader's (entries) or the bid decided at (exits); above 0 is worse.",
                queries=_quantiles("copytrade_slippage_bps", by="side", window="1h"),
            ),
            Panel(
                title="From order to fill",
                meaning="How long orders wait for their fills.",
                unit="s",
                queries=_quantiles("copytrade_order_to_fill_seconds", window="1h"),
            ),
            Panel(
                title="Cash through fills, and fees",
                meaning="Collateral spent and received within an hour, and fees.",
                unit="currencyUSD",
                queries={
                    "{{side}}": "sum by (side) (increase(copytrade_fills_cash_total[1h]))",
                    "fees": "increase(copytrade_fees_total[1h])",
                },
            ),
            Panel(
                title="Exits and results",
                meaning="Positions left by reason, and copies won and lost, within an hour.",
                queries={
                    "{{reason}}": "sum by (reason) (increase(copytrade_exits_total[1h]))",
                    "{{result}}": "sum by (result) (increase(copytrade_copies_closed_total[1h]))",
                },
            ),
        ),
        "Reconciliation": (
            Panel(
                title="Reconciliation",
                meaning="Time since the venue's account was found equal to ours, and where buying stops; live only.",
                unit="s",
                queries={
                    "age": "copytrade_reconciled_age_seconds",
                    "limit": "copytrade_reconciled_age_limit_seconds",
                },
            ),
            Panel(
                title="Difference of the account",
                meaning="The venue's cash less ours when last compared; live only.",
                unit="currencyUSD",
                queries={"cash": "copytrade_account_cash_difference", "differs": "copytrade_account_differs"},
            ),
            Panel(
                title="On the way",
                meaning="Spent by fills that may be voided, payouts owed to us, cash held by orders.",
                unit="currencyUSD",
                queries={
                    "provisional": "copytrade_provisional_cash",
                    "receivable": "copytrade_receivable",
                    "reserved": "copytrade_reserved_cash",
                },
            ),
            Panel(
                title="Foreign tokens, session key",
                meaning="Tokens that no copy explains; days that the session key may still trade (live only).",
                queries={"foreign tokens": "copytrade_foreign_tokens", "key's days": "copytrade_session_key_days"},
            ),
        ),
    },
)

MACHINE = Board(
    uid="copytrade-machine",
    title="copytrade: sources and machine",
    meaning="How late sources tell, how fast the runner decides, how much room it has.",
    rows={
        "Sources": (
            Panel(
                title="Lag by source",
                meaning="From a leader's fill to the first time that a source told of it.",
                unit="s",
                queries=_quantiles("copytrade_source_lag_seconds", by="source"),
            ),
            Panel(
                title="Sources alive",
                meaning="1 while data came from a source lately; and how far behind each has told everything.",
                queries={
                    "{{source}} alive": "copytrade_source_alive",
                    "{{source}} told all, seconds ago": "copytrade_source_covered_age_seconds",
                },
            ),
            Panel(
                title="Who told first",
                meaning="Fills that a source told of before any other, a minute; and wallets followed and cut off.",
                queries={
                    "{{source}}": "60 * rate(copytrade_source_first_total[5m])",
                    "followed": "copytrade_leaders_followed",
                    "cut off": "copytrade_leaders_cut_off",
                },
            ),
            Panel(
                title="Requests against the budget",
                meaning="Requests a second to each host, what it allows, and the pause after it said too often.",
                unit="reqps",
                queries={
                    "{{host}}": "rate(copytrade_venue_requests_total[5m])",
                    "{{host}} allows": "copytrade_venue_requests_limit",
                    "{{host}} said too often": "rate(copytrade_venue_throttled_total[5m])",
                },
            ),
            Panel(
                title="Waiting for a turn",
                meaning="Part of the time that requests wait for the budget, and the pause between two of them.",
                unit="s",
                queries={
                    "{{host}} waits": "rate(copytrade_venue_budget_wait_seconds_total[5m])",
                    "{{host}} pause": "copytrade_venue_gap_seconds",
                },
            ),
            Panel(
                title="Failures by part",
                meaning="Failures within ten minutes, rows left out, and time since a part last worked.",
                queries={
                    "{{part}} failed": "increase(copytrade_failures_total[10m])",
                    "rows left out": "increase(copytrade_bad_rows_total[10m])",
                    "{{part}} worked, seconds ago": "copytrade_part_success_age_seconds",
                },
            ),
        ),
        "Pace": (
            Panel(
                title="Deciding and committing",
                meaning="One observation decided and written down; 50 ms is the limit.",
                unit="s",
                queries=_quantiles("copytrade_step_seconds"),
            ),
            Panel(
                title="How late the loop wakes",
                meaning="100 ms is the limit.",
                unit="s",
                queries=_quantiles("copytrade_loop_lag_seconds"),
            ),
            Panel(
                title="Processor",
                meaning="Cores that the runner uses.",
                queries={"cores": 'rate(process_cpu_seconds_total{job="copytrade"}[5m])'},
                width=6,
            ),
            Panel(
                title="Memory",
                meaning="Resident memory of the runner.",
                unit="bytes",
                queries={"resident": 'process_resident_memory_bytes{job="copytrade"}'},
                width=6,
            ),
            Panel(
                title="Alerts of the runner's own",
                meaning="What the runner told its alert sinks within an hour, by kind.",
                queries={"{{kind}}": "sum by (kind) (increase(copytrade_alerts_total[1h]))"},
            ),
        ),
        "Journal": (
            Panel(
                title="Journal",
                meaning="Size of the state database; free space, and where entries stop.",
                unit="bytes",
                queries={
                    "journal": "copytrade_journal_bytes",
                    "free": "copytrade_disk_free_bytes",
                    "least free": "copytrade_disk_free_limit_bytes",
                },
                width=8,
            ),
            Panel(
                title="Events",
                meaning="Events a second, and how many the pipelines were not handed yet.",
                queries={
                    "a second": "rate(copytrade_last_event_seq[5m])",
                    "not exported": "copytrade_last_event_seq - copytrade_exported_seq",
                },
                width=8,
            ),
            Panel(
                title="What runs",
                meaning="Run, mode, rules and config; release and interpreter.",
                queries={
                    "{{mode}} {{run}} rules {{code}} config {{config}}": "copytrade_info",
                    "{{version}} on Python {{python}}": "copytrade_build_info",
                    "limit of unknown orders": "copytrade_unknown_orders_limit",
                    "limit of the scores' age": "copytrade_snapshot_age_limit_seconds",
                    "halted": "copytrade_halted",
                },
                width=8,
            ),
        ),
    },
)

BOARDS = (OVERVIEW, TRADING, MACHINE)
