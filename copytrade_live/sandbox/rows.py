"""Ledger rows as the data API sends them, in both generations."""

from __future__ import annotations

from collections.abc import Iterable

from copytrade_live.core.market import MINUTE, SECOND
from copytrade_live.sandbox.ledger import Kind
from copytrade_live.sandbox.venue import Venue

UNKNOWN_INDEX = 999
# A new row's outcome index is not known yet for about this long.
FRESH = MINUTE
Row = dict[str, object]


def trade_rows_v2(venue: Venue, rows: Iterable[int]) -> list[Row]:
    """Rows of /v2/trades."""
    return [_snake(venue, row, is_activity=False) for row in rows]


def activity_rows_v2(venue: Venue, rows: Iterable[int]) -> list[Row]:
    """Rows of /v2/activity."""
    return [_snake(venue, row, is_activity=True) for row in rows]


def trade_rows_v1(venue: Venue, rows: Iterable[int]) -> list[Row]:
    """Rows of /trades."""
    return [_camel(_snake(venue, row, is_activity=False)) for row in rows]


def activity_rows_v1(venue: Venue, rows: Iterable[int]) -> list[Row]:
    """Rows of /activity."""
    return [_camel(_snake(venue, row, is_activity=True)) for row in rows]


def _snake(venue: Venue, row: int, *, is_activity: bool) -> Row:
    ledger = venue.world.ledger
    at, outcome, kind = int(ledger.at[row]), int(ledger.outcome[row]), Kind(int(ledger.kind[row]))
    wallet, market = venue.world.wallets[int(ledger.wallet[row])], venue.markets[int(ledger.market[row])]
    is_trade = kind is Kind.TRADE
    is_known = is_trade and venue.now() - at >= FRESH
    size = float(ledger.size[row])
    fields: Row = {
        "proxy_wallet": wallet.address,
        "timestamp": at // SECOND,
        "condition_id": market.condition_id,
    }
    if is_activity:
        fields |= {"type": kind.name, "size": size, "usdc_size": float(ledger.cash[row])}
    else:
        fields["size"] = size
    return fields | {
        "transaction_hash": ledger.tx[row],
        "price": float(ledger.price[row]) if is_trade else 0,
        "token_id": market.token_ids[outcome] if is_trade else "",
        "side": ("BUY" if ledger.is_buy[row] else "SELL") if is_trade else "",
        "outcome_index": outcome if is_known else UNKNOWN_INDEX,
        "title": market.question,
        "slug": market.slug,
        "icon": "",
        "event_slug": market.event_slug,
        "outcome": market.outcomes[outcome] if is_trade else "",
        "name": wallet.name,
        "pseudonym": wallet.pseudonym,
        "bio": "",
        "profile_image": "",
        "profile_image_optimized": "",
    }


_CAMEL = {
    "proxy_wallet": "proxyWallet", "condition_id": "conditionId", "usdc_size": "usdcSize",
    "transaction_hash": "transactionHash", "token_id": "asset", "outcome_index": "outcomeIndex",
    "event_slug": "eventSlug", "profile_image": "profileImage", "profile_image_optimized": "profileImageOptimized",
}  # fmt: skip


def _camel(row: Row) -> Row:
    return {_CAMEL.get(name, name): value for name, value in row.items()}
