"""The whole file: what decisions depend on, and everything around them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

from pydantic import Field, ValidationError

from copytrade_live.backtest_settings import BacktestConfig
from copytrade_live.core.config import DecisionConfig
from copytrade_live.errors import ConfigError
from copytrade_live.extensions import load_extensions
from copytrade_live.settings.dashboard import DashboardConfig
from copytrade_live.settings.live import LiveConfig, SigningPolicy
from copytrade_live.settings.notifications import NotificationsConfig
from copytrade_live.settings.observability import ObservabilityConfig
from copytrade_live.settings.orders import LiveOptions
from copytrade_live.settings.pipelines import PipelinesConfig
from copytrade_live.settings.report_card import ReportCardConfig
from copytrade_live.settings.safety import SafetyConfig
from copytrade_live.settings.scoring import ScoringConfig
from copytrade_live.settings.tracking import PollingConfig, TrackerConfig
from copytrade_live.settings.venue import VenueConfig
from copytrade_live.settings.wallets import WalletsConfig


class CopytradeConfig(DecisionConfig):
    """The whole file: what decisions depend on, and everything around them."""

    venue: VenueConfig = Field(default_factory=lambda: VenueConfig())
    tracker: TrackerConfig = Field(default_factory=lambda: TrackerConfig())
    polling: PollingConfig = Field(default_factory=lambda: PollingConfig())
    safety: SafetyConfig = Field(default_factory=lambda: SafetyConfig())
    live: LiveConfig = Field(default_factory=lambda: LiveConfig())
    orders: LiveOptions = Field(default_factory=lambda: LiveOptions())
    signing: SigningPolicy = Field(default_factory=lambda: SigningPolicy())
    observability: ObservabilityConfig = Field(default_factory=lambda: ObservabilityConfig())
    dashboard: DashboardConfig = Field(default_factory=lambda: DashboardConfig())
    notifications: NotificationsConfig = Field(default_factory=lambda: NotificationsConfig())
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


def with_dashboard(config: CopytradeConfig, changes: Mapping[str, object]) -> CopytradeConfig:
    """The same but for these settings of the dashboard. Raises: ConfigError when one is not valid."""
    try:
        dashboard = DashboardConfig.model_validate({**config.dashboard.model_dump(), **changes})
    except ValidationError as error:
        found = error.errors()[0]
        raise ConfigError(f"dashboard.{found['loc'][0]}: {found['msg']}, was {found['input']!r}") from None
    return config.model_copy(update={"dashboard": dashboard})
