"""When an order that rests is reached: its place in the line at its price. Chosen by backtest.queue.

Scalar functions of micro-shares. A print at the order's price first takes what stands ahead; one through it means that
all at its price is gone, and the order is filled up to the size printed. Size that goes away without a print was
cancelled, and a model says how much of that stood ahead.
"""

from __future__ import annotations

from typing import Protocol

from copytrade_live.core.market import Micro
from copytrade_live.core.registry import Registry


class QueueModel(Protocol):
    """How the line moves. Every number in micro-shares."""

    def reached(self, ahead: Micro, size: Micro, *, is_through: bool) -> Micro:
        """How much of a print of that size gets as far as the order."""
        ...

    def shrunk(self, ahead: Micro, before: Micro, printed: Micro, shown: Micro) -> Micro:
        """What stands ahead once the size at the price went from before to shown while so much was printed there.

        ahead is already less by what was printed.
        """
        ...


def left_ahead(ahead: Micro, size: Micro, is_through: bool) -> Micro:
    """What still stands ahead of us after a print."""
    return 0 if is_through else max(0, ahead - size)


def reached_by(ahead: Micro, size: Micro, is_through: bool) -> Micro:
    """What of a print is left for us once those ahead are served."""
    return size if is_through else max(0, size - ahead)


def shrunk_behind(ahead: Micro, before: Micro, printed: Micro, shown: Micro) -> Micro:
    """Whoever cancels stood behind us, as long as that can be."""
    return min(ahead, shown)


def shrunk_in_proportion(ahead: Micro, before: Micro, printed: Micro, shown: Micro) -> Micro:
    """Whoever cancels stands anywhere in the line with the same chance."""
    line = max(0, before - printed)
    if shown >= line or line == 0:
        return min(ahead, shown)
    return min(ahead, shown, -(-ahead * shown // line))


class Behind:
    """The careful one."""

    def reached(self, ahead: Micro, size: Micro, *, is_through: bool) -> Micro:
        """What is left of a print."""
        return reached_by(ahead, size, is_through)

    def shrunk(self, ahead: Micro, before: Micro, printed: Micro, shown: Micro) -> Micro:
        """Cancelled from behind."""
        return shrunk_behind(ahead, before, printed, shown)


class Proportional(Behind):
    """The even one."""

    def shrunk(self, ahead: Micro, before: Micro, printed: Micro, shown: Micro) -> Micro:
        """Cancelled from anywhere."""
        return shrunk_in_proportion(ahead, before, printed, shown)


class Crossed(Behind):
    """Paper trading's: prints fill nobody, only a book that crosses the price does."""

    def reached(self, ahead: Micro, size: Micro, *, is_through: bool) -> Micro:
        """Nothing."""
        return 0


QUEUE_MODELS: Registry[QueueModel] = Registry(
    "queue model", {"behind": Behind(), "proportional": Proportional(), "crossed": Crossed()}
)
