"""Another config while the runner runs: what may change at once does, what may not waits for a restart and is named."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from copytrade_live.core.config import DecisionConfig
from copytrade_live.core.events import JournalEvent, OperatorCommanded, Verb
from copytrade_live.errors import ConfigError
from copytrade_live.logs import logger
from copytrade_live.runner.health import Health
from copytrade_live.settings import CopytradeConfig

_PART = "config"
_log = logger("runner")

# Parts of the runner are built from the rest when it starts.
_RELOADABLE_SECTIONS = frozenset(DecisionConfig.model_fields) - {"bankroll", "paper"}
_RELOADABLE_KEYS = frozenset({"tracker.leaders", "tracker.follow_top", "safety.on_shutdown", "log_level"})
# The runner reads none of these.
_FOREIGN_SECTIONS = frozenset(
    {"dashboard", "notifications", "wallets", "scoring", "report_card", "backtest", "pipelines"}
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Reload:
    """The config to go on with, which keys changed in it, and which wait for a restart."""

    config: CopytradeConfig
    changed: tuple[str, ...]
    waiting: tuple[str, ...]


class Reloader:
    """Hears that the config is to be read again, and reads it when its turn comes."""

    def __init__(self, health: Health) -> None:
        # Reads the file; without it there is nothing to read again.
        self.read: Callable[[], CopytradeConfig] | None = None
        self.is_wanted = False
        self.waiting: tuple[str, ...] = ()
        self._health = health

    def hear(self, event: JournalEvent) -> None:
        """Note what an operator asks for."""
        if isinstance(event, OperatorCommanded) and event.verb is Verb.RELOAD:
            self.is_wanted = True

    def take(self, running: CopytradeConfig) -> Reload | None:
        """The config to go on with when one was asked for; one that is wrong is told of and left."""
        if not self.is_wanted or self.read is None:
            return None
        self.is_wanted = False
        try:
            reload = merge(running, self.read())
        except ConfigError as error:
            self._health.failed(_PART, error)
            return None
        self._health.healed(_PART)
        self.waiting = reload.waiting
        _log.info("config read again: changed %s", ", ".join(reload.changed) or "nothing")
        if reload.waiting:
            _log.warning("config: %s can only change with a restart", ", ".join(reload.waiting))
        return reload


def merge(running: CopytradeConfig, wanted: CopytradeConfig) -> Reload:
    """What of a wanted config may come into force while the runner runs. The ceiling never moves."""
    changed: list[str] = []
    waiting: list[str] = []
    before, after = running.model_dump(mode="json"), wanted.model_dump(mode="json")
    content: dict[str, Any] = dict(before)
    for section in after:
        for key in _changes(section, before[section], after[section]):
            if section in _FOREIGN_SECTIONS:
                continue
            (changed if _is_reloadable(section, key) else waiting).append(key)
        content[section] = _merged(section, before[section], after[section])
    config = CopytradeConfig.model_validate(content)
    return Reload(config=config, changed=tuple(changed), waiting=tuple(waiting))


def _changes(section: str, before: Any, after: Any) -> list[str]:
    if isinstance(before, Mapping) and isinstance(after, Mapping):
        names = dict.fromkeys([*after, *before])
        return [f"{section}.{name}" for name in names if before.get(name) != after.get(name)]
    return [section] if before != after else []


def _is_reloadable(section: str, key: str) -> bool:
    return section in _RELOADABLE_SECTIONS or key in _RELOADABLE_KEYS


def _merged(section: str, before: Any, after: Any) -> Any:
    if section in _RELOADABLE_SECTIONS or section in _RELOADABLE_KEYS:
        return after
    if not isinstance(before, Mapping):
        return before
    return {name: after[name] if f"{section}.{name}" in _RELOADABLE_KEYS else value for name, value in before.items()}
