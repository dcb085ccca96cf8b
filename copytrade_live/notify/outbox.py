"""What waits to be told: grouped by time, held back in quiet hours, and never more than so many messages an hour."""

from __future__ import annotations

from copytrade_live.clock import Clock, to_iso
from copytrade_live.core.market import DAY, HOUR, SECOND, Instant
from copytrade_live.notify.channel import Message
from copytrade_live.notify.news import News
from copytrade_live.runner.alerts import Severity
from copytrade_live.settings import NotificationsConfig
from copytrade_live.token_bucket import Bucket

MOST_LINES = 20
_SECONDS_AN_HOUR = 3600.0
_ORDER = (Severity.CRITICAL, Severity.WARNING, Severity.INFO)


class Outbox:
    """Collects news and hands out the message whose time has come. Its clock is the machine's."""

    def __init__(self, config: NotificationsConfig, clock: Clock) -> None:
        self._config = config
        self._clock = clock
        self._waiting: list[News] = []
        self._since: Instant = 0
        rate = config.most_per_hour / _SECONDS_AN_HOUR
        self._ordinary = Bucket(rate, max(1.0, config.most_per_hour / 4), clock)
        self._critical = Bucket(rate, max(1.0, config.most_per_hour / 4), clock)

    def add(self, news: News) -> None:
        """One more to tell, if its kind is asked for."""
        if news.kind not in self._config.kinds:
            return
        if not self._waiting:
            self._since = self._clock.now()
        self._waiting.append(news)

    @property
    def is_waiting(self) -> bool:
        """Whether there is anything to tell."""
        return bool(self._waiting)

    def take(self, *, is_last: bool = False) -> Message | None:
        """The message whose time has come, None while there is none. is_last: nobody will ask again."""
        if not self._waiting:
            return None
        is_critical = any(one.severity is Severity.CRITICAL for one in self._waiting)
        is_due = self._clock.now() - self._since >= self._config.group_seconds * SECOND and not self._is_quiet()
        if not (is_critical or is_due or is_last):
            return None
        bucket = self._critical if is_critical else self._ordinary
        if bucket.left < 1.0:
            return None
        bucket.take()
        waiting, self._waiting = self._waiting, []
        return compose(waiting)

    def _is_quiet(self) -> bool:
        begins, ends = self._config.quiet_from_hour, self._config.quiet_until_hour
        hour = (self._clock.now() % DAY) // HOUR
        return begins <= hour < ends if begins <= ends else hour >= begins or hour < ends


def compose(news: list[News]) -> Message:
    """One message of many news: the worst first in the title, all in order in the body, the oldest left out."""
    worst = min((one.severity for one in news), key=_ORDER.index)
    head = next(one for one in news if one.severity is worst)
    more = f" and {len(news) - 1} more" if len(news) > 1 else ""
    left_out = len(news) - MOST_LINES
    lines = [f"{left_out} older ones are left out: copytrade decisions"] if left_out > 0 else []
    lines += [f"{to_iso(one.at)[5:19].replace('T', ' ')}  {one.text}" for one in news[-MOST_LINES:]]
    if left_out > 0 and head not in news[-MOST_LINES:]:
        lines.insert(1, f"{to_iso(head.at)[5:19].replace('T', ' ')}  {head.text}")
    return Message(title=f"copytrade: {head.kind.value}{more}", body="\n".join(lines), severity=worst)
