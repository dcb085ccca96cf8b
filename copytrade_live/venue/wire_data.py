"""Payloads of the data API, v1 (camelCase arrays) and v2 (snake_case envelopes), to typed rows."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from typing import TypeVar

from copytrade_live.core.market import Instant
from copytrade_live.errors import PayloadError
from copytrade_live.venue import fields
from copytrade_live.venue.fields import Payload
from copytrade_live.venue.rows import (
    RESOLVED,
    TRADE,
    ActivityRow,
    BadRow,
    FillRow,
    HolderRow,
    LeaderboardRow,
    PositionRow,
    ResolutionRow,
)

# Payouts arrive in millionths: [1000000, 0].
_PAYOUT_UNIT = 1_000_000.0
_ACTIVITY_TYPE_LENGTH = 40

Parsed = TypeVar("Parsed")


def parse_fill(payload: object) -> FillRow:
    """One row of /trades or /v2/trades, or a TRADE row of either activity listing."""
    row = fields.row_of(payload, "fill")
    v2 = _is_v2(row)
    return FillRow(
        wallet=fields.wallet(row, "proxy_wallet" if v2 else "proxyWallet"),
        condition_id=fields.condition(row, "condition_id" if v2 else "conditionId"),
        token_id=fields.token(row, "token_id" if v2 else "asset"),
        outcome=fields.text(row, "outcome"),
        outcome_index=fields.optional_index(row, "outcome_index" if v2 else "outcomeIndex"),
        side=fields.side(row, "side"),
        price=fields.price(row, "price"),
        size=fields.size(row, "size"),
        event_at=fields.instant(row, "timestamp"),
        tx_hash=fields.tx_hash(row, "transaction_hash" if v2 else "transactionHash"),
        title=fields.text(row, "title"),
        slug=fields.text(row, "slug"),
        event_slug=fields.text(row, "event_slug" if v2 else "eventSlug"),
    )


def parse_activity(payload: object) -> FillRow | ActivityRow:
    """One row of /activity or /v2/activity: a trade is a fill, anything else an activity row."""
    row = fields.row_of(payload, "activity")
    kind = activity_type(row)
    if kind == TRADE:
        return parse_fill(row)
    v2 = _is_v2(row)
    return ActivityRow(
        wallet=fields.wallet(row, "proxy_wallet" if v2 else "proxyWallet"),
        type=kind,
        condition_id=fields.optional_condition(row, "condition_id" if v2 else "conditionId"),
        token_id=fields.optional_token(row, "token_id" if v2 else "asset"),
        size=fields.size_or_zero(row, "size"),
        usdc_size=fields.size_or_zero(row, "usdc_size" if v2 else "usdcSize"),
        event_at=fields.instant(row, "timestamp"),
        tx_hash=fields.tx_hash(row, "transaction_hash" if v2 else "transactionHash"),
    )


def activity_type(row: Payload) -> str:
    """TRADE, SPLIT, MERGE, REDEEM, ...; new kinds pass as they are."""
    kind = fields.text(row, "type")
    if not kind or len(kind) > _ACTIVITY_TYPE_LENGTH or not kind.replace("_", "").isalnum():
        fields.refuse("type", row.get("type"), "a kind of activity like TRADE or REDEEM")
    return kind.upper()


def parse_position(payload: object) -> PositionRow:
    """One row of /positions or /v2/positions."""
    row = fields.row_of(payload, "position")
    v2 = _is_v2(row)
    return PositionRow(
        wallet=fields.wallet(row, "proxy_wallet" if v2 else "proxyWallet"),
        condition_id=fields.condition(row, "condition_id" if v2 else "conditionId"),
        token_id=fields.token(row, "token_id" if v2 else "asset"),
        outcome=fields.text(row, "outcome"),
        size=fields.size_or_zero(row, "current_size" if v2 else "size"),
        total_size=fields.size_or_zero(row, "total_size" if v2 else "totalBought"),
        average_price=fields.optional_number(row, "avg_price" if v2 else "avgPrice", 0.0),
        realised_pnl=fields.optional_number(row, "realized_pnl" if v2 else "realizedPnl", 0.0),
        total_pnl=fields.optional_number(row, "total_pnl", 0.0) if v2 else _total_pnl_v1(row),
        status=fields.text(row, "status") or _status_v1(row),
        event_at=_last_event(row, "last_event_at" if v2 else "timestamp"),
    )


def _last_event(row: Payload, field: str) -> Instant | None:
    return fields.instant(row, field) if row.get(field) else None


def _total_pnl_v1(row: Payload) -> float:
    return fields.optional_number(row, "realizedPnl", 0.0) + fields.optional_number(row, "cashPnl", 0.0)


def _status_v1(row: Payload) -> str:
    # /positions lists what is held, /closed-positions what is not; only the first sends a size.
    if fields.size_or_zero(row, "size") == 0.0:
        return "CLOSED"
    if fields.truth(row, "redeemable"):
        return "REDEEMABLE" if fields.optional_number(row, "curPrice", 1.0) > 0.0 else "REDEEMABLE_LOST"
    return "MERGEABLE" if fields.truth(row, "mergeable") else "OPEN"


def parse_holders(payload: object) -> list[HolderRow]:
    """The holders of one token: one entry of /holders."""
    row = fields.row_of(payload, "holders of a token")
    listed = row.get("holders")
    if not isinstance(listed, list):
        fields.refuse("holders", listed, "a list")
    token = fields.token(row, "token")
    return [_holder(fields.row_of(one, "holder"), token) for one in listed]


def _holder(row: Payload, token: str) -> HolderRow:
    return HolderRow(
        wallet=fields.wallet(row, "proxyWallet"), token_id=token, size=fields.optional_number(row, "amount", 0.0)
    )


def parse_leaderboard_row(payload: object) -> LeaderboardRow:
    """One row of /v2/leaderboard or /v1/leaderboard (where the rank is text)."""
    row = fields.row_of(payload, "leaderboard row")
    v2 = "user_id" in row
    return LeaderboardRow(
        rank=int(fields.number(row, "rank")),
        wallet=fields.wallet(row, "user_id" if v2 else "proxyWallet"),
        name=fields.text(row, "user_name" if v2 else "userName"),
        pnl=fields.optional_number(row, "pnl", 0.0),
        volume=fields.optional_number(row, "volume" if v2 else "vol", 0.0),
    )


def parse_resolution(payload: object) -> ResolutionRow:
    """One row of /v2/resolutions."""
    row = fields.row_of(payload, "resolution")
    status = fields.text(row, "status").lower()
    if not status:
        fields.refuse("status", row.get("status"), "a status like proposed or resolved")
    payouts = _payouts(row)
    if status == RESOLVED and not payouts:
        fields.refuse("payouts", row.get("payouts"), "payouts of a resolved condition")
    return ResolutionRow(
        condition_id=fields.condition(row, "condition_id"),
        status=status,
        payouts=payouts,
        was_disputed=fields.truth(row, "was_disputed"),
        updated_at=fields.optional_time(row, "last_update_timestamp"),
        resolved_at=fields.optional_time(row, "resolved_at"),
    )


def parse_rows(
    payloads: Iterable[object], parse: Callable[[object], Parsed], source: str
) -> tuple[list[Parsed], list[BadRow]]:
    """Parse row by row; a row that does not fit is set aside and the others stay."""
    good: list[Parsed] = []
    bad: list[BadRow] = []
    for payload in payloads:
        try:
            good.append(parse(payload))
        except PayloadError as error:
            bad.append(bad_row(payload, error, source))
    return good, bad


def bad_row(payload: object, error: PayloadError, source: str) -> BadRow:
    """What is kept of a payload that does not fit."""
    kept = json.dumps(payload, sort_keys=True, ensure_ascii=False, default=str)
    return BadRow(source=source, reason=str(error), field=error.field, value=str(error.value), payload=kept)


def _is_v2(row: Payload) -> bool:
    return "proxy_wallet" in row


def _payouts(row: Payload) -> tuple[float, ...]:
    found = row.get("payouts")
    if found is None:
        return ()
    if not isinstance(found, list):
        fields.refuse("payouts", found, "a list of millionths")
    shares = tuple(fields.number({"payouts": item}, "payouts") / _PAYOUT_UNIT for item in found)
    if not all(0.0 <= share <= 1.0 for share in shares):
        fields.refuse("payouts", found, "millionths from 0 to 1000000")
    return shares
