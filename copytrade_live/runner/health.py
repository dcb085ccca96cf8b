"""What went wrong and when things last went right: counted here, shown by whoever asks."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field

from copytrade_live.core.market import Instant
from copytrade_live.errors import CopytradeError
from copytrade_live.logs import logger

_log = logger("runner")


@dataclass(slots=True)
class Health:
    """Failures and last successes by part of the runner; bad_rows counts what the venue sent and we could not read.

    facts are what parts say of themselves, ready for JSON.
    """

    failures: Counter[str] = field(default_factory=Counter)
    last_failure: dict[str, str] = field(default_factory=dict)
    last_success: dict[str, Instant] = field(default_factory=dict)
    bad_rows: int = 0
    facts: dict[str, object] = field(default_factory=dict)

    def failed(self, part: str, error: CopytradeError) -> None:
        """Count a failure; a repeated one is logged once until it changes or heals."""
        self.failures[part] += 1
        if self.last_failure.get(part) != str(error):
            _log.warning("%s: %s", part, error)
        self.last_failure[part] = str(error)

    def succeeded(self, part: str, now: Instant) -> None:
        """Note that a part works, and say so when it had not."""
        self.last_success[part] = now
        if self.last_failure.pop(part, None) is not None:
            _log.info("%s: works again", part)

    def healed(self, part: str) -> None:
        """Forget the last failure of a part that is not tried again by itself."""
        if self.last_failure.pop(part, None) is not None:
            _log.info("%s: works again", part)

    def saw_bad_rows(self, part: str, count: int) -> None:
        """Count rows of the venue that did not fit."""
        if count:
            self.bad_rows += count
            _log.warning("%s: %d rows of the venue did not fit and were left out", part, count)
