"""Slows down who guesses: by address, and for all together."""

from __future__ import annotations

import threading
from collections import deque
from dataclasses import dataclass, field

from copytrade_live.clock import Clock

FREE_FAILURES = 5
WINDOW_SECONDS = 15 * 60.0
FIRST_LOCK_SECONDS, LONGEST_LOCK_SECONDS = 60.0, 15 * 60.0
LOGINS_A_MINUTE = 10
# Addresses remembered; who comes from more is met by the limit for all.
_MOST_ADDRESSES = 10_000


@dataclass(slots=True)
class _Failures:
    at: deque[float] = field(default_factory=deque)
    locks: int = 0
    locked_until: float = 0.0


class Lockout:
    """Says how long somebody has to wait before a key is looked at again."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._by_address: dict[str, _Failures] = {}
        self._attempts: deque[float] = deque()
        self._lock = threading.Lock()

    def wait_seconds(self, address: str) -> float:
        """Seconds until this address may try a key; 0 counts the attempt that follows."""
        now = self._clock.monotonic()
        with self._lock:
            found = self._by_address.get(address)
            if found is not None and now < found.locked_until:
                return found.locked_until - now
            while self._attempts and now - self._attempts[0] >= 60.0:
                self._attempts.popleft()
            if len(self._attempts) >= LOGINS_A_MINUTE:
                return 60.0 - (now - self._attempts[0])
            self._attempts.append(now)
        return 0.0

    def failed(self, address: str) -> None:
        """A wrong key came from there."""
        now = self._clock.monotonic()
        with self._lock:
            if len(self._by_address) >= _MOST_ADDRESSES:
                self._forget(now)
            found = self._by_address.setdefault(address, _Failures())
            while found.at and now - found.at[0] >= WINDOW_SECONDS:
                found.at.popleft()
            if now >= found.locked_until + WINDOW_SECONDS:
                found.locks = 0
            found.at.append(now)
            # Who was locked out has no free failures until it has been quiet for the whole window.
            if found.locks or len(found.at) >= FREE_FAILURES:
                span = min(LONGEST_LOCK_SECONDS, FIRST_LOCK_SECONDS * 2.0**found.locks)
                found.locks += 1
                found.locked_until = now + span

    def succeeded(self, address: str) -> None:
        """A right key came from there."""
        with self._lock:
            self._by_address.pop(address, None)

    def _forget(self, now: float) -> None:
        old = [
            name
            for name, found in self._by_address.items()
            if now >= found.locked_until and (not found.at or now - found.at[-1] >= WINDOW_SECONDS)
        ]
        for name in old:
            del self._by_address[name]
        if len(self._by_address) >= _MOST_ADDRESSES:
            del self._by_address[next(iter(self._by_address))]
