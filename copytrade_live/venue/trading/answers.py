"""What the venue's answer to an order proves. Only what is on a list counts as a refusal; all else is unknown.

The client turns ambiguous answers into rejections, so its verdict is not taken over: its words are read again here.
"""

from __future__ import annotations

import re

import httpx
from polymarket.errors import (
    PolymarketError,
    RateLimitError,
    RequestRejectedError,
    TransportError,
)
from polymarket.models.clob.order_response import AcceptedOrder, OrderResponse

from copytrade_live.errors import VenueError, VenueRefusal, VenueRestricted, VenueUnavailable
from copytrade_live.ports import (
    PostAccepted,
    PostAnswer,
    PostRefused,
    PostStatus,
    PostUnknown,
    VenueRestriction,
)

DUPLICATE = re.compile(r"duplicated|already placed", re.IGNORECASE)

# Code and pattern of every 400 whose text proves that no order was taken.
REFUSALS: tuple[tuple[str, re.Pattern[str]], ...] = tuple(
    (code, re.compile(pattern, re.IGNORECASE))
    for code, pattern in (
        ("invalid_payload", r"^invalid order payload|^invalid payload|payload exceeds the limit"),
        ("wrong_owner", r"order owner has to be the owner of the api key"),
        ("wrong_signer", r"order signer address has to be the address of the api key"),
        ("wallet_not_allowed", r"maker address not allowed"),
        ("banned", r"address banned"),
        ("closed_only", r"address in closed only mode"),
        ("tick_size", r"breaks minimum tick size rule"),
        ("minimum_size", r"lower than the minimum|invalid amount for a marketable buy order"),
        ("precision", r"max accuracy of"),
        ("not_enough_balance", r"not enough balance / allowance"),
        ("post_only_would_cross", r"invalid post-only order"),
        ("fok_not_filled", r"fok orders are fully filled or killed"),
        ("fak_not_filled", r"no orders found to match with fak order"),
        ("invalid_nonce", r"^invalid nonce"),
        ("invalid_expiration", r"^invalid expiration"),
        ("cancelled_on_chain", r"order canceled in the ctf exchange contract"),
        ("market_not_ready", r"market is not yet ready to process new orders"),
        ("wrong_version", r"order_version_mismatch|invalid order version"),
        ("invalid_token", r"^invalid token id|^invalid side|^invalid signature"),
    )
)
_CLOSED = frozenset({"banned", "closed_only"})
_NO_BOOK = re.compile(r"no orderbook exists|market not found", re.IGNORECASE)
_DISABLED = re.compile(r"trading is currently disabled", re.IGNORECASE)
# Errors that come before the first byte of a request left.
_UNSENT = (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout)

# Codes of the client that stand for one of the refusals above; its others hide an order that may be alive.
_CLIENT_REFUSALS = frozenset(
    {
        "market_not_ready",
        "not_enough_balance",
        "invalid_nonce",
        "invalid_expiration",
        "post_only_would_cross",
        "fok_not_filled",
        "fak_not_filled",
    }
)


def read_answer(answer: OrderResponse, venue_order_id: str) -> PostAnswer:
    """What a 200 proves."""
    if isinstance(answer, AcceptedOrder):
        return PostAccepted(
            venue_order_id=answer.order_id, status=PostStatus(answer.status), trade_ids=tuple(answer.trade_ids)
        )
    if DUPLICATE.search(answer.message):
        return PostAccepted(venue_order_id=venue_order_id, status=PostStatus.LIVE)
    if answer.code == "unmatched":
        return PostAccepted(venue_order_id=venue_order_id, status=PostStatus.UNMATCHED)
    if answer.code == "post_only_mode":
        return PostRefused(code=answer.code, message=answer.message, restriction=VenueRestriction.POST_ONLY)
    if answer.code in _CLIENT_REFUSALS:
        return PostRefused(code=answer.code, message=answer.message)
    return PostUnknown(cause=f"the venue answered {answer.code}: {answer.message}")


def read_failure(error: PolymarketError, venue_order_id: str) -> PostAnswer:
    """What anything but a 200 proves."""
    restriction = restriction_of(error)
    if isinstance(error, RateLimitError):
        return PostRefused(
            code="rate_limited", message=str(error), restriction=restriction, retry_after=error.retry_after
        )
    if isinstance(error, TransportError) and isinstance(error.__cause__, _UNSENT):
        return PostRefused(code="unsent", message=f"the request never left: {error}")
    if not isinstance(error, RequestRejectedError):
        return PostUnknown(cause=f"{type(error).__name__}: {error}")
    if restriction is not None:
        return PostRefused(
            code=restriction.value, message=str(error), restriction=restriction, retry_after=error.retry_after
        )
    if error.status == 400 and DUPLICATE.search(str(error)):
        return PostAccepted(venue_order_id=venue_order_id, status=PostStatus.LIVE)
    code = refusal_code(error)
    if code is not None:
        return PostRefused(code=code, message=str(error))
    return PostUnknown(cause=f"HTTP {error.status}: {error}")


def refusal_code(error: RequestRejectedError) -> str | None:
    """Which known refusal an answer is, None when it is not on the list."""
    if error.status == 404 and _NO_BOOK.search(str(error)):
        return "no_book"
    if error.status != 400:
        return None
    return next((code for code, pattern in REFUSALS if pattern.search(str(error))), None)


def restriction_of(error: PolymarketError) -> VenueRestriction | None:
    """What an answer says of all orders, not of this one."""
    if isinstance(error, RateLimitError):
        return VenueRestriction.RATE_LIMITED
    if not isinstance(error, RequestRejectedError):
        return None
    if error.restriction is not None:
        return VenueRestriction(error.restriction)
    if error.status == 401:
        return VenueRestriction.UNAUTHORISED
    if error.status == 403:
        return VenueRestriction.GEOBLOCKED
    if error.status == 503 and _DISABLED.search(str(error)):
        return VenueRestriction.DISABLED
    return VenueRestriction.CLOSED_ONLY if refusal_code(error) in _CLOSED else None


def as_venue_error(error: PolymarketError, what: str) -> VenueError:
    """The same failure in our own words, for reads and cancels."""
    restriction = restriction_of(error)
    message = f"{what}: {error}"
    if restriction is not None:
        retry_after = getattr(error, "retry_after", None)
        return VenueRestricted(message, restriction=restriction.value, retry_after=retry_after)
    if isinstance(error, RequestRejectedError) and error.status < 500:
        return VenueRefusal(f"{message} (HTTP {error.status})")
    return VenueUnavailable(message)
