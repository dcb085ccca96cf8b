"""Walk-forward folds: choose settings on what came before, test them on what comes after, with a gap between."""

from __future__ import annotations

from dataclasses import dataclass

from copytrade_live.clock import to_iso
from copytrade_live.core.market import DAY, Instant
from copytrade_live.errors import ConfigError


@dataclass(frozen=True, slots=True, kw_only=True)
class Fold:
    """One step: train from and up to, then test. Ends are not included."""

    train_start: Instant
    train_end: Instant
    test_start: Instant
    test_end: Instant


def folds(
    start: Instant,
    end: Instant,
    train: Instant,
    test: Instant,
    purge: Instant,
    embargo: Instant = 0,
    *,
    is_anchored: bool = False,
) -> tuple[Fold, ...]:
    """The folds of a window, the earliest first; tests follow each other without a gap and never overlap.

    purge is how long a copy may still be held after its decision: decisions of the last purge before a test are not
    trained on, because their outcome would be known only in it. embargo is left out besides, for what tests share with
    the days just before. is_anchored trains from the start of the window each time. Units: milliseconds.
    Raises: ConfigError when a length is not positive or not even one fold fits.
    """
    for name, length, least in (("train", train, 1), ("test", test, 1), ("purge", purge, 0), ("embargo", embargo, 0)):
        if length < least:
            raise ConfigError(f"walk-forward {name} must be at least {least} ms, was {length}; give a longer one")
    gap = purge + embargo
    if start + train + gap + test > end:
        raise ConfigError(
            f"walk-forward needs {_days(train + gap + test)} days for one fold (train {_days(train)}, "
            f"gap {_days(gap)}, test {_days(test)}), but {to_iso(start)} to {to_iso(end)} has {_days(end - start)}; "
            "give a longer window or shorter folds"
        )
    found = []
    test_start = start + train + gap
    while test_start + test <= end:
        train_end = test_start - gap
        found.append(
            Fold(
                train_start=start if is_anchored else train_end - train,
                train_end=train_end,
                test_start=test_start,
                test_end=test_start + test,
            )
        )
        test_start += test
    return tuple(found)


def _days(length: Instant) -> str:
    return f"{length / DAY:g}"
