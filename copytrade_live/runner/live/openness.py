"""Whether the venue takes orders from us now, learnt from its answers."""

from __future__ import annotations

from copytrade_live.clock import Clock
from copytrade_live.ports import PostRefused, VenueRestriction
from copytrade_live.settings import LiveOptions

# These do not pass by themselves: someone has to act, and trying again does harm.
LASTING = frozenset({VenueRestriction.GEOBLOCKED, VenueRestriction.CLOSED_ONLY, VenueRestriction.UNAUTHORISED})


class Openness:
    """Remembers what the venue said, and when it may be tried again: pauses double while it says no."""

    def __init__(self, clock: Clock, options: LiveOptions) -> None:
        self._clock = clock
        self._shortest = options.shortest_pause_seconds
        self._longest = options.longest_pause_seconds
        self._pause = 0.0
        self._until = 0.0
        self.restriction: VenueRestriction | None = None
        # When (monotonic) the venue last said that it restarts: what it shows of orders may not be complete yet.
        self.restarting_at: float | None = None

    @property
    def may_post(self) -> bool:
        """Whether an order may be sent now."""
        return self.seconds_left == 0.0

    @property
    def is_lasting(self) -> bool:
        """Whether only an operator can end what restricts us."""
        return self.restriction in LASTING

    @property
    def seconds_left(self) -> float:
        """How long until an order may be sent."""
        return max(0.0, self._until - self._clock.monotonic())

    def refused(self, answer: PostRefused, *, is_entry: bool) -> bool:
        """Learn from a refusal. Returns: whether it restricts us, and not just this one order."""
        if answer.restriction is None:
            self.answered(is_entry=is_entry)
            return False
        self._note(answer.restriction, answer.retry_after)
        return True

    def unanswered(self, restriction: VenueRestriction | None, retry_after: float | None = None) -> None:
        """Learn from a cancel or a read that met a restriction."""
        if restriction is not None:
            self._note(restriction, retry_after)

    def answered(self, *, is_entry: bool) -> None:
        """The venue took an order, or refused it for its own sake: it is open to orders of this side."""
        self._pause, self._until = 0.0, 0.0
        if is_entry or self.restriction is not VenueRestriction.CLOSED_ONLY:
            self.restriction = None

    def lift(self) -> None:
        """Someone acted: what lasted may be tried again."""
        self.restriction, self._pause, self._until = None, 0.0, 0.0

    def _note(self, restriction: VenueRestriction, retry_after: float | None) -> None:
        now = self._clock.monotonic()
        if restriction in LASTING or not self.is_lasting:
            # Being asked to slow down does not end what only an operator can.
            self.restriction = restriction
        if restriction is VenueRestriction.RESTARTING:
            self.restarting_at = now
        if now < self._until:
            # Several orders met the same pause; it counts once.
            return
        self._pause = min(max(2 * self._pause, self._shortest), self._longest)
        wait = self._pause if retry_after is None else max(retry_after, self._shortest)
        self._until = now + wait
