"""Whom we follow, and since when: the configured leaders, the best scored, and everyone whose copy we still hold."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from copytrade_live.core.events import JournalEvent, RunStarted, ScoresPublished
from copytrade_live.core.market import Instant
from copytrade_live.core.portfolio import Portfolio
from copytrade_live.core.score import ScoreSnapshot, best_wallets
from copytrade_live.settings import TrackerConfig


def roster(config: TrackerConfig, snapshot: ScoreSnapshot | None, portfolio: Portfolio) -> tuple[str, ...]:
    """The wallets to follow, each once: configured first, then by rank, then those we could not leave otherwise."""
    held = [position.wallet for position in portfolio.positions.values()]
    working = [entry.order.wallet for entry in portfolio.working.values()]
    return tuple(dict.fromkeys([*config.leaders, *best_wallets(snapshot, config.follow_top), *held, *working]))


@dataclass(frozen=True, slots=True, kw_only=True)
class JoinedNotes:
    """What Joined remembers. Shape: since by wallet; best are the best scored of the last snapshot."""

    since: Mapping[str, Instant] = field(default_factory=dict)
    best: frozenset[str] = frozenset()


class Joined:
    """When each leader joined, as a fold of the journal: what a leader did before is no signal, in any run."""

    def __init__(self, config: TrackerConfig) -> None:
        self._config = config
        self._since: dict[str, Instant] = {}
        self._best: frozenset[str] = frozenset()

    def apply(self, event: JournalEvent) -> None:
        """Fold one event: a run brings the configured leaders, a snapshot the best scored."""
        if isinstance(event, RunStarted):
            for wallet in self._config.leaders:
                self._since.setdefault(wallet, event.observed_at)
        elif isinstance(event, ScoresPublished):
            best = frozenset(best_wallets(event.snapshot, self._config.follow_top))
            for wallet in best - self._best - set(self._config.leaders):
                self._since[wallet] = event.observed_at
            self._best = best

    def notes(self) -> JoinedNotes:
        """All that it remembers."""
        return JoinedNotes(since=dict(self._since), best=self._best)

    def recall(self, notes: JoinedNotes) -> None:
        """Remember exactly this."""
        self._since, self._best = dict(notes.since), notes.best

    def since(self, wallet: str, default: Instant) -> Instant:
        """When the wallet joined; default for one that nothing in the journal names."""
        return self._since.get(wallet, default)
