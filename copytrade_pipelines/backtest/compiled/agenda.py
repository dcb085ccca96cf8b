"""What is to be done between observations: a heap by time, kind and id for each configuration."""

from __future__ import annotations

from copytrade_pipelines.backtest.compiled.rules import inner
from copytrade_pipelines.backtest.compiled.world import World, account_at, due_at, wake_at

# At one moment in this order.
SETTLEMENT, PAYOUT, ORDER, HELD, MIDNIGHT = 0, 1, 2, 3, 4
# Places of a number written in text that sort as the text does: so many digits, in base eleven.
_DIGITS = 5
_KIND = 58


@inner
def tie_of(kind: int, is_exit: int, rank: int, number: int) -> int:
    """What orders entries of one moment: the kind, then the id's place among all ids, then a number after it."""
    return (kind << _KIND) | (is_exit << 57) | (rank << 20) | as_text(number)


@inner
def as_text(number: int) -> int:
    """What orders numbers as their digits are ordered as text: 10 before 2."""
    if number < 10:
        return (number + 1) * 11 ** (_DIGITS - 1) if number > 0 else 0
    digits = 0
    rest = number
    while rest > 0:
        digits, rest = digits + 1, rest // 10
    value, divisor = 0, 10**digits
    for place in range(_DIGITS):
        value *= 11
        if place < digits:
            divisor //= 10
            value += number // divisor % 10 + 1
    return value


@inner
def kind_of(tie: int) -> int:
    """The kind within a tie."""
    return tie >> _KIND


@inner
def add(w: World, config: int, at: int, tie: int, ref: int) -> None:
    """Put something on the agenda."""
    account = account_at(w, config)
    place = account.due
    account.due += 1
    while place > 0:
        above = (place - 1) >> 1
        parent = due_at(w, config, above)
        if parent.at < at or (parent.at == at and parent.tie <= tie):
            break
        here = due_at(w, config, place)
        here.at, here.tie, here.ref = parent.at, parent.tie, parent.ref
        place = above
    here = due_at(w, config, place)
    here.at, here.tie, here.ref = at, tie, ref
    # Entries are due strictly before an observation.
    wake = wake_at(w, config)
    wake.value = min(wake.value, at + 1)
    w.wake = min(w.wake, at + 1)
    if account.due + 8 >= w.due_room:
        w.is_full = 1


@inner
def drop_first(w: World, config: int) -> None:
    """Take the first entry off."""
    account = account_at(w, config)
    account.due -= 1
    count = account.due
    last = due_at(w, config, count)
    at, tie, ref = last.at, last.tie, last.ref
    place = 0
    while True:
        below = 2 * place + 1
        if below >= count:
            break
        child = due_at(w, config, below)
        if below + 1 < count:
            other = due_at(w, config, below + 1)
            if other.at < child.at or (other.at == child.at and other.tie < child.tie):
                below, child = below + 1, other
        if at < child.at or (at == child.at and tie <= child.tie):
            break
        here = due_at(w, config, place)
        here.at, here.tie, here.ref = child.at, child.tie, child.ref
        place = below
    here = due_at(w, config, place)
    here.at, here.tie, here.ref = at, tie, ref
