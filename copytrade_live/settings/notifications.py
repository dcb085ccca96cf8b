"""What is told to people outside, and how often."""

from __future__ import annotations

from enum import StrEnum

from pydantic import Field

from copytrade_live.core.config import Section


class NewsKind(StrEnum):
    """What a message is about."""

    COPIES = "copies"
    EXITS = "exits"
    HALTS = "halts"
    GATE = "gate"
    ALERTS = "alerts"
    DAILY = "daily"


class NotificationsConfig(Section):
    """What copytrade notify tells: addresses are secrets and come from COPYTRADE_NOTIFY_URLS, never from this file."""

    keyring_user: str = Field(
        "",
        description="User name under which the system's keyring holds the addresses, service live.keyring_service; "
        "empty: not asked.",
    )
    kinds: tuple[NewsKind, ...] = Field(
        tuple(NewsKind), description="What is told: copies, exits, halts, gate, alerts, daily."
    )
    group_seconds: float = Field(
        30.0,
        ge=0,
        le=3600,
        description="News of so long goes into one message, seconds; critical ones wait for nothing.",
    )
    most_per_hour: float = Field(
        30.0, gt=0, le=3600, description="Most messages an hour, as many again for critical ones; more news waits."
    )
    quiet_from_hour: int = Field(
        0, ge=0, le=23, description="Hour of the day, UTC, from which only critical news is told."
    )
    quiet_until_hour: int = Field(
        0,
        ge=0,
        le=23,
        description="Hour of the day, UTC, at which the rest is told; the same as quiet_from_hour: never quiet.",
    )
    name_leaders: bool = Field(False, description="Name the leaders; whoever reads the messages learns whom you copy.")
    chart_days: int = Field(30, ge=2, le=366, description="Days that the daily summary's chart shows, days.")
    alerts_port: int = Field(
        9095, ge=0, le=65_535, description="Loopback port on which Alertmanager hands its alerts on; 0: none."
    )
