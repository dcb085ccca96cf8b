"""Starts what may fall again, ever more slowly while it keeps falling; trading goes on meanwhile."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from copytrade_live.clock import Clock
from copytrade_live.supervise import Fall, Program, Stack

FIRST_WAIT_SECONDS = 1.0
LONGEST_WAIT_SECONDS = 60.0
# Who ran for this long and falls then is not falling at once.
STEADY_SECONDS = 60.0


@dataclass(slots=True)
class _Turn:
    """A program that fell at least once: how long it waits for its next start, None while it runs."""

    program: Program
    wait: float
    due_at: float | None
    started_at: float = 0.0


class Revival:
    """Looks after a stack that has started. tell is given each line that a person should read."""

    def __init__(self, stack: Stack, clock: Clock, tell: Callable[[str], None]) -> None:
        self._stack, self._clock, self._tell = stack, clock, tell
        self._turns: dict[str, _Turn] = {}

    def look(self) -> None:
        """Start again what fell and is due. Raises: ProcessDied when one fell that trading needs."""
        for fall in self._stack.falls():
            if not fall.program.may_fall:
                raise fall.error()
            self._stack.forget(fall.program.name)
            self._wait_for(fall)
        for name, turn in self._turns.items():
            if turn.due_at is not None and self._clock.monotonic() >= turn.due_at:
                turn.due_at, turn.started_at = None, self._clock.monotonic()
                self._stack.start(turn.program)
                self._tell(f"{name} is started again")

    def _wait_for(self, fall: Fall) -> None:
        now, before = self._clock.monotonic(), self._turns.get(fall.program.name)
        is_at_once = before is not None and now - before.started_at < STEADY_SECONDS
        wait = min(LONGEST_WAIT_SECONDS, 2 * before.wait) if before and is_at_once else FIRST_WAIT_SECONDS
        self._turns[fall.program.name] = _Turn(fall.program, wait, now + wait)
        self._tell(f"{fall.story()}\n  trading goes on; {fall.program.name} is started again in {wait:g} s")
