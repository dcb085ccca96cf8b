"""Reads over HTTP that wait their turn, try again when that can help, and say what went wrong when it cannot."""

from __future__ import annotations

import json
import ssl
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from email.utils import parsedate_to_datetime
from functools import cache
from types import TracebackType
from typing import Any, Self
from urllib.parse import urlsplit

import httpx
from tenacity import (
    AsyncRetrying,
    RetryCallState,
    retry_if_exception_type,
    stop_after_attempt,
    stop_after_delay,
    wait_random_exponential,
)

from copytrade_live.errors import ConfigError, PayloadError, VenueRefusal, VenueUnavailable
from copytrade_live.this_machine import is_here
from copytrade_live.venue.budget import Budget, Family

Params = Mapping[str, str | int | Sequence[str]]

_MAX_CONNECTIONS = 20
# A venue that asks for a longer pause is down as far as one read is concerned.
_LONGEST_PAUSE_SECONDS = 60.0
_SHOWN = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """One answer: what was asked, the body as sent, and the body parsed. status is 200 or 404."""

    url: str
    status: int
    body: str
    payload: Any


class _TryAgain(Exception):
    """A failure that another attempt may mend."""

    def __init__(
        self,
        problem: str,
        *,
        pause_seconds: float | None = None,
        is_malformed: bool = False,
        is_throttled: bool = False,
    ) -> None:
        super().__init__(problem)
        self.pause_seconds = pause_seconds
        self.is_malformed = is_malformed
        self.is_throttled = is_throttled


class VenueHttp:
    """One host of the venue. Requests share its budget; loopback hosts (the sandbox) have none but the pace."""

    def __init__(
        self,
        base_url: str,
        *,
        timeout_seconds: float = 10.0,
        max_attempts: int = 5,
        patience_seconds: float = 300.0,
        requests_per_second: float = 15.0,
        families: Sequence[Family] = (),
        backoff_seconds: float = 0.5,
    ) -> None:
        self.base_url = base_url.rstrip("/")
        self._client = httpx.AsyncClient(
            timeout=timeout_seconds,
            verify=trusted_roots(),
            trust_env=False,
            follow_redirects=False,
            limits=httpx.Limits(max_connections=_MAX_CONNECTIONS, max_keepalive_connections=_MAX_CONNECTIONS),
        )
        self._stop = stop_after_attempt(max_attempts) | stop_after_delay(patience_seconds)
        self._jitter = wait_random_exponential(multiplier=backoff_seconds, max=10.0)
        ceiling = None if is_loopback(base_url) else requests_per_second
        self._budget = Budget(urlsplit(base_url).netloc, ceiling, families)

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.close()

    async def close(self) -> None:
        """Close the connections."""
        await self._client.aclose()

    async def get(self, path: str, params: Params | None = None) -> Answer:
        """Read a resource that must be there.

        Raises: VenueUnavailable (later may work), VenueRefusal (it will not), PayloadError (not JSON, repeatedly).
        """
        return _found(await self._request("GET", path, params=params))

    async def find(self, path: str, params: Params | None = None) -> Answer | None:
        """Read a resource that may be gone; None when the venue answers 404."""
        answer = await self._request("GET", path, params=params)
        return None if answer.status == httpx.codes.NOT_FOUND else answer

    async def post(self, path: str, body: object) -> Answer:
        """Read with a JSON body (the plural reads); never used for orders, which must not be repeated."""
        return _found(await self._request("POST", path, body=body))

    async def _request(self, method: str, path: str, *, params: Params | None = None, body: object = None) -> Answer:
        url = f"{self.base_url}{path}"
        retrying = AsyncRetrying(
            stop=self._stop,
            wait=self._wait,
            retry=retry_if_exception_type(_TryAgain),
            reraise=True,
        )
        try:
            return await retrying(self._attempt, method, path, params, body)
        except _TryAgain as failure:
            if failure.is_malformed:
                raise PayloadError(f"{url}: {failure}", field="body") from None
            raise VenueUnavailable(
                f"{url} is not available after {retrying.statistics.get('attempt_number', 1)} attempts: {failure}; "
                "check the address and the network, then run again"
            ) from None

    def _wait(self, state: RetryCallState) -> float:
        failure = state.outcome.exception() if state.outcome else None
        asked = failure.pause_seconds if isinstance(failure, _TryAgain) else None
        # Whoever was told the same moment does not come back in the same moment.
        return self._jitter(state) if asked is None else asked + self._jitter(state) / 4

    async def _attempt(self, method: str, path: str, params: Params | None, body: object) -> Answer:
        await self._budget.wait(path)
        try:
            answer = await self._ask(method, f"{self.base_url}{path}", params, body)
        except _TryAgain as failure:
            if failure.is_throttled:
                self._budget.heard(is_throttled=True)
            raise
        self._budget.heard(is_throttled=False)
        return answer

    async def _ask(self, method: str, url: str, params: Params | None, body: object) -> Answer:
        try:
            response = await self._client.request(method, url, params=_repeated(params), json=body)
        except (httpx.UnsupportedProtocol, httpx.InvalidURL) as error:
            raise ConfigError(f"venue address {url} is not an http address: {error}") from error
        except httpx.RequestError as error:
            raise _TryAgain(f"{type(error).__name__} {error}".strip()) from error
        return _read(response)


@cache
def trusted_roots() -> ssl.SSLContext:
    """Whom HTTPS trusts, for all clients of this process: to read the roots takes longer than all else at a start."""
    return httpx.create_ssl_context(trust_env=False)


def is_loopback(url: str) -> bool:
    """Whether a host is this machine."""
    return is_here(urlsplit(url).hostname)


def _repeated(params: Params | None) -> list[tuple[str, str | int | float | bool | None]]:
    pairs: list[tuple[str, str | int | float | bool | None]] = []
    for name, value in (params or {}).items():
        pairs += [(name, value)] if isinstance(value, str | int) else [(name, item) for item in value]
    return pairs


def _found(answer: Answer) -> Answer:
    if answer.status == httpx.codes.NOT_FOUND:
        raise VenueRefusal(f"{answer.url} answered 404: {answer.body[:_SHOWN]}")
    return answer


def _read(response: httpx.Response) -> Answer:
    status, url = response.status_code, str(response.url)
    if status == httpx.codes.TOO_MANY_REQUESTS or status == httpx.codes.TOO_EARLY or status >= 500:
        raise _TryAgain(
            f"answered {status}: {response.text[:_SHOWN]}",
            pause_seconds=_pause(response),
            is_throttled=status == httpx.codes.TOO_MANY_REQUESTS,
        )
    if status == httpx.codes.FORBIDDEN and response.text.lstrip().startswith("<"):
        # A page of the edge before the venue, which asks browsers to wait: it passes.
        raise _TryAgain(f"answered {status} with a page: {response.text[:_SHOWN]}")
    if status not in (httpx.codes.OK, httpx.codes.NOT_FOUND):
        raise VenueRefusal(f"{url} answered {status}: {response.text[:_SHOWN]}")
    if status == httpx.codes.NOT_FOUND:
        return Answer(url=url, status=status, body=response.text, payload=None)
    try:
        payload = json.loads(response.content)
    except (ValueError, RecursionError) as error:
        raise _TryAgain(f"the body is not JSON ({error}): {response.text[:_SHOWN]}", is_malformed=True) from error
    # One report has throttling behind a 200.
    if isinstance(payload, dict) and payload.get("error") == "Too Many Requests":
        raise _TryAgain("answered 200 with Too Many Requests", pause_seconds=_pause(response), is_throttled=True)
    return Answer(url=url, status=status, body=response.text, payload=payload)


def _pause(response: httpx.Response) -> float | None:
    """What Retry-After asks for, as seconds or as a date beside the answer's own Date."""
    asked = response.headers.get("retry-after")
    if not asked:
        return None
    try:
        seconds = float(asked)
    except ValueError:
        seconds = _until(asked, response.headers.get("date", ""))
    return min(max(seconds, 0.0), _LONGEST_PAUSE_SECONDS)


def _until(then: str, now: str) -> float:
    try:
        return (parsedate_to_datetime(then) - parsedate_to_datetime(now)).total_seconds()
    except (TypeError, ValueError):
        return 0.0
