"""Payload rows to bend in tests."""

from __future__ import annotations

from typing import Any

WALLET = "0x" + "ab" * 20
CONDITION = "0x" + "cd" * 32
TOKEN = "123456789" * 8
TX = "0x" + "ef" * 32


def v2_fill(**changes: object) -> dict[str, Any]:
    """A row of /v2/trades."""
    return {
        "proxy_wallet": WALLET,
        "timestamp": 1_789_381_477,
        "condition_id": CONDITION,
        "size": 22.84,
        "transaction_hash": TX,
        "price": 0.52,
        "token_id": TOKEN,
        "side": "BUY",
        "outcome_index": 0,
        "title": "A title",
        "slug": "a-slug",
        "event_slug": "",
        "outcome": "Yes",
    } | changes


def v2_activity(kind: str, **changes: object) -> dict[str, Any]:
    """A row of /v2/activity that is not a trade."""
    blank = {
        "type": kind,
        "price": 0,
        "token_id": "",
        "side": "",
        "outcome": "",
        "outcome_index": 999,
        "usdc_size": 5.0,
    }
    return v2_fill(**blank) | changes


def v1_fill(**changes: object) -> dict[str, Any]:
    """A row of /trades."""
    return {
        "proxyWallet": WALLET,
        "timestamp": 1_789_381_477,
        "conditionId": CONDITION,
        "size": 22.84,
        "transactionHash": TX,
        "price": 0.52,
        "asset": TOKEN,
        "side": "BUY",
        "outcomeIndex": 0,
        "title": "A title",
        "slug": "a-slug",
        "eventSlug": "",
        "outcome": "Yes",
    } | changes


def gamma_market(**changes: object) -> dict[str, Any]:
    """A market of gamma."""
    return {
        "id": "7",
        "question": "Will it?",
        "conditionId": CONDITION,
        "slug": "will-it",
        "outcomes": '["Yes", "No"]',
        "clobTokenIds": f'["{TOKEN}", "{TOKEN[:-1]}8"]',
        "orderPriceMinTickSize": 0.001,
        "orderMinSize": 5,
        "startDate": "2026-02-27T23:34:28.752Z",
        "endDate": "2028-01-01T05:00:00Z",
        "closed": False,
        "acceptingOrders": True,
    } | changes
