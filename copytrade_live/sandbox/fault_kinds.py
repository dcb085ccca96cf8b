"""What the venue can be told to get wrong: each fault by name and number, where it acts, what it does."""

from __future__ import annotations

from enum import StrEnum
from typing import NamedTuple


class FaultKind(StrEnum):
    """A way to misbehave that has been seen on the real venue."""

    RATE_LIMITED = "rate_limited"
    RATE_LIMITED_SILENTLY = "rate_limited_silently"
    THROTTLED_200 = "throttled_200"
    SERVER_ERROR = "server_error"
    TIMEOUT = "timeout"
    DISCONNECT = "disconnect"
    TRUNCATED_JSON = "truncated_json"
    HTML_BODY = "html_body"
    REPEATED_PAGE = "repeated_page"
    SKIPPED_ROWS = "skipped_rows"
    UNORDERED_ROWS = "unordered_rows"
    BLANK_FIELDS = "blank_fields"
    ANSWER_LOST = "answer_lost"
    ANSWER_LATE = "answer_late"
    ERROR_AFTER = "error_after"
    ODD_ANSWER = "odd_answer"
    DELIVERED_TWICE = "delivered_twice"
    LATE_BOOKING = "late_booking"
    FALSE_BALANCE = "false_balance"
    UNAUTHORIZED = "unauthorized"
    CANCEL_LOST = "cancel_lost"
    RESTART = "restart"
    TRADING_DISABLED = "trading_disabled"
    CANCEL_ONLY = "cancel_only"
    GEOBLOCK = "geoblock"
    KEY_REVOKED = "key_revoked"
    CLOCK_SKEWED = "clock_skewed"
    TICK_CHANGED = "tick_changed"
    TAKER_DELAYED = "taker_delayed"
    PARTIAL_FILL = "partial_fill"
    DUST_FILL = "dust_fill"
    SETTLEMENT_SLOW = "settlement_slow"
    SETTLEMENT_FAILED = "settlement_failed"
    SETTLEMENT_RETRIED = "settlement_retried"
    SETTLEMENT_REORGED = "settlement_reorged"
    VENUE_CANCELLED = "venue_cancelled"
    REDEEM_FAILED = "redeem_failed"
    REDEEM_SILENT = "redeem_silent"
    FUNDS_WITHDRAWN = "funds_withdrawn"
    ALLOWANCE_REVOKED = "allowance_revoked"
    OWNER_TRADED = "owner_traded"
    STREAM_DROPPED = "stream_dropped"
    STREAM_FROZEN = "stream_frozen"
    FRAME_DROPPED = "frame_dropped"
    FRAME_REPEATED = "frame_repeated"
    FRAME_DELAYED = "frame_delayed"
    STREAM_FLOODED = "stream_flooded"
    SUBSCRIPTION_IGNORED = "subscription_ignored"
    SCHEMA_CHANGED = "schema_changed"
    LATE_ROWS = "late_rows"
    INDEX_STALLED = "index_stalled"
    FILL_REVERTED = "fill_reverted"
    MARKET_CLOSED_EARLY = "market_closed_early"
    HOSTILE_LEADER = "hostile_leader"
    CHAIN_DISAGREES = "chain_disagrees"


class Point(StrEnum):
    """What a fault's probability is a share of."""

    REQUEST = "requests"
    ORDER = "orders sent"
    SENT = "orders and transactions sent"
    CANCEL = "cancels sent"
    ACCOUNT = "requests with an API key"
    WINDOW = "windows of the world's time"
    MATCH = "orders that match"
    RESTING = "orders that rest"
    TRADE = "our trades"
    REDEMPTION = "redemptions"
    CONNECTION = "connections, in windows"
    SUBSCRIPTION = "subscriptions"
    FRAME = "frames of a stream"
    ROW = "fills shown"
    MARKET = "markets, in windows"


class Meaning(NamedTuple):
    """A fault's number in the catalogue ("" for our own), where it acts, and what the venue does."""

    number: str
    point: Point
    summary: str


CATALOGUE: dict[FaultKind, Meaning] = {
    FaultKind.DISCONNECT: Meaning("F01", Point.REQUEST, "the connection is cut before the request is carried out"),
    FaultKind.ANSWER_LOST: Meaning("F02", Point.SENT, "carried out, then the connection is cut without an answer"),
    FaultKind.ANSWER_LATE: Meaning(
        "F03", Point.SENT, "carried out at once, answered after so many real seconds: seconds"
    ),
    FaultKind.SERVER_ERROR: Meaning("F04", Point.REQUEST, "500, 502, 503 (with Retry-After) or 504; not carried out"),
    FaultKind.ERROR_AFTER: Meaning("F04", Point.SENT, "carried out, then answered by 500, 502, 503 or 504"),
    FaultKind.RESTART: Meaning(
        "F05", Point.WINDOW, "425 on orders and cancels for window_seconds, then 503 post-only for post_only_seconds"
    ),
    FaultKind.RATE_LIMITED: Meaning("F06", Point.REQUEST, "429 with Retry-After: retry_after_seconds"),
    FaultKind.RATE_LIMITED_SILENTLY: Meaning("F06", Point.REQUEST, "429 without saying when to come back"),
    FaultKind.THROTTLED_200: Meaning("F06", Point.REQUEST, 'HTTP 200 whose body is {"error":"Too Many Requests"}'),
    FaultKind.TIMEOUT: Meaning(
        "F06", Point.REQUEST, "queued: carried out and answered only after so many real seconds: seconds"
    ),
    FaultKind.GEOBLOCK: Meaning("F07", Point.WINDOW, "403 on orders, as JSON or as the edge's page; reads go on"),
    FaultKind.HTML_BODY: Meaning("F07", Point.REQUEST, "a page of HTML, behind 200, 403, 429 or 503; not carried out"),
    FaultKind.TRADING_DISABLED: Meaning("F08", Point.WINDOW, "503 trading is disabled, on orders and cancels"),
    FaultKind.CANCEL_ONLY: Meaning("F08", Point.WINDOW, "503 on orders; cancels are taken"),
    FaultKind.UNAUTHORIZED: Meaning("F09", Point.ACCOUNT, "401 Unauthorized/Invalid api key, now and then"),
    FaultKind.KEY_REVOKED: Meaning("F09", Point.WINDOW, "401 Unauthorized/Invalid api key on all that needs a key"),
    FaultKind.FALSE_BALANCE: Meaning(
        "F10", Point.ORDER, "not enough balance / allowance though there is; the token stays so for window_seconds"
    ),
    FaultKind.TICK_CHANGED: Meaning(
        "F11", Point.ORDER, "the market's tick becomes one that the order breaks, for window_seconds"
    ),
    FaultKind.TRUNCATED_JSON: Meaning("F12", Point.REQUEST, "carried out; HTTP 200 whose body ends in the middle"),
    FaultKind.ODD_ANSWER: Meaning(
        "F12",
        Point.ORDER,
        "carried out; answered by an unknown status, an empty id, NaN, a huge body, HTML, less or more",
    ),
    FaultKind.DELIVERED_TWICE: Meaning(
        "F13", Point.SENT, "carried out twice; the second answer is sent: the order is a duplicate"
    ),
    FaultKind.TAKER_DELAYED: Meaning(
        "F14", Point.MATCH, "answered as delayed; after delay_seconds matched, left unmatched, or killed"
    ),
    FaultKind.PARTIAL_FILL: Meaning("F15", Point.MATCH, "only a part of the book is there when the order arrives"),
    FaultKind.DUST_FILL: Meaning("F15", Point.MATCH, "fills are up to 0.01 shares less than they should be"),
    FaultKind.SETTLEMENT_SLOW: Meaning("F16", Point.TRADE, "stays matched for delay_seconds before it is mined"),
    FaultKind.SETTLEMENT_FAILED: Meaning("F16", Point.TRADE, "matched, then failed: the fill never was"),
    FaultKind.SETTLEMENT_RETRIED: Meaning(
        "F16", Point.TRADE, "matched, retrying, then confirmed by another transaction"
    ),
    FaultKind.SETTLEMENT_REORGED: Meaning("F17", Point.TRADE, "mined, then taken back and failed"),
    FaultKind.CANCEL_LOST: Meaning("F18", Point.CANCEL, "answered as cancelled, but the order lives on"),
    FaultKind.LATE_BOOKING: Meaning(
        "F18", Point.ORDER, "the connection is cut at once; carried out delay_seconds later, after any cancel"
    ),
    FaultKind.VENUE_CANCELLED: Meaning(
        "F19", Point.RESTING, "the venue cancels after delay_seconds, for one of its own reasons"
    ),
    FaultKind.STREAM_DROPPED: Meaning("F20", Point.FRAME, "the connection is closed instead; nothing is sent again"),
    FaultKind.STREAM_FROZEN: Meaning(
        "F21",
        Point.CONNECTION,
        "open and answering PING, but silent, wholly or about tokens; a new subscription heals it",
    ),
    FaultKind.FRAME_DROPPED: Meaning("F22", Point.FRAME, "the frame is never sent"),
    FaultKind.FRAME_REPEATED: Meaning("F23", Point.FRAME, "the frame is sent twice"),
    FaultKind.FRAME_DELAYED: Meaning("F24", Point.FRAME, "sent up to delay_seconds late, after later ones"),
    FaultKind.STREAM_FLOODED: Meaning("F25", Point.FRAME, "so many others come first, at once: frames"),
    FaultKind.SUBSCRIPTION_IGNORED: Meaning("F26", Point.SUBSCRIPTION, "accepted, but nothing is ever sent for it"),
    FaultKind.SCHEMA_CHANGED: Meaning("F27", Point.WINDOW, "streams rename their fields and types"),
    FaultKind.BLANK_FIELDS: Meaning(
        "F27", Point.REQUEST, "rows with outcome_index 999 and an empty event_slug, as right after a listing"
    ),
    FaultKind.LATE_ROWS: Meaning(
        "F28", Point.ROW, "shows up delay_seconds of venue time later than usual in the data API"
    ),
    FaultKind.INDEX_STALLED: Meaning(
        "F28", Point.WINDOW, "the data API shows nothing newer than when the window opened"
    ),
    FaultKind.REPEATED_PAGE: Meaning(
        "F28", Point.REQUEST, "the page before the one asked for is sent again, whole, with its own next_cursor"
    ),
    FaultKind.SKIPPED_ROWS: Meaning("F28", Point.REQUEST, "a page lacks some of its rows; asked again it has them"),
    FaultKind.UNORDERED_ROWS: Meaning("F28", Point.REQUEST, "the rows of a page come shuffled"),
    FaultKind.FILL_REVERTED: Meaning(
        "F29",
        Point.ROW,
        "a leader's fill fails: shown by the stream and the data API for delay_seconds, never on chain",
    ),
    FaultKind.CLOCK_SKEWED: Meaning("F40", Point.WINDOW, "the venue's clock is off by skew_seconds"),
    FaultKind.MARKET_CLOSED_EARLY: Meaning(
        "F47", Point.MARKET, "takes no orders and has no book for window_seconds, though it was to trade on"
    ),
    FaultKind.REDEEM_FAILED: Meaning("F47", Point.REDEMPTION, "the relayer's transaction fails"),
    FaultKind.REDEEM_SILENT: Meaning(
        "F47", Point.REDEMPTION, "the relayer's transaction stays pending for delay_seconds"
    ),
    FaultKind.FUNDS_WITHDRAWN: Meaning(
        "F48", Point.WINDOW, "the owner withdraws a part of the cash as the window opens"
    ),
    FaultKind.ALLOWANCE_REVOKED: Meaning("F48", Point.WINDOW, "the owner's allowances are gone while it is open"),
    FaultKind.OWNER_TRADED: Meaning("F48", Point.WINDOW, "the owner buys or sells by hand as the window opens"),
    FaultKind.HOSTILE_LEADER: Meaning(
        "F50", Point.WINDOW, "each of wallets buys and sells dust, fills_a_minute times a minute, while it is open"
    ),
    FaultKind.CHAIN_DISAGREES: Meaning("", Point.ROW, "its log on the chain is missing, or has another size"),
}
# These befall whole requests, drawn anew at each attempt.
OF_REQUESTS = frozenset(
    kind
    for kind, meaning in CATALOGUE.items()
    if meaning.point in (Point.REQUEST, Point.ORDER, Point.SENT, Point.CANCEL, Point.ACCOUNT)
)
# These befall the frames, subscriptions and connections of streams.
OF_STREAMS = frozenset(
    kind
    for kind, meaning in CATALOGUE.items()
    if meaning.point in (Point.FRAME, Point.SUBSCRIPTION, Point.CONNECTION) or kind is FaultKind.SCHEMA_CHANGED
)
# While a window of one of these is open, requests are refused or told something else.
REFUSING = frozenset(
    (
        FaultKind.RESTART,
        FaultKind.GEOBLOCK,
        FaultKind.TRADING_DISABLED,
        FaultKind.CANCEL_ONLY,
        FaultKind.KEY_REVOKED,
        FaultKind.CLOCK_SKEWED,
    )
)
