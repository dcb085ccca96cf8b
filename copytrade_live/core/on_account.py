"""The venue's account beside ours: what orders and fills on their way explain, and what nothing explains."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from copytrade_live.core.config import DecisionConfig
from copytrade_live.core.events import (
    AccountDiffered,
    AccountObserved,
    AccountReconciled,
    ExternalChangeAdopted,
    Fact,
    HaltTripped,
    Observation,
)
from copytrade_live.core.market import SECOND, Instant, Micro, Side
from copytrade_live.core.portfolio import Portfolio
from copytrade_live.core.pricing import from_micro
from copytrade_live.core.reasons import HaltReason
from copytrade_live.core.state import State

# A cent, and a hundredth of a share: what the venue's own rounding may leave.
TOLERANCE: Micro = 10_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Span:
    """What an amount may be while orders and fills are on their way; expected is what is final. Units: micro."""

    least: Micro
    most: Micro

    def gap(self, shown: Micro) -> Micro:
        """How far what is shown lies outside, beyond rounding: negative when too little."""
        low, high = self.least - TOLERANCE, self.most + TOLERANCE
        return shown - self.least if shown < low else shown - self.most if shown > high else 0


def cash_span(portfolio: Portfolio) -> Span:
    """What the venue's cash may be. A sale may bring up to a whole unit a share; a payout may have come unseen."""
    fills = [entry.fill for entry in portfolio.provisional.values()]
    paid = sum(fill.cash for fill in fills if fill.side is Side.BUY)
    got = sum(fill.cash for fill in fills if fill.side is Side.SELL)
    selling = sum(entry.rest for entry in portfolio.working.values() if not entry.is_entry)
    owed = sum(max(0, cash) for cash in portfolio.receivable.values())
    return Span(
        least=portfolio.cash - paid - portfolio.reserved,
        most=portfolio.cash + got + selling + owed,
    )


def shares_span(portfolio: Portfolio, token_id: str) -> Span:
    """What the venue's holding of a token may be."""
    held = portfolio.positions.get(token_id)
    size, coming, going = (held.size, held.coming, held.going) if held else (0, 0, 0)
    size += portfolio.foreign.get(token_id, 0)
    works = [entry for entry in portfolio.working.values() if entry.order.token_id == token_id]
    buying = sum(entry.rest for entry in works if entry.is_entry)
    selling = sum(entry.rest for entry in works if not entry.is_entry)
    return Span(least=size - going - selling, most=size + coming + buying)


def reconcile(before: State, after: State, seen: Observation, config: DecisionConfig) -> Iterator[Fact]:
    """Say whether the account agrees; adopt what stands unexplained for long, once nothing is on its way."""
    if not isinstance(seen, AccountObserved):
        return
    now, portfolio = seen.observed_at, after.portfolio
    cash, holdings = _gaps(portfolio, seen)
    if cash or holdings:
        is_first = before.standing.account is None
        if not (is_first or _stands(after, now, config)) or not portfolio.is_quiet:
            yield AccountDiffered(event_at=now, observed_at=now, cash=cash, holdings=holdings)
            return
        yield ExternalChangeAdopted(event_at=now, observed_at=now, cash=cash, holdings=holdings)
        lost = _lost(portfolio, cash, holdings)
        limit = config.risk.max_external_change
        if lost > limit and after.standing.halt is None:
            reason = HaltReason.RECONCILIATION
            yield HaltTripped(event_at=now, observed_at=now, reason=reason, measured=lost, limit=limit)
    difference = seen.cash - portfolio.cash - cash
    is_exact = portfolio.is_quiet and difference == 0 and not portfolio.receivable
    yield AccountReconciled(event_at=now, observed_at=now, cash_difference=difference, is_exact=is_exact)


def agrees(portfolio: Portfolio, seen: AccountObserved) -> bool:
    """Whether our books explain all that the venue shows."""
    return _gaps(portfolio, seen) == (0, ())


def _gaps(portfolio: Portfolio, seen: AccountObserved) -> tuple[Micro, tuple[tuple[str, Micro], ...]]:
    works = {entry.order.token_id for entry in portfolio.working.values()}
    known = portfolio.positions.keys() | portfolio.foreign.keys() | works
    unpaid = _unpaid(portfolio)
    gaps = (
        (token, shares_span(portfolio, token).gap(shown))
        for token, shown in seen.holdings
        if token in known and token not in unpaid
    )
    return cash_span(portfolio).gap(seen.cash), tuple((token, gap) for token, gap in gaps if gap)


def _unpaid(portfolio: Portfolio) -> set[str]:
    # The venue shows the shares of a resolved market until they are redeemed; our books hold the payout instead, and
    # nothing at all where it was zero.
    held = portfolio.positions.values()
    paid_out = portfolio.receivable.keys() | {one.market.condition_id for one in held if one.is_paid_out}
    markets = (position.market for position in held if position.market.condition_id in paid_out)
    return {token for market in markets for token in market.token_ids}


def _stands(after: State, now: Instant, config: DecisionConfig) -> bool:
    since = after.standing.account.differs_since if after.standing.account else None
    return since is not None and now - since >= config.risk.adopt_after_seconds * SECOND


def _lost(portfolio: Portfolio, cash: Micro, holdings: tuple[tuple[str, Micro], ...]) -> float:
    """What the change took from us at most: shares count a whole unit each, money that came does not make up for it."""
    lost = max(0, -cash)
    for token, change in holdings:
        ours = max(0, -(portfolio.foreign.get(token, 0) + change))
        lost += ours
    return from_micro(lost)
