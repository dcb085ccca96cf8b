"""What assets are handed: the settings of this code location, and the venue."""

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import TypeVar

import dagster as dg
from pydantic import Field

from copytrade_live.clock import SystemClock
from copytrade_live.core.market import SECOND, Instant
from copytrade_live.settings import ClockSource, CopytradeConfig, Home, VenueConfig
from copytrade_live.venue.chain import ChainApi
from copytrade_live.venue.clob import ClobApi
from copytrade_live.venue.data_api import DataApi
from copytrade_live.venue.gamma import GammaApi
from copytrade_live.venue.listing import PageSink, ignore_page

Found = TypeVar("Found")
Client = TypeVar("Client", DataApi, GammaApi, ClobApi, ChainApi)


class Settings(dg.ConfigurableResource):  # type: ignore[type-arg]
    """The configuration and the home folder that this code location was built for."""

    config_json: str = Field(description="CopytradeConfig as JSON.")
    home_root: str = Field(description="The folder COPYTRADE_HOME names.")

    @classmethod
    def of(cls, config: CopytradeConfig, home: Home) -> "Settings":
        """Carry a configuration and a home."""
        return cls(config_json=config.model_dump_json(), home_root=str(home.root))

    def config(self) -> CopytradeConfig:
        """The whole configuration."""
        return CopytradeConfig.model_validate_json(self.config_json)

    def home(self) -> Home:
        """The folder everything is written to."""
        return Home(Path(self.home_root))

    def index_lag(self) -> Instant:
        """How long after it happened a fetched row counts as known."""
        return round(self.config().pipelines.index_lag_seconds * SECOND)


class VenueResource(dg.ConfigurableResource):  # type: ignore[type-arg]
    """Clients for the venue the configuration names. A client belongs to the event loop that opened it: close it."""

    venue_json: str = Field(description="VenueConfig as JSON.")

    @classmethod
    def of(cls, config: VenueConfig) -> "VenueResource":
        """Carry a venue configuration."""
        return cls(venue_json=config.model_dump_json())

    def config(self) -> VenueConfig:
        """Hosts, patience and budgets."""
        return VenueConfig.model_validate_json(self.venue_json)

    def hasty(self) -> "VenueResource":
        """The same venue for one who cannot wait: a sensor's tick must not last."""
        config = self.config()
        return self.of(
            config.model_copy(
                update={"max_attempts": 1, "ingest_attempts": 1, "timeout_seconds": min(config.timeout_seconds, 5)}
            )
        )

    def data_api(self, on_page: PageSink = ignore_page) -> DataApi:
        """A data API client."""
        return DataApi.from_config(self.config().for_ingest(), on_page=on_page)

    def gamma(self, on_page: PageSink = ignore_page) -> GammaApi:
        """A gamma client."""
        return GammaApi.from_config(self.config().for_ingest(), on_page=on_page)

    def clob(self, on_page: PageSink = ignore_page) -> ClobApi:
        """A CLOB client."""
        return ClobApi.from_config(self.config().for_ingest(), on_page=on_page)

    def chain(self) -> ChainApi:
        """A client of the node."""
        return ChainApi.from_config(self.config().for_ingest())

    def now(self) -> Instant:
        """The time that counts: the venue's own for a sandbox whose time runs fast, else the machine's."""
        return asyncio.run(self.ask_now())

    async def ask_now(self) -> Instant:
        """The same, for one who is in the middle of fetching."""
        if self.config().clock is ClockSource.SYSTEM:
            return SystemClock().now()
        client = ClobApi.from_config(self.config())
        try:
            return await client.time()
        finally:
            await client.close()


def run_closing(open_client: Callable[[], Client], ask: Callable[[Client], Awaitable[Found]]) -> Found:
    """Open a client, ask it, close it: one event loop from beginning to end."""

    async def run() -> Found:
        client = open_client()
        try:
            return await ask(client)
        finally:
            await client.close()

    return asyncio.run(run())
