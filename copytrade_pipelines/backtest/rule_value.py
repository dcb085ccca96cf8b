"""What each rule saved or cost: shadows of what it refused, and of what other exits would have made of the copies."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from copytrade_live.core.pricing import from_micro
from copytrade_pipelines.backtest.exit_policies import PolicyOutcome
from copytrade_pipelines.backtest.intervals import Spread, spread
from copytrade_pipelines.backtest.ledger import CopyTrade
from copytrade_pipelines.backtest.rejected_signals import Fate, Refused, Shadow

# What the run itself did, beside the policies it is compared with.
AS_RUN = "as run"
EVERYBODY = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class RuleValue:
    """The buys one reason refused, each as a copy of one stake.

    Shape: fates counts every buy once. each is profit a copy, a_dollar profit per dollar paid, both of those whose end
    is known; None when there is none. What copies would have earned is what the rule cost.
    """

    reason: str
    buys: int
    fates: Mapping[str, int]
    each: Spread | None
    a_dollar: Spread | None

    @property
    def followed(self) -> int:
        """Copies whose end is known."""
        return self.fates.get(Fate.MIRRORED, 0) + self.fates.get(Fate.RESOLVED, 0)

    @property
    def saved(self) -> float | None:
        """What the rule saved in all at one stake a signal, negative when it cost. Units: collateral."""
        return None if self.each is None else -self.each.total

    @property
    def is_clear(self) -> bool:
        """Whether 10 to 90 % of draws agree on which it is."""
        known = self.each
        return known is not None and known.mean_low is not None and known.mean_high is not None and (
            known.mean_low > 0.0 or known.mean_high < 0.0
        )  # fmt: skip


@dataclass(slots=True)
class RuleTally:
    """Counts shadows as they end; memory grows with reasons and events, not with signals."""

    fates: dict[str, Counter[str]] = field(default_factory=lambda: defaultdict(Counter))
    _sums: dict[str, dict[str, list[float]]] = field(default_factory=lambda: defaultdict(dict))

    def ended(self, refused: Refused, fate: Fate, shadow: Shadow | None) -> None:
        """Count one."""
        self.fates[refused.reason][fate.value] += 1
        if shadow is not None and fate in (Fate.MIRRORED, Fate.RESOLVED):
            sums = self._sums[refused.reason].setdefault(refused.event_id, [0.0, 0.0, 0.0])
            for place, value in enumerate((1.0, shadow.pnl, from_micro(shadow.paid))):
                sums[place] += value

    def values(self) -> list[RuleValue]:
        """One row a reason, the most frequent first."""
        found = [self._value(reason, fates) for reason, fates in self.fates.items()]
        return sorted(found, key=lambda value: (-value.buys, value.reason))

    def _value(self, reason: str, fates: Counter[str]) -> RuleValue:
        sums = self._sums[reason]
        return RuleValue(
            reason=reason,
            buys=fates.total(),
            fates=dict(fates),
            each=spread((event, pnl, number) for event, (number, pnl, _) in sums.items()),
            a_dollar=spread((event, pnl, paid) for event, (_, pnl, paid) in sums.items()),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class ExitValue:
    """What one policy made of the copies of one leader, or of everybody's. profit is that of the copies; against that
    of the run itself, with its interval, in difference. Units: collateral."""

    wallet: str
    policy: str
    copies: int
    open: int
    profit: float
    difference: Spread | None


def exit_values(trades: Sequence[CopyTrade], outcomes: Iterable[PolicyOutcome]) -> list[ExitValue]:
    """One row for each policy, of all leaders and of each, those with most copies first."""
    by_root = {trade.root_id: trade for trade in trades}
    rows: dict[str, dict[str, list[tuple[CopyTrade, float, bool]]]] = defaultdict(lambda: defaultdict(list))
    for outcome in outcomes:
        trade = by_root[outcome.root_id]
        for wallet in (EVERYBODY, trade.wallet):
            if AS_RUN not in rows[wallet] or rows[wallet][AS_RUN][-1][0] is not trade:
                rows[wallet][AS_RUN].append((trade, trade.pnl, trade.is_open))
            rows[wallet][outcome.policy].append((trade, outcome.pnl, outcome.closed_at is None))
    ordered = sorted(rows, key=lambda wallet: (wallet != EVERYBODY, -len(rows[wallet][AS_RUN]), wallet))
    return [_exit_value(wallet, policy, rows[wallet][policy]) for wallet in ordered for policy in rows[wallet]]


def _exit_value(wallet: str, policy: str, found: Sequence[tuple[CopyTrade, float, bool]]) -> ExitValue:
    return ExitValue(
        wallet=wallet,
        policy=policy,
        copies=len(found),
        open=sum(is_open for _, _, is_open in found),
        profit=sum(pnl for _, pnl, _ in found),
        difference=spread((trade.event_id, pnl - trade.pnl, 1.0) for trade, pnl, _ in found)
        if policy != AS_RUN
        else None,
    )
