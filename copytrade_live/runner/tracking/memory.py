"""What the journal knows of leaders' fills: all that a run needs to go on where the one before ended.

A fold, with no clock but the fills' own: what sources tell meanwhile belongs to the tracker, not to this.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from copytrade_live.core.events import FeedCovered, JournalEvent, LeaderFillObserved, LeaderFillVoided
from copytrade_live.core.market import HOUR, MICRO, MINUTE, SECOND, Instant
from copytrade_live.core.signal import Signal
from copytrade_live.runner.roster import Joined, JoinedNotes
from copytrade_live.settings import TrackerConfig

# How far a new run reads back over the end of the one before: longer than a round of polling takes.
REACH_BACK: Instant = HOUR
_VOIDS_KEPT: Instant = 24 * HOUR
_TIDY_EVERY: Instant = MINUTE

Group = tuple[str, str, str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class ToldGroup:
    """Committed fills that no source tells apart but by their figures.

    Units: signals are id, shares in millionths, dollars per share. moment is the transaction, or else the second.
    """

    wallet: str
    moment: str
    token_id: str
    side: str
    event_at: Instant
    signals: tuple[tuple[str, int, float], ...] = ()

    @property
    def key(self) -> Group:
        """What its fills have in common."""
        return self.wallet, self.moment, self.token_id, self.side


@dataclass(frozen=True, slots=True, kw_only=True)
class SignalNotes:
    """What SignalMemory remembers. Shape: newest fill by wallet, voided by signal id."""

    joined: JoinedNotes = field(default_factory=JoinedNotes)
    groups: tuple[ToldGroup, ...] = ()
    newest: Mapping[str, Instant] = field(default_factory=dict)
    voided: Mapping[str, Instant] = field(default_factory=dict)
    latest: Instant = 0
    covered: Instant = 0
    tidied_at: Instant = 0


class SignalMemory:
    """Committed fills, as far back as any source may tell of them again, and up to where all was told."""

    def __init__(self, config: TrackerConfig) -> None:
        self._config = config
        self.joined = Joined(config)
        self.newest: dict[str, Instant] = {}
        self.voided: dict[str, Instant] = {}
        self.latest: Instant = 0
        self.covered: Instant = 0
        self._groups: dict[Group, ToldGroup] = {}
        self._overlap = round(config.overlap_seconds * SECOND)
        self._tidied_at: Instant = 0

    @property
    def config_digest(self) -> str:
        """Names what of the config the fold depends on."""
        read = [self._config.leaders, self._config.follow_top, self._config.overlap_seconds]
        return hashlib.sha256(json.dumps(read).encode()).hexdigest()[:12]

    @property
    def groups(self) -> tuple[ToldGroup, ...]:
        """The fills themselves."""
        return tuple(self._groups.values())

    def apply(self, event: JournalEvent) -> None:
        """Fold one event."""
        self.joined.apply(event)
        if isinstance(event, FeedCovered):
            self.covered = max(self.covered, event.until)
        elif isinstance(event, LeaderFillVoided):
            self.voided[event.signal_id] = event.event_at
        elif isinstance(event, LeaderFillObserved):
            self._remember(event.signal)

    def notes(self) -> SignalNotes:
        """All that it remembers, as values that nothing changes any more."""
        return SignalNotes(
            joined=self.joined.notes(),
            groups=self.groups,
            newest=dict(self.newest),
            voided=dict(self.voided),
            latest=self.latest,
            covered=self.covered,
            tidied_at=self._tidied_at,
        )

    def recall(self, notes: SignalNotes) -> None:
        """Remember exactly this."""
        self.joined.recall(notes.joined)
        self._groups = {group.key: group for group in notes.groups}
        self.newest, self.voided = dict(notes.newest), dict(notes.voided)
        self.latest, self.covered, self._tidied_at = notes.latest, notes.covered, notes.tidied_at

    def _remember(self, signal: Signal) -> None:
        wallet, moment, token_id, side = key = group_of(
            signal.wallet, signal.tx_hash, signal.event_at, signal.token_id, signal.side
        )
        known = self._groups.get(key) or ToldGroup(
            wallet=wallet, moment=moment, token_id=token_id, side=side, event_at=signal.event_at
        )
        if all(signal.signal_id != known_id for known_id, _, _ in known.signals):
            figures = (signal.signal_id, round(signal.size * MICRO), signal.price)
            known = replace(known, signals=(*known.signals, figures))
        self._groups[key] = known
        self.newest[wallet] = max(self.newest.get(wallet, 0), signal.event_at)
        self.latest = max(self.latest, signal.event_at)
        self._tidy()

    def _tidy(self) -> None:
        if self.latest - self._tidied_at < _TIDY_EVERY:
            return
        self._tidied_at = self.latest
        answered = self.covered or self.latest - REACH_BACK - self._overlap
        floors = {wallet: min(answered, newest - self._overlap) - SECOND for wallet, newest in self.newest.items()}
        old = [key for key, known in self._groups.items() if known.event_at < floors.get(key[0], answered)]
        for key in old:
            del self._groups[key]
        self.voided = {one: at for one, at in self.voided.items() if at >= self.latest - _VOIDS_KEPT}


def group_of(wallet: str, tx_hash: str, event_at: Instant, token_id: str, side: str) -> Group:
    """What fills have in common that may be one and the same."""
    # Without a transaction only the second tells fills apart.
    return wallet, tx_hash or f"at {event_at // SECOND}", token_id, str(side)
