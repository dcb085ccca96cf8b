"""Market payloads of gamma to typed rows."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from copytrade_live.venue import fields
from copytrade_live.venue.fields import Payload
from copytrade_live.venue.rows import EventRow, MarketRow

UNKNOWN_CATEGORY = "other"
# Event tags name many things; these are the ones that group markets the way the venue's own front page does.
CATEGORIES = (
    "esports",
    "crypto",
    "politics",
    "geopolitics",
    "sports",
    "economics",
    "economy",
    "finance",
    "tech",
    "culture",
    "pop-culture",
    "weather",
    "science",
    "mentions",
)
_ALIASES = {"economy": "economics", "pop-culture": "culture"}
_SLUG_WORDS = {
    "esports": ("dota2", "dota", "lol", "cs2", "csgo", "valorant", "val"),
    "crypto": ("btc", "eth", "sol", "xrp", "doge", "bitcoin", "ethereum", "solana"),
    "sports": ("nba", "nfl", "mlb", "nhl", "epl", "ucl", "atp", "wta", "ufc", "f1", "cfb", "cbb", "mls"),
    "weather": ("temperature",),
}
_DEFAULT_TICK = 0.01
_DEFAULT_MIN_SIZE = 5.0


def parse_market(payload: object) -> MarketRow:
    """One market of /markets, /markets/keyset, /markets/{id} or inside an event."""
    row = fields.row_of(payload, "market")
    event = _event(row)
    outcomes, tokens = _outcomes_and_tokens(row)
    fees = _fees(row)
    return MarketRow(
        condition_id=fields.condition(row, "conditionId"),
        market_id=fields.text(row, "id"),
        question=fields.text(row, "question"),
        slug=fields.text(row, "slug"),
        event_id=_event_id(row, event),
        event_slug=fields.text(event, "slug"),
        category=_category(row, event),
        outcomes=outcomes,
        token_ids=tokens,
        tick_size=_positive(row, "orderPriceMinTickSize", _DEFAULT_TICK),
        min_order_size=_positive(row, "orderMinSize", _DEFAULT_MIN_SIZE),
        fee_rate=fees.rate,
        fee_exponent=fees.exponent,
        neg_risk=fields.truth(row, "negRisk"),
        start_at=fields.optional_time(row, "startDate"),
        end_at=fields.optional_time(row, "endDate"),
        closed=fields.truth(row, "closed"),
        closed_at=fields.optional_time(row, "closedTime"),
        accepting_orders=fields.truth(row, "acceptingOrders"),
        updated_at=fields.optional_time(row, "updatedAt"),
        uma_statuses=_uma_statuses(row),
        outcome_prices=_prices(row),
        uma_end_at=fields.optional_time(row, "umaEndDate"),
        fee_taker_only=fees.taker_only,
        fee_rebate=fees.rebate,
    )


def parse_event(payload: object) -> EventRow:
    """One event of /events, /events/keyset or /events/{id}."""
    row = fields.row_of(payload, "event")
    event_id = fields.text(row, "id")
    if not event_id:
        fields.refuse("id", row.get("id"), "the number of an event")
    members = _members(row)
    return EventRow(
        event_id=event_id,
        slug=fields.text(row, "slug"),
        title=fields.text(row, "title"),
        category=_category(row, row),
        tags=tuple(sorted(set(_tags(row)))),
        neg_risk=fields.truth(row, "negRisk"),
        neg_risk_id=fields.text(row, "negRiskMarketID"),
        condition_ids=tuple(condition for condition, _, _ in members),
        yes_tokens=tuple(yes for _, yes, _ in members),
        no_tokens=tuple(no for _, _, no in members),
        start_at=fields.optional_time(row, "startDate"),
        end_at=fields.optional_time(row, "endDate"),
        closed=fields.truth(row, "closed"),
        updated_at=fields.optional_time(row, "updatedAt"),
    )


def _members(row: Payload) -> list[tuple[str, str, str]]:
    markets = row.get("markets")
    if not isinstance(markets, list):
        fields.refuse("markets", markets, "a list")
    found: list[tuple[str, str, str]] = []
    for market in (fields.row_of(one, "market of an event") for one in markets):
        tokens = fields.texts(market, "clobTokenIds")
        if len(tokens) == 2:  # placeholders of names to come have none
            found.append((fields.condition(market, "conditionId"), tokens[0], tokens[1]))
    return found


def _event(row: Payload) -> Payload:
    events = row.get("events")
    return events[0] if isinstance(events, list) and events and isinstance(events[0], dict) else {}


def _event_id(row: Payload, event: Payload) -> str:
    # Markets of one neg-risk event share a loss; a market outside any event is its own.
    found = fields.text(event, "id") or fields.text(row, "negRiskMarketID")
    return found or fields.condition(row, "conditionId")


def _outcomes_and_tokens(row: Payload) -> tuple[tuple[str, ...], tuple[str, ...]]:
    outcomes = fields.texts(row, "outcomes")
    tokens = fields.texts(row, "clobTokenIds") or fields.texts(row, "positionIds")
    if not outcomes:
        fields.refuse("outcomes", row.get("outcomes"), "a list of outcome names")
    if len(tokens) != len(outcomes):
        fields.refuse("clobTokenIds", row.get("clobTokenIds"), f"{len(outcomes)} token ids, one per outcome")
    return outcomes, tuple(fields.token({"clobTokenIds": item}, "clobTokenIds") for item in tokens)


@dataclass(frozen=True, slots=True)
class _Fees:
    rate: float = 0.0
    exponent: float = 1.0
    taker_only: bool = True
    rebate: float = 0.0


def _fees(row: Payload) -> _Fees:
    # feesEnabled without a schedule: an older market whose rate the venue does not say. makerBaseFee and
    # takerBaseFee are a legacy signal, never the charged rate.
    schedule = row.get("feeSchedule")
    if row.get("feesEnabled") is False or schedule is None:
        return _Fees()
    found = fields.row_of(schedule, "feeSchedule")
    rate = fields.optional_number(found, "rate", 0.0)
    if not 0.0 <= rate <= 1.0:
        fields.refuse("feeSchedule.rate", found.get("rate"), "a rate from 0 to 1")
    return _Fees(
        rate=rate,
        exponent=fields.optional_number(found, "exponent", 1.0),
        taker_only=found.get("takerOnly") is not False,
        rebate=fields.optional_number(found, "rebateRate", 0.0),
    )


def _positive(row: Payload, field: str, default: float) -> float:
    found = fields.optional_number(row, field, default)
    if found <= 0.0:
        fields.refuse(field, row.get(field), "above 0")
    return found


def _uma_statuses(row: Payload) -> tuple[str, ...]:
    listed = fields.texts(row, "umaResolutionStatuses")
    last = fields.text(row, "umaResolutionStatus")
    return listed if not last or listed[-1:] == (last,) else (*listed, last)


def _prices(row: Payload) -> tuple[float, ...]:
    found = fields.texts(row, "outcomePrices")
    return tuple(fields.price({"outcomePrices": item}, "outcomePrices") for item in found)


def _category(row: Payload, event: Payload) -> str:
    named = {*_tags(row), *_tags(event), fields.text(row, "category").lower(), fields.text(event, "category").lower()}
    named.add(fields.text(row, "feeType").removesuffix("_fees").lower())
    for category in CATEGORIES:
        if category in named:
            return _ALIASES.get(category, category)
    return _category_of_slug(fields.text(event, "slug") or fields.text(row, "slug"))


def _tags(row: Payload) -> list[str]:
    tags: Any = row.get("tags")
    if not isinstance(tags, list):
        return []
    words = [tag.get("slug") or tag.get("label") if isinstance(tag, dict) else tag for tag in tags]
    return [word.lower() for word in words if isinstance(word, str)]


def _category_of_slug(slug: str) -> str:
    words = set(slug.lower().split("-"))
    for category, marks in _SLUG_WORDS.items():
        if words.intersection(marks):
            return category
    return UNKNOWN_CATEGORY
