"""Which faults are on, and what they do to which request: a function of seed, fault, request and attempt."""

from __future__ import annotations

import hashlib
from collections import Counter, OrderedDict, defaultdict
from collections.abc import Callable, Container, Iterable
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from copytrade_live.core.market import SECOND, Instant
from copytrade_live.sandbox.fault_kinds import CATALOGUE, OF_REQUESTS, REFUSING, FaultKind
from copytrade_live.sandbox.fault_settings import Fault
from copytrade_live.sandbox.world import Instants

# What a chain that disagrees does to a log.
CHANGES = ("", "missing", "resized")
_MOST_REQUESTS = 200_000
_MIX, _STIR = np.uint64(0x9E3779B97F4A7C15), np.uint64(0xBF58476D1CE4E5B9)


@dataclass(slots=True)
class _Past:
    attempts: int = 0
    in_row: int = 0


class Befallen(NamedTuple):
    """A fault that happens, with a number in [0, 1) for its details."""

    fault: Fault
    luck: float


class Window(NamedTuple):
    """A stretch of the world's time in which a fault holds; number counts the stretches it could have opened in."""

    fault: Fault
    opened_at: Instant
    number: int
    luck: float


class FaultBook:
    """The faults that are on. Two with the same name and paths are one: the later counts."""

    def __init__(self, faults: Iterable[Fault] = ()) -> None:
        self._active: dict[tuple[str, ...], Fault] = {}
        self._by_kind: dict[FaultKind, tuple[Fault, ...]] = {}
        self._since: dict[Fault, Instant] = {}
        self._past: OrderedDict[str, _Past] = OrderedDict()
        self._met: Counter[FaultKind] = Counter()
        self.add(faults)

    def add(self, faults: Iterable[Fault], now: Instant | None = None) -> None:
        """Switch faults on; windows are counted from now, or from when they are first looked for."""
        given = list(faults)
        self._active |= {(fault.name.value, *fault.paths): fault for fault in given}
        if now is not None:
            self._since |= dict.fromkeys(given, now)
        self._file()

    def clear(self) -> None:
        """Switch everything off and forget what was met."""
        self._active.clear()
        self._since.clear()
        self._past.clear()
        self._met.clear()
        self._file()

    @property
    def touch_requests(self) -> bool:
        """Whether any fault may change the answer to a request."""
        return self._touch_requests

    @property
    def active(self) -> list[Fault]:
        """The faults that are on."""
        return list(self._active.values())

    def has(self, kind: FaultKind) -> bool:
        """Whether a fault is on."""
        return kind in self._by_kind

    def has_any(self, kinds: Container[FaultKind]) -> bool:
        """Whether one of several faults is on."""
        return any(kind in kinds for kind in self._by_kind)

    def meet(self, request: str, path: str, fits: Callable[[Fault], bool]) -> Befallen | None:
        """The fault that befalls a request this time."""
        past = self._remember(request)
        attempt, past.attempts = past.attempts, past.attempts + 1
        for fault in self._active.values():
            if fault.name not in OF_REQUESTS or past.in_row >= fault.most_in_row:
                continue
            if not fault.covers(path) or not fits(fault):
                continue
            chance, luck = draw(fault.seed, fault.name.value, request, attempt)
            if chance < fault.probability:
                past.in_row += 1
                return Befallen(fault, luck)
        past.in_row = 0
        return None

    def befalls(self, kind: FaultKind, key: str, *, path: str = "") -> Befallen | None:
        """Whether a fault happens to one thing, always the same for the same thing; counts it if so."""
        for fault in self._by_kind.get(kind, ()):
            if not fault.covers(path):
                continue
            chance, luck = draw(fault.seed, kind.value, key)
            if chance < fault.probability:
                self._met[kind] += 1
                return Befallen(fault, luck)
        return None

    def window(self, kind: FaultKind, now: Instant, *, key: str = "", path: str = "") -> Window | None:
        """The window of a fault that is open now, for all or for one thing (key). Does not count."""
        for fault in self._by_kind.get(kind, ()):
            if fault.paths and path and not fault.covers(path):
                continue
            found = _window_of(fault, self._since.setdefault(fault, now), now, key)
            if found is not None:
                return found
        return None

    def count(self, kind: FaultKind, times: int = 1) -> None:
        """Note that a fault was seen by a client."""
        self._met[kind] += times

    def standing(self, kind: FaultKind) -> Fault | None:
        """A fault of the world shown, None when it is off."""
        return next(iter(self._by_kind.get(kind, ())), None)

    def described(self) -> dict[str, object]:
        """Known faults, and those that are on with how often they were met."""
        return {
            "known": [
                {"name": kind.value, "number": one.number, "share_of": one.point.value, "description": one.summary}
                for kind, one in CATALOGUE.items()
            ],
            "active": [fault.model_dump(mode="json") for fault in self._active.values()],
            "met": {kind.value: self._met[kind] for kind in FaultKind if self._met[kind]},
        }

    def _file(self) -> None:
        by_kind: dict[FaultKind, list[Fault]] = defaultdict(list)
        for fault in self._active.values():
            by_kind[fault.name].append(fault)
        self._by_kind = {kind: tuple(faults) for kind, faults in by_kind.items()}
        self._touch_requests = any(kind in OF_REQUESTS or kind in REFUSING for kind in by_kind)

    def _remember(self, request: str) -> _Past:
        past = self._past.setdefault(request, _Past())
        self._past.move_to_end(request)
        if len(self._past) > _MOST_REQUESTS:
            self._past.popitem(last=False)
        return past


def _window_of(fault: Fault, since: Instant, now: Instant, key: str) -> Window | None:
    every, length = round(fault.every_seconds * SECOND), fault.open_for
    number = (now - since) // every if every else 0
    chance, luck = draw(fault.seed, fault.name.value, "window", key, number)
    if chance >= fault.probability:
        return None
    opened_at = since + number * every + round(luck * max(every - length, 0))
    return Window(fault, opened_at, number, luck) if opened_at <= now < opened_at + length else None


def late_rows(
    fault: Fault, rows: np.typing.NDArray[np.int64], at: Instants, indexed_until: Instant
) -> np.typing.NDArray[np.bool_]:
    """Which ledger rows are still held back: the same ones whoever asks, each until its delay is over."""
    is_fresh = at > indexed_until - round(fault.delay_seconds * SECOND)
    return np.asarray(is_fresh & (row_luck(fault.seed, rows) < fault.probability))


def chain_changes(fault: Fault, rows: np.typing.NDArray[np.int64]) -> np.typing.NDArray[np.int64]:
    """What becomes of each ledger row's log, as a place in CHANGES."""
    is_changed = row_luck(fault.seed, rows) < fault.probability
    kind = np.where(row_luck(fault.seed + 1, rows) < 0.5, 1, 2)
    return np.asarray(np.where(is_changed, kind, 0))


def row_luck(seed: int, rows: np.typing.NDArray[np.int64]) -> np.typing.NDArray[np.float64]:
    """A number in [0, 1) for each row, scattered by a seed."""
    mixed = (rows.astype(np.uint64) + np.uint64(seed % (1 << 32)) * np.uint64(0x1000003)) * _MIX
    mixed = (mixed ^ (mixed >> np.uint64(30))) * _STIR
    mixed = (mixed ^ (mixed >> np.uint64(27))) * _MIX
    return np.asarray((mixed >> np.uint64(11)).astype(np.float64) / float(1 << 53))


def draw(*parts: object) -> tuple[float, float]:
    """Two numbers in [0, 1) that depend on nothing but the parts."""
    digest = hashlib.sha256("\x1f".join(str(part) for part in parts).encode()).digest()
    first, second = (int.from_bytes(digest[start : start + 8], "big") for start in (0, 8))
    return first / 2**64, second / 2**64
