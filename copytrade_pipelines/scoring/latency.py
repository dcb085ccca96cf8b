"""How late a copy may be and still pay: repricing at a delay, the break-even of a curve, and the verdict."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

# A quote later than this after it was wanted says nothing of the price we would have met, seconds.
MAX_WAIT_SECONDS = 5.0


@dataclass(frozen=True, slots=True)
class Purchases:
    """What a leader bought; a sale is a purchase of the complement.

    Units: at in milliseconds, price and payout in dollars per share, size in shares.
    Shape: one array element a fill; line numbers what can be bought, as in Offers.
    """

    line: np.ndarray
    at: np.ndarray
    price: np.ndarray
    size: np.ndarray
    payout: np.ndarray


@dataclass(frozen=True, slots=True)
class Offers:
    """Best asks over time, in file order; an ask that is not above 0 is an empty side.

    Units: at and until (when the line closes) in milliseconds, ask in dollars per share.
    """

    line: np.ndarray
    at: np.ndarray
    until: np.ndarray
    ask: np.ndarray

    def ordered(self) -> Offers:
        """By line and time; equal times stay in file order, so that the first one speaks."""
        order = np.lexsort((self.at, self.line))
        return Offers(self.line[order], self.at[order], self.until[order], self.ask[order])


@dataclass(frozen=True, slots=True, kw_only=True)
class Repriced:
    """The fills that could be copied at one delay, at the leader's prices and at the copier's.

    Units: delay in seconds, the rest in collateral.
    """

    delay: float
    n: int
    leader_cost: float
    copy_cost: float
    leader_pnl: float
    copy_pnl: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """Whether to copy at our latency. break_even is in seconds; None means never."""

    break_even: float | None
    copyable: bool
    reason: str


def first_at_or_after(line: np.ndarray, at: np.ndarray, wanted_line: np.ndarray, wanted_at: np.ndarray) -> np.ndarray:
    """The position of the first row of each wanted line at or after the wanted time; -1 where there is none.

    Shape: line and at are sorted by line, then at; equal ones keep their order.
    """
    if not len(line):
        return np.full(len(wanted_line), -1)
    start = min(int(at.min()), int(wanted_at.min(initial=at.min())))
    width = max(int(at.max()), int(wanted_at.max(initial=at.max()))) - start + 1
    keys = line.astype(np.int64) * width + (at - start)
    found = np.searchsorted(keys, wanted_line.astype(np.int64) * width + (wanted_at - start), side="left")
    inside = np.minimum(found, len(line) - 1)
    return np.where((found < len(line)) & (line[inside] == wanted_line), inside, -1)


def reprice(
    bought: Purchases,
    offers: Offers,
    delay: float,
    *,
    fee_rate: float = 0.0,
    fee_exponent: float = 1.0,
    max_wait: float = MAX_WAIT_SECONDS,
) -> Repriced:
    """Buy each fill again at the first ask that comes at or after its time plus the delay, and hold to the payout.

    A fill counts only if that ask comes within max_wait, before its line closes, and is a price. Fees are the
    copier's alone. Shape: offers are ordered().
    """
    wanted = bought.at + round(delay * 1000)
    found = first_at_or_after(offers.line, offers.at, bought.line, wanted)
    quote = np.maximum(found, 0)
    on_time = (offers.at[quote] - wanted <= round(max_wait * 1000)) & (offers.at[quote] < offers.until[quote])
    counts = (found >= 0) & on_time & (offers.ask[quote] > 0.0) if len(offers.at) else np.zeros(len(wanted), bool)
    size, price, payout = bought.size[counts], bought.price[counts], bought.payout[counts]
    ask = offers.ask[quote[counts]]
    cost = ask + fee_rate * (ask * (1.0 - ask)) ** fee_exponent
    return Repriced(
        delay=delay,
        n=int(counts.sum()),
        leader_cost=float((price * size).sum()),
        copy_cost=float((cost * size).sum()),
        leader_pnl=float(((payout - price) * size).sum()),
        copy_pnl=float(((payout - cost) * size).sum()),
    )


def break_even(delays: Sequence[float], gains: np.ndarray) -> np.ndarray:
    """The largest delay up to which copying pays all along, interpolated; NaN where it never does.

    Shape: delays rise; gains has one row a curve, one column a delay. A curve that pays at every delay asked has the
    last one; what a curve gains after it has once stopped paying is not waited for. A missing gain does not pay.
    """
    at, rows = np.asarray(delays, dtype=float), np.atleast_2d(gains)
    pays = rows > 0.0
    # The column of the first delay that does not pay; one past the end when all do.
    stop = np.where(pays.all(axis=1), len(at), np.argmin(pays, axis=1))
    last, after = np.clip(stop - 1, 0, None), np.minimum(stop, len(at) - 1)
    line = np.arange(len(rows))
    high, low = rows[line, last], np.nan_to_num(rows[line, after], nan=-np.inf)
    drop = np.where(stop < len(at), high - low, 1.0)
    share = np.where((stop < len(at)) & (stop > 0), high / np.where(drop == 0.0, 1.0, drop), 0.0)
    return np.where(stop == 0, np.nan, at[last] + share * (at[after] - at[last]))


def judge(curve: Sequence[Repriced], latency: float) -> Verdict:
    """Say whether the wallet behind a curve can be copied at our latency. Units: seconds."""
    seen = sorted((point for point in curve if point.n), key=lambda point: point.delay)
    if not seen:
        return Verdict(break_even=None, copyable=False, reason="No fill could be repriced, so nothing says it pays.")
    found = break_even([point.delay for point in seen], np.array([[point.copy_pnl for point in seen]]))[0]
    first, last = seen[0], seen[-1]
    leader = f"the leader {_made(first.leader_pnl)} on the {first.n:,} fills that can be repriced"
    if np.isnan(found):
        reason = f"Not at any delay: {leader}, a copier {first.delay:g} s later {_made(first.copy_pnl)}."
        return Verdict(break_even=None, copyable=False, reason=reason)
    reach, ours = float(found), f"our latency is {latency:g} s ({leader})"
    if reach >= latency:
        limit = "at every delay asked" if reach >= last.delay else f"up to {reach:.1f} s"
        return Verdict(break_even=reach, copyable=True, reason=f"Copying pays {limit}; {ours}.")
    if reach >= last.delay:
        reason = f"Copying pays at {reach:g} s, the longest delay asked, but {ours}: ask for that too."
    else:
        reason = f"Copying pays up to {reach:.1f} s only; {ours}."
    return Verdict(break_even=reach, copyable=False, reason=reason)


def _made(pnl: float) -> str:
    return f"{'made' if pnl >= 0.0 else 'lost'} ${abs(pnl):,.2f}"
