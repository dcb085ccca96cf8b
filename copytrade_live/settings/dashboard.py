"""What the dashboard serves, to whom."""

from __future__ import annotations

from collections.abc import Mapping

from pydantic import Field

from copytrade_live.core.config import Section

# What starts the dashboard on another port than the config's tells the others so.
URL_VARIABLE = "COPYTRADE_DASHBOARD_URL"


class DashboardConfig(Section):
    """The operator's page in a browser: copytrade dashboard."""

    host: str = Field("127.0.0.1", description="Address to listen on; others than loopback need expose.")
    port: int = Field(8080, ge=0, le=65_535, description="Port to listen on; 0 takes a free one.")
    allowed_hosts: tuple[str, ...] = Field(
        (), description="Names that a request's Host header may carry, besides localhost and the address itself."
    )
    allowed_origins: tuple[str, ...] = Field(
        (), description="Origins of pages that may change something, besides this dashboard's own: scheme://host:port."
    )
    expose: bool = Field(
        False, description="Listen where other machines can reach it: needs TLS in front and behind_tls."
    )
    behind_tls: bool = Field(
        False, description="A proxy in front speaks TLS: cookies go over TLS only, and its pages' origin is https."
    )
    idle_minutes: float = Field(30.0, gt=0, le=1440, description="A session nobody uses ends after so long, minutes.")
    session_hours: float = Field(12.0, gt=0, le=168, description="Every session ends after so long, hours.")
    streams_per_session: int = Field(5, ge=1, le=50, description="Most event streams open in one session.")
    streams: int = Field(50, ge=1, le=1000, description="Most event streams open at once.")
    dagster_url: str = Field(
        "http://127.0.0.1:3000",
        pattern=r"^https?://[^\s/]+(/[^\s]*)?$",
        description="Where links to Dagster's runs point.",
    )
    trial_seconds: float = Field(
        120.0, gt=0, le=3600, description="A replay or what-if that takes longer is ended, seconds."
    )

    def url(self, environment: Mapping[str, str]) -> str:
        """Where links to the dashboard point: what started it knows, else what is configured."""
        return environment.get(URL_VARIABLE) or f"http://{self.host}:{self.port}"
