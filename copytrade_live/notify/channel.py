"""Hands messages to apprise. Nothing of an address is ever said but its kind."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from apprise import Apprise, NotifyType

from copytrade_live.errors import ConfigError
from copytrade_live.notify.addresses import scheme_of
from copytrade_live.redaction import PROCESS
from copytrade_live.runner.alerts import Severity
from copytrade_live.secret import Secret

_TYPES = {
    Severity.INFO: NotifyType.INFO,
    Severity.WARNING: NotifyType.WARNING,
    Severity.CRITICAL: NotifyType.FAILURE,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    """What is sent. picture is a file to attach."""

    title: str
    body: str
    severity: Severity
    picture: Path | None = None


class Channel:
    """All addresses of one operator. Raises: ConfigError for one that apprise does not know."""

    def __init__(self, addresses: Sequence[Secret[str]]) -> None:
        # It writes whole addresses, tokens in them included.
        logging.getLogger("apprise").setLevel(logging.CRITICAL)
        self._outlets: list[tuple[str, Apprise]] = []
        for place, address in enumerate(addresses, start=1):
            outlet = Apprise()
            if not outlet.add(address.reveal()):
                raise ConfigError(
                    f"address {place} ({scheme_of(address)}://…) is none that apprise knows; see its list of services"
                )
            self._outlets.append((f"{place} ({scheme_of(address)}://…)", outlet))

    def send(self, message: Message, only: Sequence[str] | None = None) -> list[str]:
        """Send to every address, or to some by name. Returns: the names of those that did not take it."""
        title, body = PROCESS.redact(message.title), PROCESS.redact(message.body)
        attached = str(message.picture) if message.picture else None
        failed = []
        for name, outlet in self._outlets:
            if only is not None and name not in only:
                continue
            if not outlet.notify(body, title=title, notify_type=_TYPES[message.severity], attach=attached):
                failed.append(name)
        return failed

    @property
    def names(self) -> list[str]:
        """What the addresses are called."""
        return [name for name, _ in self._outlets]
