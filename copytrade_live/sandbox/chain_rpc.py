"""JSON-RPC over the chain's logs: what a reader of fills asks a node, with a provider's limits."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from heapq import merge
from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from copytrade_live.core.market import Instant
from copytrade_live.sandbox.answers import answer
from copytrade_live.sandbox.chain_logs import ChainLogs, Log
from copytrade_live.sandbox.fault_kinds import FaultKind
from copytrade_live.sandbox.ids import hex_id
from copytrade_live.sandbox.own_logs import OwnLogs
from copytrade_live.sandbox.venue import Venue
from copytrade_live.sandbox.world import World

CHAIN_ID = 137
# Blocks behind the head that a tag names.
_BEHIND = {"latest": 0, "pending": 0, "safe": 4, "finalized": 4}
Wire = dict[str, object]


class _CallError(Exception):
    def __init__(self, code: int, message: str) -> None:
        super().__init__(message)
        self.code = code


class ChainRpc:
    """Answers /rpc."""

    def __init__(
        self, venue: Venue, more: Mapping[str, Callable[[Any], object]] | None = None, own: OwnLogs | None = None
    ) -> None:
        """own has the logs of accounts; more answers other methods, with a ValueError for what it cannot."""
        self._venue, self._own = venue, own
        self._indexed: tuple[World, ChainLogs] | None = None
        self._methods: dict[str, Callable[[Any], object]] = dict(more or {}) | {
            "eth_chainId": lambda params: hex(CHAIN_ID),
            "net_version": lambda params: str(CHAIN_ID),
            "eth_blockNumber": lambda params: hex(self._head()),
            "eth_getBlockByNumber": self._block,
            "eth_getLogs": self._get_logs,
        }

    @property
    def _logs(self) -> ChainLogs:
        # Indexed when first asked for, which most sandboxes never are, and when the world's future has changed.
        if self._indexed is None or self._indexed[0] is not self._venue.world:
            self._indexed = (self._venue.world, ChainLogs(self._venue))
        return self._indexed[1]

    async def serve(self, request: Request) -> Response:
        """One call, or a list of calls answered by a list."""
        try:
            asked = json.loads(await request.body())
        except ValueError:
            return answer(_error(None, -32700, "parse error"))
        if isinstance(asked, list) and asked:
            return answer([self._call(one) for one in asked])
        return answer(self._call(asked))

    def _call(self, call: object) -> Wire:
        if not isinstance(call, dict) or not isinstance(call.get("method"), str):
            return _error(None, -32600, "invalid request")
        number, params = call.get("id"), call.get("params", [])
        method = self._methods.get(call["method"])
        if method is None:
            return _error(number, -32601, f"the method {call['method']} does not exist/is not available")
        try:
            return {"jsonrpc": "2.0", "id": number, "result": method(params)}
        except _CallError as error:
            return _error(number, error.code, str(error))
        except (ValueError, TypeError, KeyError, IndexError) as error:
            return _error(number, -32000, str(error))

    def head(self, now: Instant) -> int:
        """The latest block at an instant."""
        return self._logs.head(now)

    def _head(self) -> int:
        return self.head(self._venue.now())

    def _block(self, params: Any) -> Wire | None:
        if not isinstance(params, list) or not params:
            raise _CallError(-32602, "missing value for required argument 0")
        number = self._number(params[0])
        if number > self._head():
            return None
        return {
            "number": hex(number),
            "hash": hex_id("block", number),
            "parentHash": hex_id("block", number - 1),
            "timestamp": hex(self._logs.blocks.second(number)),
            "transactions": list(dict.fromkeys(log.transaction for log in self._between(number, number))),
        }

    def _get_logs(self, params: Any) -> list[Wire]:
        wanted = params[0] if isinstance(params, list) and params else None
        if not isinstance(wanted, dict):
            raise _CallError(-32602, "missing value for required argument 0")
        first = self._number(wanted.get("fromBlock", "latest"))
        last = min(self._number(wanted.get("toBlock", "latest")), self._head())
        most_blocks = self._venue.options.rpc_most_blocks
        if last - first >= most_blocks:
            message = f"block range is too wide: at most {most_blocks} blocks, was {last - first + 1}"
            raise _CallError(-32005, message)
        addresses, topics = _addresses(wanted.get("address")), _topics(wanted.get("topics"))
        found = [log for log in self._between(first, last) if _fits(log, addresses, topics)]
        most = self._venue.options.rpc_most_logs
        if len(found) > most:
            raise _CallError(-32005, f"query returned more than {most} results")
        changes = Counter(log.change for log in found)
        self._venue.faults.count(FaultKind.CHAIN_DISAGREES, changes["missing"] + changes["resized"])
        self._venue.faults.count(FaultKind.FILL_REVERTED, changes["reverted"])
        return [_log_wire(log) for log in found if log.change not in ("missing", "reverted")]

    def _between(self, first: int, last: int) -> Iterable[Log]:
        """The world's logs, and in each block those of accounts behind them."""
        own = [] if self._own is None else list(self._own.between(self._logs, first, last))
        world = self._logs.between(first, last)
        return merge(world, own, key=lambda log: (log.block, log.log_index)) if own else world

    def _number(self, tag: object) -> int:
        if isinstance(tag, str) and tag in _BEHIND:
            return self._head() - _BEHIND[tag]
        if tag == "earliest":
            return 0
        try:
            return int(str(tag), 16) if str(tag).startswith("0x") else _bad_number(tag)
        except ValueError:
            return _bad_number(tag)


def _bad_number(tag: object) -> int:
    raise _CallError(-32602, f"invalid block number {tag!r}: must be 0x and hex digits, or latest")


def _addresses(given: object) -> frozenset[str] | None:
    if given is None:
        return None
    listed = given if isinstance(given, list) else [given]
    return frozenset(str(one).lower() for one in listed)


def _topics(given: object) -> tuple[frozenset[str] | None, ...]:
    """For each place the topics that fit; None where any does. An empty list fits all, as null."""
    if given is None:
        return ()
    if not isinstance(given, list) or len(given) > 4:
        raise _CallError(-32602, "invalid topics: must be a list of at most four")
    places = [one if isinstance(one, list) or one is None else [one] for one in given]
    return tuple(frozenset(str(topic).lower() for topic in place) if place else None for place in places)


def _fits(log: Log, addresses: frozenset[str] | None, topics: tuple[frozenset[str] | None, ...]) -> bool:
    if addresses is not None and log.address not in addresses:
        return False
    return len(topics) <= len(log.topics) and all(
        wanted is None or topic in wanted for topic, wanted in zip(log.topics, topics, strict=False)
    )


def _log_wire(log: Log) -> Wire:
    return {
        "address": log.address,
        "topics": list(log.topics),
        "data": f"0x{log.data}",
        "blockNumber": hex(log.block),
        "blockHash": hex_id("block", log.block),
        "transactionHash": log.transaction,
        "transactionIndex": hex(log.place),
        "logIndex": hex(log.log_index),
        "removed": False,
    }


def _error(number: object, code: int, message: str) -> Wire:
    return {"jsonrpc": "2.0", "id": number, "error": {"code": code, "message": message}}
