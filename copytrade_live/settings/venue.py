"""Where the venue is reached, and how hard it may be asked."""

from __future__ import annotations

from enum import StrEnum

from pydantic import Field

from copytrade_live.core.config import Section


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
