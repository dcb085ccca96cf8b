"""Which fills were told, by whom, and which of them are one and the same.

Sources agree on transaction, wallet, token and side; a size or price may be rounded differently, equal fills of one
transaction stand beside each other, and a source may tell only some. So fills are compared within such a group: first
what fits exactly, then what is left over with what is left over. A fill is new only when a source tells of more fills
than are known. That may answer late; it never answers twice.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field

from copytrade_live.core.market import MICRO, Instant
from copytrade_live.core.signal import Signal
from copytrade_live.runner.tracking.memory import Group, ToldGroup, group_of
from copytrade_live.runner.tracking.ports import Sighting
from copytrade_live.venue.identity import fill_id
from copytrade_live.venue.rows import VenueFill


@dataclass(frozen=True, slots=True)
class _Figures:
    """What tells fills of one group apart. Units: shares in millionths, dollars per share."""

    shares: int
    price: float

    def is_like(self, other: _Figures) -> bool:
        """Whether both may be one fill, told with six decimals here and as cash in millionths there."""
        return self.shares == other.shares and abs(self.price - other.price) <= 1e-6 + 1.0 / max(self.shares, 1)


@dataclass(slots=True)
class _Known:
    """One group: the signals it gave, what each source told by its own ids, and what was taken for another's fill."""

    event_at: Instant
    signals: dict[str, _Figures] = field(default_factory=dict)
    told: dict[str, dict[str, _Figures]] = field(default_factory=dict)
    taken: dict[tuple[str, str], Sighting] = field(default_factory=dict)


class SeenFills:
    """The memory of the tracker. Everything younger than forget_before was told is in it."""

    def __init__(self) -> None:
        self._groups: dict[Group, _Known] = {}

    def __len__(self) -> int:
        return len(self._groups)

    def remember(self, signal: Signal) -> None:
        """Take in a committed signal; nothing changes when it was ours a moment ago."""
        group = group_of(signal.wallet, signal.tx_hash, signal.event_at, signal.token_id, signal.side)
        known = self._groups.setdefault(group, _Known(signal.event_at))
        known.signals.setdefault(signal.signal_id, _Figures(round(signal.size * MICRO), signal.price))

    def take_over(self, groups: Iterable[ToldGroup]) -> None:
        """Take in what the runs before committed."""
        for group in groups:
            known = self._groups.setdefault(group.key, _Known(group.event_at))
            for signal_id, shares, price in group.signals:
                known.signals.setdefault(signal_id, _Figures(shares, price))

    def new_among(self, sightings: Iterable[Sighting]) -> Iterator[tuple[Sighting, str]]:
        """Fills that are not known yet, each with the id it is given from now on."""
        touched: dict[tuple[Group, str], list[Sighting]] = {}
        for sighting in sightings:
            fill = sighting.fill
            group = group_of(fill.wallet, fill.tx_hash, fill.event_at, fill.token_id, fill.side)
            known = self._groups.setdefault(group, _Known(fill.event_at))
            told = known.told.setdefault(sighting.source, {})
            if fill.fill_id not in told:
                told[fill.fill_id] = _Figures(round(fill.size * MICRO), fill.price)
                touched.setdefault((group, sighting.source), []).append(sighting)
        for (group, source), fresh in touched.items():
            known = self._groups[group]
            known.taken |= {(source, one.fill.fill_id): one for one in fresh}
            exact, missing = _compare(known, source)
            for mine in exact:
                known.taken.pop((source, mine), None)
            for mine in missing:
                # Equal fills may be told in any order: one that was matched before stands for its twin.
                figures = known.told[source][mine]
                mine_told = (source, mine)
                sighting = known.taken.pop(mine_told) if mine_told in known.taken else _likest(fresh, figures)
                signal_id = _free_id(sighting.fill, known)
                known.signals[signal_id] = figures
                yield sighting, signal_id

    def has_told(self, sighting: Sighting) -> bool:
        """Whether this source told of this fill before."""
        fill = sighting.fill
        known = self._groups.get(group_of(fill.wallet, fill.tx_hash, fill.event_at, fill.token_id, fill.side))
        return known is not None and fill.fill_id in known.told.get(sighting.source, {})

    def untold_by(self, source: str, after: Instant, before: Instant) -> list[tuple[str, Instant]]:
        """Signals of a span that others told of and this source did not, with when they were."""
        return [
            (signal_id, known.event_at)
            for known in self._groups.values()
            if after <= known.event_at < before and known.told and source not in known.told
            for signal_id in known.signals
        ]

    def forget_before(self, wallet_floor: dict[str, Instant], floor: Instant) -> None:
        """Drop what is older than its wallet's floor, or than floor where the wallet has none."""
        old = [key for key, known in self._groups.items() if known.event_at < wallet_floor.get(key[0], floor)]
        for key in old:
            del self._groups[key]


def _compare(known: _Known, source: str) -> tuple[list[str], list[str]]:
    """What a source told that fits a signal exactly, and what no signal is left for; by the source's own ids."""
    told, signals = dict(known.told[source]), dict(known.signals)
    exact: list[str] = []
    for mine, figures in sorted(told.items(), key=lambda item: item[0] not in signals):
        like = [one for one, other in signals.items() if other.is_like(figures)]
        if like:
            del signals[min(like, key=lambda one: (one != mine, abs(signals[one].price - figures.price), one))]
            exact.append(mine)
    for mine in exact:
        del told[mine]
    # The rest fits nothing exactly: one told differently stands for one that this source did not tell of.
    for mine, figures in list(told.items()):
        if signals:
            del signals[min(signals, key=lambda one: (abs(signals[one].shares - figures.shares), one))], told[mine]
    return exact, list(told)


def _likest(sightings: Sequence[Sighting], figures: _Figures) -> Sighting:
    return min(sightings, key=lambda one: abs(round(one.fill.size * MICRO) - figures.shares))


def _free_id(fill: VenueFill, known: _Known) -> str:
    occurrence, found = fill.occurrence, fill.fill_id
    while found in known.signals:
        occurrence += 1
        found = fill_id(fill, occurrence)
    return found
