"""What goes wrong inside the simulated exchange: thin books, delays, ghost fills, cancels of its own, late payouts."""

from __future__ import annotations

from copytrade_live.core.market import SECOND
from copytrade_live.sandbox.exchange.mishaps import Delay, DelayEnd, Mishaps, RedemptionFate, VenueCancel
from copytrade_live.sandbox.exchange.options import Fate
from copytrade_live.sandbox.exchange.redeeming import Redemption
from copytrade_live.sandbox.exchange.terms import Order, Trade
from copytrade_live.simulation.faults import Mischief, SimFault

_DELAY_ENDS = (DelayEnd.MATCHED, DelayEnd.MATCHED, DelayEnd.UNMATCHED, DelayEnd.KILLED)


class SimMishaps(Mishaps):
    """Drawn from the run's mischief."""

    def __init__(self, mischief: Mischief) -> None:
        self._mischief = mischief

    def depth_share(self, order: Order) -> float:
        """A book thinner than it looked."""
        if self._mischief.strikes(SimFault.DUST_FILL):
            return self._mischief.draw(SimFault.DUST_FILL, 0.02, 0.6)
        return 1.0

    def delay(self, order: Order) -> Delay | None:
        """Held back before matching."""
        if not self._mischief.strikes(SimFault.DELAYED_MATCH):
            return None
        after = round(self._mischief.draw(SimFault.DELAYED_MATCH, 0.2, 12.0) * SECOND)
        return Delay(after, _DELAY_ENDS[after % len(_DELAY_ENDS)])

    def fate(self, trade: Trade, planned: Fate) -> Fate:
        """A match that never settles, or only at a second attempt."""
        if not self._mischief.strikes(SimFault.GHOST_FILL):
            return planned
        after = round(self._mischief.draw(SimFault.GHOST_FILL, 4.0, 40.0) * SECOND)
        if after % 2:
            return Fate(mined_after=0, final_after=after, fails=True)
        return Fate(mined_after=after, final_after=after + 3 * SECOND, retries=True)

    def venue_cancel(self, order: Order) -> VenueCancel | None:
        """Taken off by the venue."""
        if not self._mischief.strikes(SimFault.VENUE_CANCELS):
            return None
        after = round(self._mischief.draw(SimFault.VENUE_CANCELS, 0.5, 6.0) * SECOND)
        return VenueCancel(after, "CANCELED_SERVER_RESTART")

    def redemption(self, redemption: Redemption) -> RedemptionFate:
        """A payout that reverts."""
        return RedemptionFate.FAILS if self._mischief.strikes(SimFault.REDEEM_FAILED) else RedemptionFate.PAYS
