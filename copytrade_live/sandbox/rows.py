"""Ledger rows as the data API sends them, in both generations."""

from __future__ import annotations

from copytrade_live.core.market import MINUTE, SECOND
from copytrade_live.sandbox.ledger import Kind
from copytrade_live.sandbox.venue import Venue

UNKNOWN_INDEX = 999
# A new row's outcome index is not known yet for about this long.
FRESH = MINUTE
Row = dict[str, object]


def trade_rows_v2(venue: Venue, rows: list[int]) -> list[Row]:
    """Rows of /v2/trades."""
    return _snake(venue, rows, is_activity=False)


def activity_rows_v2(venue: Venue, rows: list[int]) -> list[Row]:
    """Rows of /v2/activity."""
    return _snake(venue, rows, is_activity=True)


def trade_rows_v1(venue: Venue, rows: list[int]) -> list[Row]:
    """Rows of /trades."""
    return [_camel(row) for row in _snake(venue, rows, is_activity=False)]


def activity_rows_v1(venue: Venue, rows: list[int]) -> list[Row]:
    """Rows of /activity."""
    return [_camel(row) for row in _snake(venue, rows, is_activity=True)]


def _snake(venue: Venue, rows: list[int], *, is_activity: bool) -> list[Row]:
    ledger = venue.world.ledger
    known_before = venue.now() - FRESH
    columns = (ledger.at, ledger.wallet, ledger.market, ledger.outcome, ledger.kind, ledger.is_buy)
    amounts = (ledger.price, ledger.size, ledger.cash)
    found: list[Row] = []
    for row, at, wallet_number, market_number, outcome, kind, is_buy, price, size, cash in zip(
        rows, *(column[rows].tolist() for column in (*columns, *amounts)), strict=True
    ):
        wallet, market = venue.world.wallets[wallet_number], venue.markets[market_number]
        is_trade = kind == Kind.TRADE
        fields: Row = {
            "proxy_wallet": wallet.address,
            "timestamp": at // SECOND,
            "condition_id": market.condition_id,
            "type": Kind(kind).name,
            "size": size,
            "usdc_size": cash,
            "transaction_hash": ledger.tx[row],
            "price": price if is_trade else 0,
            "token_id": market.token_ids[outcome] if is_trade else "",
            "side": ("BUY" if is_buy else "SELL") if is_trade else "",
            "outcome_index": outcome if is_trade and at <= known_before else UNKNOWN_INDEX,
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
        if not is_activity:
            del fields["type"], fields["usdc_size"]
        found.append(fields)
    return found


_CAMEL = {
    "proxy_wallet": "proxyWallet", "condition_id": "conditionId", "usdc_size": "usdcSize",
    "transaction_hash": "transactionHash", "token_id": "asset", "outcome_index": "outcomeIndex",
    "event_slug": "eventSlug", "profile_image": "profileImage", "profile_image_optimized": "profileImageOptimized",
}  # fmt: skip


def _camel(row: Row) -> Row:
    return {_CAMEL.get(name, name): value for name, value in row.items()}
