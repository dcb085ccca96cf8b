"""What the entries of a mapping can lose, summed by market, leader and event.

A decision asks for half a dozen of these sums, and between one and the next few entries change: only those are looked
at. What is returned depends on the mapping alone, so this remembers, and forgets, without anybody noticing.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Generic, TypeVar

from copytrade_live.core.market import Micro

Entry = TypeVar("Entry")


@dataclass(frozen=True, slots=True)
class Share:
    """What one entry can lose, and where it counts. Units: cash in micro-collateral."""

    condition_id: str
    wallet: str
    event_id: str
    cash: Micro


@dataclass(frozen=True, slots=True)
class AtRisk:
    """What can be lost at most. Units: micro-collateral. What is not named can lose nothing."""

    cash: Micro = 0
    by_market: Mapping[str, Micro] = field(default_factory=dict)
    by_leader: Mapping[str, Micro] = field(default_factory=dict)
    by_event: Mapping[str, Micro] = field(default_factory=dict)


class RunningSums(Generic[Entry]):
    """Sums over the mapping that was asked for last. A mapping that was asked for is never changed any more."""

    def __init__(self, share_of: Callable[[Entry], Share]) -> None:
        self._share_of = share_of
        self._last: tuple[Mapping[str, Entry], Mapping[str, Share], AtRisk] = ({}, {}, AtRisk())

    def of(self, entries: Mapping[str, Entry]) -> AtRisk:
        """The sums over these entries."""
        known, shares, sums = self._last
        if known is entries:
            return sums
        come = {name: self._share_of(entry) for name, entry in entries.items() if known.get(name) is not entry}
        gone = [share for name, share in shares.items() if entries.get(name) is not known[name]]
        if come or gone:
            shares = {name: share for name, share in shares.items() if name in entries} | come
            sums = _moved(sums, come.values(), gone)
        # One assignment, so that another thread sees all of it or nothing.
        self._last = entries, shares, sums
        return sums


def _moved(before: AtRisk, come: Iterable[Share], gone: Iterable[Share]) -> AtRisk:
    cash = before.cash
    by_market, by_leader, by_event = dict(before.by_market), dict(before.by_leader), dict(before.by_event)
    for sign, shares in ((1, come), (-1, gone)):
        for share in shares:
            moved = sign * share.cash
            cash += moved
            _add(by_market, share.condition_id, moved)
            _add(by_leader, share.wallet, moved)
            _add(by_event, share.event_id, moved)
    return AtRisk(cash, by_market, by_leader, by_event)


def _add(sums: dict[str, Micro], name: str, moved: Micro) -> None:
    after = sums.get(name, 0) + moved
    if after:
        sums[name] = after
    else:
        sums.pop(name, None)
