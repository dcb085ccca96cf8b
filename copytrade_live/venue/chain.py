"""The chain itself: fills as the exchanges emitted them, asked from a node over JSON-RPC."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from copytrade_live.core.market import SECOND, Instant
from copytrade_live.errors import PayloadError, VenueRefusal, VenueUnavailable
from copytrade_live.settings import VenueConfig
from copytrade_live.venue.contracts import EXCHANGES
from copytrade_live.venue.fields import refuse, row_of
from copytrade_live.venue.http import VenueHttp
from copytrade_live.venue.rows import BadRow
from copytrade_live.venue.wire_chain import ORDER_FILLED, ChainFill, padded, parse_chain_fill, quantity
from copytrade_live.venue.wire_data import bad_row

SOURCE = "chain"
_BLOCKS_A_CALL = 100
_BUSY_TRIES = 8
# Providers word their limits as they like; a range that is too large gets smaller, whatever else is said.
_TOO_LARGE = re.compile(
    r"range|more than|too many (?:results|logs)|response size|limit exceeded|too wide|timed? ?out", re.I
)
_BUSY = re.compile(r"rate|capacity|busy|throttl|too many requests|try again", re.I)


class RangeTooLarge(VenueRefusal):
    """The node would not answer for so many blocks or logs at once; fewer may work."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ChainSpan:
    """Fills of some wallets in some blocks, both ends included. Units: times in milliseconds."""

    first: int
    last: int
    first_at: Instant
    last_at: Instant
    fills: tuple[ChainFill, ...]
    bad: tuple[BadRow, ...]


class ChainApi:
    """Reads of one node."""

    def __init__(self, http: VenueHttp) -> None:
        self._http = http

    @classmethod
    def from_config(cls, config: VenueConfig) -> ChainApi:
        """A client for the node the configuration names."""
        return cls(
            VenueHttp(
                config.rpc_url,
                timeout_seconds=config.timeout_seconds,
                max_attempts=config.max_attempts,
                patience_seconds=config.patience_seconds,
                requests_per_second=config.rpc_requests_per_second,
            )
        )

    async def close(self) -> None:
        """Close the connections."""
        await self._http.close()

    async def head(self) -> int:
        """The number of the newest block."""
        return quantity({"result": await self._call("eth_blockNumber", [])}, "result")

    async def span(self, wallets: Sequence[str], first: int, last: int) -> ChainSpan:
        """Every fill of some wallets in some blocks, in either role, each once.

        Raises: RangeTooLarge, VenueUnavailable, VenueRefusal, PayloadError.
        """
        # The maker field names whose fill a log is; adding the taker field would count a match twice.
        wanted = {
            "fromBlock": hex(first),
            "toBlock": hex(last),
            "address": sorted(EXCHANGES),
            "topics": [list(ORDER_FILLED), None, [padded(wallet) for wallet in wallets]],
        }
        logs = await self._call("eth_getLogs", [wanted])
        if not isinstance(logs, list):
            refuse("result", logs, "a list of logs")
        numbers = {quantity(row_of(log, "log"), "blockNumber") for log in logs}
        times = await self.times(sorted(numbers | {first, last}))
        fills: list[ChainFill] = []
        bad: list[BadRow] = []
        for log in logs:
            if log.get("removed") is True:  # its block was given up
                continue
            try:
                fills.append(parse_chain_fill(log, times[quantity(log, "blockNumber")]))
            except PayloadError as error:
                bad.append(bad_row(log, error, f"{SOURCE}/eth_getLogs"))
        return ChainSpan(
            first=first, last=last, first_at=times[first], last_at=times[last], fills=tuple(fills), bad=tuple(bad)
        )

    async def times(self, blocks: Sequence[int]) -> dict[int, Instant]:
        """When blocks were made."""
        found: dict[int, Instant] = {}
        for start in range(0, len(blocks), _BLOCKS_A_CALL):
            chunk = blocks[start : start + _BLOCKS_A_CALL]
            answers = await self._batch([("eth_getBlockByNumber", [hex(number), False]) for number in chunk])
            for number, block in zip(chunk, answers, strict=True):
                found[number] = quantity(row_of(block, f"block {number}"), "timestamp") * SECOND
        return found

    async def block_at(self, moment: Instant, *, head: int) -> int:
        """The first block at or after a moment."""
        low, high = 0, head
        while low < high:
            middle = (low + high) // 2
            answer = (await self._batch([("eth_getBlockByNumber", [hex(middle), False])]))[0]
            is_before = answer is None or quantity(row_of(answer, "block"), "timestamp") * SECOND < moment
            low, high = (middle + 1, high) if is_before else (low, middle)
        return low

    async def _call(self, method: str, params: list[object]) -> Any:
        return (await self._batch([(method, params)]))[0]

    async def _batch(self, calls: Sequence[tuple[str, list[object]]]) -> list[Any]:
        body = [
            {"jsonrpc": "2.0", "id": number, "method": method, "params": params}
            for number, (method, params) in enumerate(calls)
        ]
        said = ""
        for _ in range(_BUSY_TRIES):
            payload = await self._post(body[0] if len(body) == 1 else body)
            answers = payload if isinstance(payload, list) else [payload]
            results = {one.get("id"): one for one in answers if isinstance(one, dict)}
            errors = [one["error"] for one in results.values() if one.get("error")]
            if not errors and all(number in results and "result" in results[number] for number in range(len(body))):
                return [results[number]["result"] for number in range(len(body))]
            said = json.dumps(errors[0] if errors else payload)[:300]
            if errors and _TOO_LARGE.search(said) and not _BUSY.search(said):
                raise RangeTooLarge(f"{self._http.base_url} refused {calls[0][0]}: {said}")
            if errors and not _BUSY.search(said):
                raise VenueRefusal(f"{self._http.base_url} refused {calls[0][0]}: {said}")
        raise VenueUnavailable(f"{self._http.base_url} does not answer {calls[0][0]}: {said}; run again later")

    async def _post(self, body: object) -> Any:
        try:
            return (await self._http.post("", body)).payload
        except VenueRefusal as refusal:
            if _TOO_LARGE.search(str(refusal)):
                raise RangeTooLarge(str(refusal)) from None
            raise
