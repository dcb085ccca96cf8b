"""Which answers prove that an order was not taken, and which prove nothing."""

from __future__ import annotations

import httpx
import pytest
from polymarket.errors import (
    PolymarketError,
    RateLimitError,
    RequestRejectedError,
    TransportError,
    UnexpectedResponseError,
)
from polymarket.models.clob.order_response import RawOrderResponse, normalize_order_response

from copytrade_live.ports import PostAccepted, PostRefused, PostStatus, PostUnknown, VenueRestriction
from copytrade_live.venue.trading.answers import read_answer, read_failure

HASH = "0xabc"


def body(**changes: object) -> PostAccepted | PostRefused | PostUnknown:
    raw = {"errorMsg": "", "orderID": HASH, "takingAmount": "", "makingAmount": "", "status": "live", "success": True}
    return read_answer(normalize_order_response(RawOrderResponse.parse_response({**raw, **changes})), HASH)


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("Invalid order payload", "invalid_payload"),
        ("the order signer address has to be the address of the API KEY", "wrong_signer"),
        ("maker address not allowed, please use the deposit wallet flow", "wallet_not_allowed"),
        ("order 0x1 is invalid. Price (0.123) breaks minimum tick size rule: 0.01", "tick_size"),
        ("order 0x1 is invalid. Size (2) lower than the minimum: 5", "minimum_size"),
        ("invalid amount for a marketable BUY order ($0.98), min size: $1", "minimum_size"),
        ("not enough balance / allowance: the balance is not enough -> balance: 1", "not_enough_balance"),
        ("order couldn't be fully filled. FOK orders are fully filled or killed.", "fok_not_filled"),
        ("the market is not yet ready to process new orders", "market_not_ready"),
        ("invalid order version, please use the latest clob-client", "wrong_version"),
    ],
)
def test_a_400_on_the_list_is_a_refusal(text: str, code: str) -> None:
    answer = read_failure(RequestRejectedError(text, status=400), HASH)
    assert answer == PostRefused(code=code, message=text)


@pytest.mark.parametrize(
    "error",
    [
        RequestRejectedError("something nobody has heard of", status=400),
        RequestRejectedError("order match delayed due to market conditions", status=400),
        RequestRejectedError("could not insert order", status=500),
        RequestRejectedError("not enough balance / allowance", status=500),
        RequestRejectedError("bad gateway", status=502),
        RequestRejectedError("an HTML page", status=503),
        RequestRejectedError("", status=504),
        UnexpectedResponseError("errorMsg was null"),
        TransportError("read timed out"),
    ],
)
def test_everything_else_proves_nothing(error: PolymarketError) -> None:
    assert isinstance(read_failure(error, HASH), PostUnknown)


@pytest.mark.parametrize(
    ("changes", "kind"),
    [
        ({}, PostAccepted),
        ({"status": "matched", "tradeIDs": ["t"]}, PostAccepted),
        ({"status": "delayed"}, PostAccepted),
        ({"orderID": ""}, PostUnknown),
        ({"status": "queued"}, PostUnknown),
        ({"success": False, "errorMsg": "no idea"}, PostUnknown),
        ({"success": False, "errorMsg": "not enough balance / allowance"}, PostRefused),
        ({"success": True, "orderID": "", "errorMsg": "invalid nonce"}, PostRefused),
    ],
)
def test_a_200_counts_for_what_it_says(changes: dict[str, object], kind: type) -> None:
    assert isinstance(body(**changes), kind)


def test_a_duplicate_is_an_order_that_the_venue_has() -> None:
    error = RequestRejectedError(f"order {HASH} is invalid. Duplicated.", status=400)
    placed = PostAccepted(venue_order_id=HASH, status=PostStatus.LIVE)
    assert read_failure(error, HASH) == placed
    assert body(success=False, errorMsg=f"order {HASH} is invalid. Duplicated.") == placed


def test_a_request_that_never_left_is_a_refusal() -> None:
    error = TransportError("connection refused")
    error.__cause__ = httpx.ConnectError("connection refused")
    assert isinstance(read_failure(error, HASH), PostRefused)
    error.__cause__ = httpx.ReadError("reset")
    assert isinstance(read_failure(error, HASH), PostUnknown)


@pytest.mark.parametrize(
    ("error", "restriction", "retry_after"),
    [
        (RequestRejectedError("", status=425, restriction="restarting"), VenueRestriction.RESTARTING, None),
        (
            RequestRejectedError("post-only mode", status=503, restriction="post_only", retry_after=79.0),
            VenueRestriction.POST_ONLY,
            79.0,
        ),
        (
            RequestRejectedError("cancel-only", status=503, restriction="cancel_only"),
            VenueRestriction.CANCEL_ONLY,
            None,
        ),
        (RequestRejectedError("Trading is currently disabled.", status=503), VenueRestriction.DISABLED, None),
        (RequestRejectedError("Unauthorized/Invalid api key", status=401), VenueRestriction.UNAUTHORISED, None),
        (RequestRejectedError("blocked by Cloudflare", status=403), VenueRestriction.GEOBLOCKED, None),
        (RequestRejectedError("'0x1' address in closed only mode", status=400), VenueRestriction.CLOSED_ONLY, None),
        (RateLimitError("Too Many Requests", retry_after=3.0), VenueRestriction.RATE_LIMITED, 3.0),
    ],
)
def test_a_restriction_is_a_refusal_that_concerns_all_orders(
    error: PolymarketError, restriction: VenueRestriction, retry_after: float | None
) -> None:
    answer = read_failure(error, HASH)
    assert isinstance(answer, PostRefused)
    assert (answer.restriction, answer.retry_after) == (restriction, retry_after)
