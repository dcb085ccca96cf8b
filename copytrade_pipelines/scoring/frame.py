"""What is known of each decision that opened a position: the columns that scores and diagnostics are made of.

`EvidenceFrame` holds them as arrays with integer codes, `EVIDENCE` names the same columns of
`intermediate.int_evidence`. A frame is a function of what was known at its as_of and of nothing later: to see an
earlier one, cut the inputs (evidence.known_by) and make it again.
"""

from __future__ import annotations

from dataclasses import dataclass, fields

import numpy as np
from numpy.typing import NDArray

Codes = NDArray[np.int32]
Floats = NDArray[np.float64]
Times = NDArray[np.int64]
Flags = NDArray[np.bool_]
Small = NDArray[np.int8]

# Times are microseconds since epoch, UTC; NEVER stands where there is none yet.
NEVER = np.iinfo(np.int64).max
# Where the mid is read: this long after the episode began; 6h stands for the configured horizon (horizon_hours),
# close for the last mid at least half an hour before the market's end.
HORIZONS = ("1h", "6h", "24h", "close")
NO_HORIZON = -1

BUY, SELL = 1, -1
UNKNOWN, TAKER, MAKER = 0, 1, 2

# Where a copier's price came from, best first. From IMPUTED_FROM on it is a guess, and makes the event less certain.
COST_SOURCES = ("book", "others", "leader_copies", "all_copies", "category", "model")
BOOK, OTHERS, LEADER_COPIES, ALL_COPIES, CATEGORY, MODEL = range(6)
IMPUTED_FROM = CATEGORY


@dataclass(frozen=True, slots=True, kw_only=True)
class Names:
    """What the codes stand for: code i is the i-th name, names ascending."""

    wallets: NDArray[np.object_]
    tokens: NDArray[np.object_]
    markets: NDArray[np.object_]
    events: NDArray[np.object_]
    categories: NDArray[np.object_]


@dataclass(frozen=True, slots=True, kw_only=True)
class EvidenceFrame:
    """One row an episode that opened a position, in order of wallet, event, market, start and first fill.

    A sale that opens bets on the complement: bought, copy_price, fee, cost, mids, payout and everything made of
    them are those of what was bought, one minus the token's own for a SELL; price alone is the token's own.

    Units: prices, mids and parts in dollars per share, sizes in shares, stake in collateral, times in microseconds
    since epoch, held in seconds. Shape: mid, mid_known_at and impact are (rows, HORIZONS).
    """

    names: Names
    # Which: episode is the row of its first fill among the fills given; the rest are codes into names.
    episode: Times
    wallet: Codes
    token: Codes
    market: Codes
    event: Codes
    category: Codes
    # How: side +1 buys, -1 sells the token; role is UNKNOWN, TAKER or MAKER.
    side: Small
    role: Small
    # When it began, ended, and when its last fill could be known.
    started_at: Times
    ended_at: Times
    known_at: Times
    # What: the leader's mean price of the token and of what was bought, shares in all, shares that open, and their
    # stake at bought.
    price: Floats
    bought: Floats
    size: Floats
    opened: Floats
    stake: Floats
    # How long the opened shares were held, first in first out, as far as they were closed; NaN while none was.
    held: Floats
    # Where a copier's price begins: bought, or the mid it would have met where the leader rested below it.
    start: Floats
    # What a copier would have paid: before fee, the fee, their sum, from which of COST_SOURCES, since when known.
    copy_price: Floats
    fee: Floats
    cost: Floats
    cost_source: Small
    cost_known_at: Times
    # The mid at each horizon (NaN: none), when it could be known, and which share of the volume from the episode to
    # there was the leader's or its cluster's (0 where nothing was seen).
    mid: Floats
    mid_known_at: Times
    impact: Floats
    # The horizon that counts (index of HORIZONS, NO_HORIZON for none) after the impact guard, and its mid.
    horizon: Small
    later_mid: Floats
    # How it ended: NaN and NEVER until that is known.
    payout: Floats
    payout_known_at: Times
    # Parts of the copier's edge: a = later_mid - cost, r = payout - later_mid, o = payout - cost where no later mid
    # counts; and the model variances of r and o.
    a: Floats
    r: Floats
    o: Floats
    r_var: Floats
    o_var: Floats

    def __len__(self) -> int:
        return len(self.wallet)

    @property
    def imputed(self) -> Flags:
        """Whether the cost is a guess."""
        return np.asarray(self.cost_source >= IMPUTED_FROM)

    def take(self, rows: NDArray[np.int64] | Flags) -> EvidenceFrame:
        """Some of the rows, in the order asked for."""
        picked = {
            field.name: getattr(self, field.name)[rows] for field in fields(EvidenceFrame) if field.name != "names"
        }
        return EvidenceFrame(names=self.names, **picked)

    def wallet_starts(self) -> NDArray[np.int64]:
        """Where each wallet's rows begin, one entry a name and one more: wallet w has rows starts[w]:starts[w + 1]."""
        return np.searchsorted(self.wallet, np.arange(len(self.names.wallets) + 1)).astype(np.int64)


_PER_HORIZON = {"mid": "DOUBLE", "mid_known_at": "TIMESTAMP", "impact": "DOUBLE"}
# intermediate.int_evidence: the same columns with names for codes; null for NaN, NEVER and NO_HORIZON.
EVIDENCE: dict[str, str] = {
    "episode_id": "VARCHAR",
    "wallet": "VARCHAR",
    "token_id": "VARCHAR",
    "condition_id": "VARCHAR",
    "event_id": "VARCHAR",
    "category": "VARCHAR",
    "side": "VARCHAR",
    "role": "VARCHAR",
    "started_at": "TIMESTAMP",
    "ended_at": "TIMESTAMP",
    "known_at": "TIMESTAMP",
    "price": "DOUBLE",
    "bought": "DOUBLE",
    "size": "DOUBLE",
    "opened": "DOUBLE",
    "stake": "DOUBLE",
    "held": "DOUBLE",
    "start": "DOUBLE",
    "copy_price": "DOUBLE",
    "fee": "DOUBLE",
    "cost": "DOUBLE",
    "cost_source": "VARCHAR",
    "cost_known_at": "TIMESTAMP",
    **{f"{name}_{horizon}": kind for horizon in HORIZONS for name, kind in _PER_HORIZON.items()},
    "horizon": "VARCHAR",
    "later_mid": "DOUBLE",
    "payout": "DOUBLE",
    "payout_known_at": "TIMESTAMP",
    "a": "DOUBLE",
    "r": "DOUBLE",
    "o": "DOUBLE",
    "r_var": "DOUBLE",
    "o_var": "DOUBLE",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class WalletFacts:
    """What a wallet's episodes of the history window say besides its edge, one entry a wallet code.

    Episodes that only close count too. Units: hold_hours is the median over episodes that were closed (NaN: none),
    shares are 0 to 1, last_at in microseconds (0: never traded).
    """

    maker_notional: Floats
    taker_notional: Floats
    # Twice the smaller side of each market over everything bought: 1 for who buys both outcomes alike.
    both_sides: Floats
    hold_hours: Floats
    last_at: Times
