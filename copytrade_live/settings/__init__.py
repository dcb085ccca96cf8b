"""One YAML file and one folder: everything an operator sets, and where everything is written."""

from copytrade_live.settings.dashboard import DashboardConfig
from copytrade_live.settings.home import CONFIG_FILE, HOME_VARIABLE, Home, home_from_environment
from copytrade_live.settings.live import EXCHANGES, KeySource, LiveConfig, SigningPolicy
from copytrade_live.settings.notifications import NewsKind, NotificationsConfig
from copytrade_live.settings.observability import ObservabilityConfig
from copytrade_live.settings.orders import LiveOptions
from copytrade_live.settings.pipelines import PipelinesConfig
from copytrade_live.settings.reading import MAX_CONFIG_BYTES, load_config, parse_config, read_text
from copytrade_live.settings.report_card import GateClosing, ReportCardConfig
from copytrade_live.settings.safety import OnShutdown, SafetyConfig
from copytrade_live.settings.scoring import ScoreMethod, ScoringConfig
from copytrade_live.settings.tracking import PollingConfig, TrackerConfig, Wallet
from copytrade_live.settings.venue import ClockSource, VenueConfig
from copytrade_live.settings.wallets import LEADERBOARDS, LeaderboardChoice, WalletsConfig
from copytrade_live.settings.whole import CopytradeConfig, with_dashboard

__all__ = [
    "CONFIG_FILE",
    "EXCHANGES",
    "HOME_VARIABLE",
    "LEADERBOARDS",
    "MAX_CONFIG_BYTES",
    "ClockSource",
    "CopytradeConfig",
    "DashboardConfig",
    "GateClosing",
    "Home",
    "KeySource",
    "LeaderboardChoice",
    "LiveConfig",
    "LiveOptions",
    "NewsKind",
    "NotificationsConfig",
    "ObservabilityConfig",
    "OnShutdown",
    "PipelinesConfig",
    "PollingConfig",
    "ReportCardConfig",
    "SafetyConfig",
    "ScoreMethod",
    "ScoringConfig",
    "SigningPolicy",
    "TrackerConfig",
    "VenueConfig",
    "Wallet",
    "WalletsConfig",
    "home_from_environment",
    "load_config",
    "parse_config",
    "read_text",
    "with_dashboard",
]
