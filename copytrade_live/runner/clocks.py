"""Which clock a run lives by: the machine's, or that of a sandbox whose time runs fast."""

from __future__ import annotations

from collections.abc import Mapping

from copytrade_live.clock import AcceleratedClock, Clock, SystemClock
from copytrade_live.errors import ConfigError, PayloadError
from copytrade_live.settings import ClockSource, VenueConfig
from copytrade_live.venue.http import VenueHttp

CLOCK_PATH = "/admin/clock"


async def clock_for(config: VenueConfig) -> Clock:
    """The clock the configuration asks for.

    Raises: ConfigError when the venue has no clock of its own; VenueUnavailable when it does not answer.
    """
    if config.clock is ClockSource.SYSTEM:
        return SystemClock()
    async with VenueHttp(
        config.clob_url, timeout_seconds=config.timeout_seconds, max_attempts=config.max_attempts
    ) as http:
        answer = await http.find(CLOCK_PATH)
    if answer is None:
        raise ConfigError(
            f"venue.clock is 'venue', but {config.clob_url} has no {CLOCK_PATH}: only a sandbox has a clock of its "
            "own; set venue.clock to 'system'"
        )
    return _anchored(answer.payload, config.clob_url)


def _anchored(payload: object, url: str) -> AcceleratedClock:
    content = payload if isinstance(payload, Mapping) else {}
    now, speed = content.get("now_ms"), content.get("speed")
    if not isinstance(now, int) or isinstance(now, bool):
        raise PayloadError(f"{url}{CLOCK_PATH}: now_ms must be milliseconds, was {now!r}", field="now_ms", value=now)
    if not isinstance(speed, int | float) or isinstance(speed, bool) or speed <= 0:
        raise ConfigError(
            f"{url} stands still until it is stepped (speed {speed!r}); start the sandbox with a speed, or step the "
            "runner with it"
        )
    return AcceleratedClock(now, float(speed))
