"""Whether the venue's addresses answer, from here, to us."""

from __future__ import annotations

import asyncio

import httpx

from copytrade_live.errors import ConfigError, VenueError
from copytrade_live.findings import Finding, fail, ok, warn
from copytrade_live.settings import VenueConfig
from copytrade_live.venue.chain import ChainApi

_PATIENCE_SECONDS = 10.0


async def look_at_venue(config: VenueConfig) -> list[Finding]:
    """What each address says, besides the CLOB's clock."""
    async with httpx.AsyncClient(trust_env=False, timeout=_PATIENCE_SECONDS) as client:
        found = await asyncio.gather(
            _reach(client, "data api", config.data_url, "venue.data_url"),
            _reach(client, "gamma api", config.gamma_url, "venue.gamma_url"),
            _region(client, config.geoblock_url),
            _chain(config),
        )
    return [one for one in found if one is not None]


async def _reach(client: httpx.AsyncClient, subject: str, url: str, key: str) -> Finding:
    try:
        answer = await client.get(url)
    except (httpx.HTTPError, httpx.InvalidURL) as error:
        return fail(subject, f"{url} does not answer: {_why(error)}", f"check {key} and the network")
    if answer.status_code >= 500:
        return warn(subject, f"{url} answers {answer.status_code}", "the venue has trouble; try again later")
    return ok(subject, f"{url} answers")


async def _region(client: httpx.AsyncClient, url: str) -> Finding | None:
    if not url:
        return None
    try:
        told = (await client.get(url)).json()
        is_blocked, country = bool(told["blocked"]), str(told.get("country", "?"))
    except (httpx.HTTPError, httpx.InvalidURL, ValueError, KeyError, TypeError) as error:
        return warn("region", f"{url} does not say whether we may trade: {_why(error)}", "look at it in a browser")
    if is_blocked:
        return fail("region", f"the venue takes no orders from here ({country})", "reading works; trading does not")
    return ok("region", f"the venue takes orders from here ({country})")


async def _chain(config: VenueConfig) -> Finding | None:
    if not config.rpc_url:
        return None
    chain = ChainApi.from_config(config.model_copy(update={"max_attempts": 1}))
    try:
        head = await chain.head()
    except (VenueError, ConfigError) as error:
        return fail("chain", str(error), "check venue.rpc_url")
    finally:
        await chain.close()
    return ok("chain", f"newest block {head:,}")


def _why(error: Exception) -> str:
    return str(error) or type(error).__name__
