"""Which ledger rows a data API question is about."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from copytrade_live.core.market import SECOND
from copytrade_live.sandbox.answers import Refusal
from copytrade_live.sandbox.ledger import Kind
from copytrade_live.sandbox.params import Params
from copytrade_live.sandbox.venue import Rows, Venue

FOREVER = 1 << 62
_KNOWN_TYPES = {kind.name for kind in Kind} | {
    "REWARD", "CONVERSION", "MIGRATION", "DEPOSIT", "WITHDRAWAL", "YIELD", "MAKER_REBATE", "TAKER_REBATE",
    "REFERRAL_REWARD", "TIP",
}  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """A filter over the ledger. Units: start and end in unix seconds, both included.

    wallet is a number, None for all, -1 for one that this world does not have; markets likewise.
    """

    wallet: int | None = None
    markets: frozenset[int] | None = None
    kinds: frozenset[Kind] = frozenset((Kind.TRADE,))
    side: str = ""
    taker_only: bool = False
    start: int = 0
    end: int = FOREVER
    least_cash: float = 0.0
    least_size: float = 0.0


def select(venue: Venue, question: Question) -> Rows:
    """Visible rows that answer a question, oldest first."""
    ledger = venue.world.ledger
    rows = _base(venue, question)
    first = int(np.searchsorted(ledger.at, question.start * SECOND, side="left"))
    last = venue.visible_rows()
    if question.end < FOREVER // SECOND:
        last = min(last, int(np.searchsorted(ledger.at, (question.end + 1) * SECOND, side="left")))
    rows = rows[np.searchsorted(rows, first) : np.searchsorted(rows, max(last, first))]
    keep = np.isin(ledger.kind[rows], [kind.value for kind in question.kinds])
    if question.markets is not None:
        keep &= np.isin(ledger.market[rows], list(question.markets))
    if question.side:
        keep &= (ledger.is_buy[rows] == (question.side == "BUY")) & (ledger.kind[rows] == Kind.TRADE)
    if question.taker_only:
        keep &= ledger.is_taker[rows]
    if question.least_cash > 0:
        keep &= ledger.price[rows] * ledger.size[rows] >= question.least_cash
    if question.least_size > 0:
        keep &= ledger.size[rows] >= question.least_size
    return venue.without_late(np.asarray(rows[keep]))


def _base(venue: Venue, question: Question) -> Rows:
    if question.wallet is not None:
        return venue.rows_of_wallet[question.wallet] if question.wallet >= 0 else venue.trades[:0]
    if question.markets is not None and question.kinds == {Kind.TRADE} and len(question.markets) == 1:
        (market,) = question.markets
        return venue.rows_of_market[market]
    return venue.trades if question.kinds == {Kind.TRADE} else np.arange(len(venue.world.ledger))


def read_wallet(venue: Venue, wallet: str | None) -> int | None:
    """A wallet's number; -1 for a wallet this world does not have, None when none was asked for."""
    return None if wallet is None else venue.by_wallet.get(wallet, -1)


def read_markets(venue: Venue, params: Params) -> frozenset[int] | None:
    """The markets a question names by condition or event; None when it names none."""
    if not params.has("market", "condition_id", "event_id"):
        return None
    numbers = {venue.by_condition.get(condition.lower(), -1) for condition in params.many("market", "condition_id")}
    for event_id in params.many("event_id"):
        numbers.update(venue.by_event.get(event_id, []))
    return frozenset(numbers - {-1})


def read_kinds(params: Params) -> frozenset[Kind]:
    """The activity types asked for; types this world has no rows of are legal and match nothing."""
    names = [name.upper() for name in params.many("type", "activity_type")]
    for name in names:
        if name not in _KNOWN_TYPES:
            raise Refusal(400, f"invalid type: {name}", parameter="type")
    if not names:
        return frozenset(Kind)
    return frozenset(kind for kind in Kind if kind.name in names)


def read_amounts(params: Params, *, default: float) -> tuple[float, float]:
    """The least cash and the least size a fill must have."""
    filter_type = params.choice("filter_type", ("CASH", "TOKENS"), "CASH")
    text = params.text("filter_amount") or str(default)
    try:
        amount = float(text)
    except ValueError:
        raise Refusal(
            400, f"invalid filter_amount: must be a number, was {text!r}", parameter="filter_amount"
        ) from None
    return (amount, 0.0) if filter_type == "CASH" else (0.0, amount)
