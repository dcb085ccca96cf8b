"""One YAML file and one folder: everything an operator sets, and where everything is written."""

from __future__ import annotations

import difflib
import os
from dataclasses import dataclass
from enum import StrEnum
from itertools import pairwise
from pathlib import Path
from typing import Annotated, Any, Literal

import yaml
from pydantic import Field, StringConstraints, ValidationError, model_validator

from copytrade_live.backtest_settings import BacktestConfig
from copytrade_live.core.config import DecisionConfig, Fraction, Section
from copytrade_live.errors import ConfigError
from copytrade_live.extensions import load_extensions
from copytrade_live.stray_secrets import check_config

HOME_VARIABLE = "COPYTRADE_HOME"
CONFIG_FILE = "config.yaml"
MAX_CONFIG_BYTES = 1_000_000

Wallet = Annotated[str, StringConstraints(pattern=r"^0x[0-9a-f]{40}$")]


class ClockSource(StrEnum):
    """Whose time counts."""

    SYSTEM = "system"
    VENUE = "venue"


class VenueConfig(Section):
    """Where Polymarket, or a sandbox that speaks its wire, is reached."""

    data_url: str = Field("https://data-api.polymarket.com", description="Data API: fills, activity, positions.")
    gamma_url: str = Field("https://gamma-api.polymarket.com", description="Gamma API: markets and events.")
    clob_url: str = Field("https://clob.polymarket.com", description="CLOB API: books, prices, orders.")
    activity_stream_url: str = Field(
        "wss://ws-live-data.polymarket.com",
        description="Stream of everyone's fills; empty leaves it out, and so does a data_url on this machine.",
    )
    market_stream_url: str = Field(
        "wss://ws-subscriptions-clob.polymarket.com/ws/market",
        description="Stream of books; empty leaves it out, and so does a clob_url on this machine.",
    )
    rpc_url: str = Field(
        "", description="JSON-RPC node of chain 137, the second source of fills; empty leaves the chain out."
    )
    user_stream_url: str = Field(
        "wss://ws-subscriptions-clob.polymarket.com/ws/user", description="Stream of our own orders and fills."
    )
    relayer_url: str = Field(
        "https://relayer-v2.polymarket.com",
        description="Relayer: knows deployed wallets, and sends payouts.",
    )
    geoblock_url: str = Field(
        "https://polymarket.com/api/geoblock",
        description="Says whether the venue takes orders from here, for doctor; empty leaves the question out.",
    )
    timeout_seconds: float = Field(10.0, gt=0, description="Longest wait for one answer, seconds.")
    max_attempts: int = Field(5, ge=1, description="Tries of one read before giving up, in the runner.")
    ingest_attempts: int = Field(15, ge=1, description="Tries of one read before giving up, in the data platform.")
    patience_seconds: float = Field(
        300.0, gt=0, description="Longest time that one read is tried again and again, seconds."
    )
    data_requests_per_second: float = Field(
        75.0, gt=0, description="Budget of all data API reads, requests a second; the venue cuts off at 100."
    )
    trades_requests_per_second: float = Field(
        15.0, gt=0, description="Budget of fill listings, requests a second; the venue cuts off at 20."
    )
    activity_requests_per_second: float = Field(
        30.0, gt=0, description="Budget of activity listings, requests a second; the venue cuts off at 40."
    )
    positions_requests_per_second: float = Field(
        11.0, gt=0, description="Budget of position listings, requests a second; the venue cuts off at 15."
    )
    clob_requests_per_second: float = Field(
        50.0, gt=0, description="Budget of CLOB reads, requests a second; the venue cuts off at 150 on /book."
    )
    rpc_requests_per_second: float = Field(
        10.0, gt=0, description="Budget of calls to the node, requests a second; providers differ."
    )
    confirmations: int = Field(20, ge=0, description="Blocks that must follow before a block's fills are taken.")
    clock: ClockSource = Field(
        ClockSource.SYSTEM, description="Whose time counts: system, or venue for a sandbox whose time runs fast."
    )

    def for_ingest(self) -> VenueConfig:
        """The same venue, read with the patience of a long ingest."""
        return self.model_copy(update={"max_attempts": max(self.max_attempts, self.ingest_attempts)})


class TrackerConfig(Section):
    """Whom we follow and how often we look."""

    leaders: tuple[Wallet, ...] = Field((), description="Wallets always followed, lower case.")
    follow_top: int = Field(20, ge=0, description="How many of the best scored wallets are followed as well.")
    poll_interval_seconds: float = Field(2.0, gt=0, description="Time between two looks at the leaders, seconds.")
    overlap_seconds: float = Field(
        360.0,
        ge=0,
        description="How far each look reaches back over the newest fill listed; above the listing's lag, seconds.",
    )
    poll_budget_share: float = Field(
        0.8,
        gt=0,
        le=1,
        description="Share of the venue.trades budget that polling may use while it is the main source.",
    )
    audit_budget_share: float = Field(
        0.1, gt=0, le=1, description="Share of that budget while the chain is read and polling only audits."
    )
    stream_silence_seconds: float = Field(
        12.0,
        gt=0,
        description="Time without anyone's fill after which the activity stream is opened anew, real seconds even where a "
        "sandbox's time runs fast.",
    )
    chain_interval_seconds: float = Field(
        1.0, gt=0, description="Time between two looks at the chain, where venue.rpc_url names a node, seconds."
    )
    chain_confirmations: int = Field(
        0, ge=0, description="Blocks that must follow before a leader's fill on the chain is a signal; 0 acts at once."
    )


class PollingConfig(Section):
    """How often the runner looks at its own affairs."""

    exit_interval_seconds: float = Field(5.0, gt=0, description="Time between two looks at open positions, seconds.")
    book_silence_seconds: float = Field(
        30.0, gt=0, description="Time without data after which a stream of books is opened anew, real seconds."
    )
    export_interval_seconds: float = Field(60.0, gt=0, description="Time between two journal exports, seconds.")
    checkpoint_events: int = Field(
        10_000,
        ge=1,
        description="Events after which what the journal folds to is written down again; a start reads only what "
        "follows.",
    )


class OnShutdown(StrEnum):
    """What becomes of working orders when the runner is asked to end."""

    CANCEL = "cancel"
    LEAVE = "leave"


class SafetyConfig(Section):
    """What stops the machine."""

    dry_run: bool = Field(True, description="Ceiling: while true nothing at runtime can trade real money.")
    kill_switch_file: str = Field(
        "KILL",
        description="While this file exists no entry is made; relative names live in COPYTRADE_HOME; empty means none.",
    )
    on_shutdown: OnShutdown = Field(
        OnShutdown.CANCEL,
        description="Working orders when the runner is asked to end: cancel, or leave for the next run to follow up.",
    )
    live_mode_confirm_delay_seconds: float = Field(5.0, ge=0, description="Wait before live trading starts, seconds.")
    least_free_megabytes: float = Field(
        100.0,
        ge=0,
        description="No entry is made while less is free on the disk of COPYTRADE_HOME, MB: what is left is for exits.",
    )
    max_stall_seconds: float = Field(
        5.0, gt=0, description="No entry is made for ten seconds after the runner stood still for longer, seconds."
    )


class KeySource(StrEnum):
    """Where the key that signs orders lies."""

    KEYSTORE = "keystore"
    KEYRING = "keyring"
    ENV = "env"


# Exchange contracts of chain 137: binary, neg-risk, and of the newer protocol.
EXCHANGES = (
    "0xE111180000d2663C0091e4f400237545B87B996B",
    "0xe2222d279d744050d28e00520010520000310F59",
    "0xe3333700cA9d93003F00f0F71f8515005F6c00Aa",
)


class SigningPolicy(Section):
    """What the key may sign, enforced where the key is; changed only by a restart."""

    contracts: tuple[str, ...] = Field(EXCHANGES, description="Exchange contracts that orders may be signed for.")
    max_order_notional: float = Field(100.0, gt=0, description="Most that one buy may cost, collateral.")
    max_daily_notional: float = Field(
        1000.0, gt=0, description="Most that the buys signed on one UTC day may cost together, collateral."
    )
    max_daily_redemptions: int = Field(
        200, ge=0, description="Most redemptions signed on one UTC day; 0 signs none and leaves payouts to others."
    )


class LiveConfig(Section):
    """Whose money is traded, and who signs. No key belongs in this file."""

    wallet: str = Field(
        "",
        pattern=r"^(0x[0-9a-fA-F]{40})?$",
        description="Wallet that holds the money; empty means the deposit wallet of the key.",
    )
    key_source: KeySource = Field(KeySource.KEYSTORE, description="Where the key lies: keystore, keyring or env.")
    keystore_file: str = Field(
        "keys/keystore.json",
        description="Encrypted key, for its owner alone; relative names live in COPYTRADE_HOME.",
    )
    keyring_service: str = Field("copytrade", description="Service name of the key in the system's keyring.")
    keyring_user: str = Field("signer", description="User name of the key in the system's keyring.")
    key_variable: str = Field("COPYTRADE_KEY", description="Environment variable that holds the key; read once.")
    signer: str = Field("", description="Another signer, as module:object; empty signs with the key above.")
    relayer_variable: str = Field(
        "COPYTRADE_RELAYER_KEY",
        description="Environment variable with the relayer's API key, or a builder's as key:secret:passphrase; read "
        "once. Without one payouts are left to the venue's operator, or to you.",
    )
    relayer_address: str = Field(
        "",
        pattern=r"^(0x[0-9a-fA-F]{40})?$",
        description="Address that the relayer's API key was given to; empty means the signer's.",
    )
    allow_owner_key: bool = Field(
        False, description="Trade with the wallet owner's own key, which could move the money; a session key cannot."
    )


class ObservabilityConfig(Section):
    """What the runner shows of itself: metrics and health over HTTP, and the decision log."""

    enabled: bool = Field(True, description="Serve /metrics, /healthz and /readyz while the runner runs.")
    host: str = Field("127.0.0.1", description="Address to listen on; others than loopback need expose.")
    port: int = Field(9090, ge=0, le=65_535, description="Port to listen on; 0 takes a free one.")
    allowed_hosts: tuple[str, ...] = Field(
        (), description="Names that a request's Host header may carry, besides localhost and the address itself."
    )
    expose: bool = Field(
        False,
        description="Listen where other machines can reach it: needs TLS in front and a token, 32 characters or more, "
        "in COPYTRADE_METRICS_TOKEN.",
    )
    wallet_labels: bool = Field(
        False, description="Name the leaders in metrics; whoever reads them learns whom you copy."
    )
    alert_sinks: tuple[str, ...] = Field(
        (), description="Objects told of halts, voids and the like, besides the log: module:object with send(alert)."
    )
    decision_log_megabytes: float = Field(50.0, gt=0, description="Size at which the decision log is put aside, MB.")
    decision_log_files: int = Field(
        20, ge=1, description="Decision logs put aside that are kept; the journal has it all."
    )


class LeaderboardChoice(Section):
    """One of the venue's leaderboards, and how far down it we look."""

    category: str = Field("overall", description="overall, or a category of the venue such as crypto or sports.")
    window: Literal["day", "week", "month", "all"] = Field("all", description="Time that the ranking covers.")
    sort_by: Literal["PNL", "VOLUME"] = Field("PNL", description="What it is ranked by.")
    top: int | None = Field(200, ge=1, description="How many of its wallets are taken; null takes every one.")


# One lifetime ranking finds survivors; the monthly ones find who is good now, and at what.
LEADERBOARDS = (
    LeaderboardChoice(),
    LeaderboardChoice(window="month", top=100),
    LeaderboardChoice(category="politics", window="month", top=50),
    LeaderboardChoice(category="sports", window="month", top=50),
    LeaderboardChoice(category="crypto", window="month", top=50),
)


class WalletsConfig(Section):
    """Which wallets the pipelines keep histories of."""

    watchlist_file: str = Field("", description="File with one wallet a line; relative names live in COPYTRADE_HOME.")
    discover: int = Field(
        200, ge=0, description="How many wallets one look at the leaderboards may bring, the best ranks first."
    )
    leaderboards: tuple[LeaderboardChoice, ...] = Field(
        LEADERBOARDS, description="Leaderboards to look at: category, window (day, week, month, all), sort_by, top."
    )
    holders_of: tuple[str, ...] = Field((), description="Condition ids of markets whose holders are watched.")
    excluded: tuple[Wallet, ...] = Field(
        (), description="Wallets that are never fetched or scored, lower case; what is known of them stays."
    )
    reread_below: Fraction = Field(
        0.95, description="A wallet with a smaller reconciled share is read again from the beginning, once a cause."
    )


# Methods that copytrade_pipelines/scoring/versions.py registers.
ScoreMethod = Literal["ce1", "ce2"]


class ScoringConfig(Section):
    """How scores are made; copytrade_pipelines.scoring says what each number does."""

    champion: ScoreMethod = Field("ce2", description="Score version that is published and copied.")
    challengers: tuple[ScoreMethod, ...] = Field(
        ("ce1",), description="Score versions kept beside the champion, so that a report card can compare them."
    )
    reference_stake: float = Field(
        25.0, gt=0, description="Stake that the copier's book walk is priced at, collateral."
    )
    latency_seconds: float = Field(10.0, ge=0, description="Delay between a leader's fill and our copy, seconds.")
    modelled_slippage: Fraction = Field(
        0.006, description="Cost above the leader's price where no book was recorded, dollars per share."
    )
    horizon_hours: float = Field(6.0, gt=0, description="How much later the mid is read for closing-line value, hours.")
    half_life_days: float = Field(60.0, gt=0, description="Age at which an event counts half, days.")
    history_days: float = Field(180.0, gt=0, description="How far back events count, days.")
    episode_gap_minutes: float = Field(10.0, gt=0, description="Fills this close are one episode, minutes.")
    stake_cap_multiple: float = Field(3.0, ge=1, description="Most an episode weighs, in wallet medians.")
    impact_share: Fraction = Field(
        0.25, description="Share of the volume up to a later mid from which that mid is the leader's own making."
    )
    latency_p90_seconds: float = Field(
        20.0, ge=0, description="Delay that nine of ten copies stay below, seconds; a leader must pay even then."
    )
    latency_delays: tuple[float, ...] = Field(
        (0.0, 1.0, 2.0, 5.0, 10.0, 20.0, 30.0, 60.0), description="Delays of the break-even curve, rising, seconds."
    )
    diagnose_above: Fraction = Field(
        0.70, description="Break-even latency and capacity are worked out for p_pos from here on."
    )
    max_idle_days: float = Field(14.0, gt=0, description="Time since its last fill that makes a wallet inactive, days.")
    max_both_sides: Fraction = Field(
        0.20, description="Largest share of its purchases that a wallet may hold against each other."
    )
    min_hold_latencies: float = Field(
        10.0, ge=0, description="Least median holding time, in multiples of latency_p90_seconds."
    )
    max_crowding: Fraction = Field(0.50, description="Crowding from which a wallet is flagged as crowded.")

    @model_validator(mode="after")
    def _delays_rise(self) -> ScoringConfig:
        delays = self.latency_delays
        if not delays or delays[0] < 0 or any(later <= earlier for earlier, later in pairwise(delays)):
            raise ValueError(f"latency_delays must rise from 0 or more, was {list(delays)}")
        return self


class GateClosing(StrEnum):
    """Which verdicts of the champion's report card close the gate."""

    FAILED = "failed"
    INSUFFICIENT = "insufficient"
    NEVER = "never"


class ReportCardConfig(Section):
    """How frozen scores are judged later. Written down before the results are seen; change it and say why."""

    horizons_days: tuple[int, ...] = Field(
        (7, 14, 30), description="How long before the card scores are frozen, rising, days."
    )
    top_k: int = Field(60, ge=1, description="Length of the list of best wallets that is judged.")
    max_list_share: Fraction = Field(
        0.25,
        description="Most of the scored wallets that such a list may hold, so that a small crowd can be told apart.",
    )
    resamples: int = Field(500, ge=100, description="Draws of the bootstrap, of random lists and of calibrated worlds.")
    confidence: float = Field(0.90, gt=0.5, lt=1, description="Coverage of every interval, two-sided.")
    min_events: int = Field(100, ge=1, description="Events after the freeze below which nothing is judged.")
    min_wallets: int = Field(30, ge=2, description="Wallets with such events below which nothing is judged.")
    min_ic_low: float = Field(
        0.0, ge=-1, le=1, description="Least lower bound of the rank correlation of score and later copier edge."
    )
    max_ic_width: float = Field(
        0.20, gt=0, le=2, description="Width of that interval above which missing the bound shows nothing."
    )
    min_roi_low: float = Field(
        -0.02, ge=-1, description="Least lower bound of what copying the top list earned per dollar."
    )
    min_excess_roi_low: float = Field(
        -0.02, ge=-1, description="Least lower bound of that beyond each baseline, per dollar."
    )
    max_roi_width: float = Field(
        0.06, gt=0, description="Width of those intervals above which missing the bound shows nothing, per dollar."
    )
    max_calibration_error: Fraction = Field(
        0.10, description="Largest error of the probabilities beyond chance, root mean square over bins."
    )
    close_gate_when: GateClosing = Field(
        GateClosing.FAILED,
        description="Verdict of the champion that closes the gate; insufficient includes failed.",
    )

    @model_validator(mode="after")
    def _horizons_rise(self) -> ReportCardConfig:
        days = self.horizons_days
        if not days or days[0] < 1 or any(later <= earlier for earlier, later in pairwise(days)):
            raise ValueError(f"horizons_days must rise from 1 or more, was {list(days)}")
        return self


class PipelinesConfig(Section):
    """How the data platform runs."""

    index_lag_seconds: float = Field(
        10.0, ge=0, description="How long the data API takes to show a fill; history counts as known this much later."
    )
    chain_days: float = Field(
        30.0, gt=0, description="How far back the chain is read for a wallet that is new to us, days."
    )
    agreement_lag_seconds: float = Field(
        900.0, ge=0, description="Fills younger than this may be missing in one source without being reported, seconds."
    )
    audit_days: float = Field(
        7.0, gt=0, description="Age at which a history is read whole again, for rows that came very late, days."
    )
    gate_valid_seconds: float = Field(90.0, gt=0, description="How long one word of the gate holds, seconds.")
    max_runner_silence_seconds: float = Field(120.0, gt=0, description="Runner silence that fails its heartbeat check.")
    warehouse_patience_seconds: float = Field(
        3600.0, gt=0, description="How long a step waits for another holder of the warehouse file, seconds."
    )
    fine_mid_minutes: int = Field(5, ge=1, description="Step of the mids kept in the hour after each fill, minutes.")
    fine_mid_requests: int = Field(
        1000, ge=0, description="Most requests for such mids in one run, 20 tokens each; 0 keeps hourly mids alone."
    )
    keep_runs_days: int = Field(
        30, ge=1, description="How long Dagster keeps finished runs and their logs, days; the newest stay longer."
    )
    keep_snapshots: int = Field(50, ge=2, description="Published score snapshots kept on disk.")
    published_marts: tuple[str, ...] = Field(
        (
            "marts.dim_markets",
            "marts.dim_wallets",
            "marts.fct_copies",
            "marts.fct_decisions",
            "marts.fct_market_days",
            "marts.fct_resolution_history",
            "marts.fct_resolutions",
            "marts.fct_wallet_days",
            "marts.fct_wallet_pnl",
        ),
        description="Tables published as Parquet for `copytrade sql shell`; marts.fct_fills is the big one left out.",
    )
    keep_marts: int = Field(5, ge=2, description="Publications of marts kept on disk, for readers that began earlier.")


class CopytradeConfig(DecisionConfig):
    """The whole file: what decisions depend on, and everything around them."""

    venue: VenueConfig = Field(default_factory=lambda: VenueConfig())
    tracker: TrackerConfig = Field(default_factory=lambda: TrackerConfig())
    polling: PollingConfig = Field(default_factory=lambda: PollingConfig())
    safety: SafetyConfig = Field(default_factory=lambda: SafetyConfig())
    live: LiveConfig = Field(default_factory=lambda: LiveConfig())
    signing: SigningPolicy = Field(default_factory=lambda: SigningPolicy())
    observability: ObservabilityConfig = Field(default_factory=lambda: ObservabilityConfig())
    wallets: WalletsConfig = Field(default_factory=lambda: WalletsConfig())
    scoring: ScoringConfig = Field(default_factory=lambda: ScoringConfig())
    report_card: ReportCardConfig = Field(default_factory=lambda: ReportCardConfig())
    backtest: BacktestConfig = Field(default_factory=lambda: BacktestConfig())
    pipelines: PipelinesConfig = Field(default_factory=lambda: PipelinesConfig())
    log_level: Literal["debug", "info", "warning", "error"] = Field("info", description="Least level that is logged.")

    def decision(self) -> DecisionConfig:
        """The part that decisions depend on, its own rules loaded; its digest goes on every decision.

        Raises: ConfigError when a rule it names cannot be loaded.
        """
        config = DecisionConfig.model_validate({name: getattr(self, name) for name in DecisionConfig.model_fields})
        load_extensions(config)
        return config


@dataclass(frozen=True, slots=True)
class Home:
    """Where everything is written: one folder, COPYTRADE_HOME. is_live: what is the runner's own lies apart."""

    root: Path
    is_live: bool = False

    @property
    def own(self) -> Path:
        """What the runner writes: one folder for paper, another for real money."""
        return self.root / "live" if self.is_live else self.root

    @property
    def config(self) -> Path:
        """The operator's YAML file."""
        return self.root / CONFIG_FILE

    @property
    def warehouse(self) -> Path:
        """The DuckDB file; only pipelines open it."""
        return self.root / "warehouse.duckdb"

    @property
    def landing(self) -> Path:
        """Immutable Parquet pages as fetched, by source."""
        return self.root / "landing"

    @property
    def evidence(self) -> Path:
        """What the next refresh of scores starts from; pipelines only, and made again when it is missing."""
        return self.root / "evidence"

    @property
    def published(self) -> Path:
        """Score snapshots, their pointer and the gate: pipelines write, the runner reads."""
        return self.root / "published"

    def live(self) -> Home:
        """The folder of real money: its journal, export, logs and state are never those of paper.

        What pipelines publish and the config are shared.
        """
        return Home(self.root, is_live=True)

    @property
    def state(self) -> Path:
        """The runner's SQLite journal."""
        return self.own / "state.sqlite"

    @property
    def export(self) -> Path:
        """Journal segments and heartbeat: the runner writes, pipelines read."""
        return self.own / "journal" / "export"

    @property
    def decisions(self) -> Path:
        """The decision log, one JSON object a line."""
        return self.own / "logs" / "decisions.jsonl"

    @property
    def reports(self) -> Path:
        """Backtest reports."""
        return self.root / "reports"

    @property
    def quality(self) -> Path:
        """The last result of every suite, one JSON file each."""
        return self.root / "quality"

    @property
    def dagster(self) -> Path:
        """Dagster's own instance folder."""
        return self.root / "dagster"

    def resolve(self, name: str) -> Path:
        """A configured file name; relative ones live in this folder."""
        path = Path(name).expanduser()
        return path if path.is_absolute() else self.root / path


def home_from_environment() -> Home:
    """The folder COPYTRADE_HOME names, or ./.copytrade."""
    return Home(Path(os.environ.get(HOME_VARIABLE) or ".copytrade").expanduser().resolve())


def load_config(path: Path | None, home: Home) -> CopytradeConfig:
    """Read the file at path, else the one in the home folder, else the defaults.

    Raises: ConfigError naming the key, its value and the nearest valid key.
    """
    if path is None and not home.config.exists():
        return CopytradeConfig()
    return parse_config(read_text(path or home.config), origin=str(path or home.config))


def read_text(path: Path) -> str:
    """The file's text. Raises: ConfigError when it is missing, unreadable or absurdly large."""
    try:
        if path.stat().st_size > MAX_CONFIG_BYTES:
            raise ConfigError(f"config file {path} is larger than {MAX_CONFIG_BYTES} bytes; is it the right file?")
        return path.read_text(encoding="utf-8")
    except FileNotFoundError:
        raise ConfigError(f"config file {path} does not exist; write one with: copytrade init") from None
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError(f"config file {path} cannot be read: {error}") from error


def parse_config(text: str, *, origin: str) -> CopytradeConfig:
    """Parse YAML text. Raises: ConfigError with one line per mistake."""
    try:
        # An alias lets a few lines stand for gigabytes; nothing in a config needs one.
        if any(isinstance(event, yaml.AliasEvent) for event in yaml.parse(text, Loader=yaml.SafeLoader)):
            raise ConfigError(f"{origin} uses a YAML alias (*name); write the value out")
        loaded = yaml.safe_load(text)
    except yaml.YAMLError as error:
        raise ConfigError(f"{origin} is not valid YAML: {_what_and_where(error)}") from None
    if loaded is None:
        loaded = {}
    if not isinstance(loaded, dict):
        raise ConfigError(f"{origin} must hold sections like 'filter:', was a {type(loaded).__name__}")
    check_config(loaded, origin)
    try:
        return CopytradeConfig.model_validate(loaded)
    except ValidationError as error:
        raise ConfigError("\n".join(_explain(origin, problem) for problem in error.errors())) from None


def _what_and_where(error: yaml.YAMLError) -> str:
    """Without the line itself, which could hold a secret."""
    mark = getattr(error, "problem_mark", None)
    problem = getattr(error, "problem", None) or "a character it may not hold"
    return f"{problem}, line {mark.line + 1}, column {mark.column + 1}" if mark else str(problem)


def _explain(origin: str, problem: Any) -> str:
    path = ".".join(str(part) for part in problem["loc"])
    if problem["type"] == "extra_forbidden":
        near = _nearest(problem["loc"])
        hint = f"; did you mean {near}?" if near else ""
        return f"{origin}: unknown key {path}{hint}"
    return f"{origin}: {path or 'the file'}: {problem['msg']}, was {problem['input']!r}"


def _nearest(location: tuple[Any, ...]) -> str | None:
    model: Any = CopytradeConfig
    for part in location[:-1]:
        model = model.model_fields[part].annotation
    found = difflib.get_close_matches(str(location[-1]), list(model.model_fields), n=1, cutoff=0.5)
    return ".".join([*map(str, location[:-1]), found[0]]) if found else None
