"""Market payloads of gamma to typed rows."""

from __future__ import annotations

from typing import Any

from copytrade_live.venue import fields
from copytrade_live.venue.fields import Payload
from copytrade_live.venue.rows import MarketRow

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
    rate, exponent = _fees(row)
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
        fee_rate=rate,
        fee_exponent=exponent,
        neg_risk=fields.truth(row, "negRisk"),
        start_at=fields.optional_time(row, "startDate"),
        end_at=fields.optional_time(row, "endDate"),
        closed=fields.truth(row, "closed"),
        closed_at=fields.optional_time(row, "closedTime"),
        accepting_orders=fields.truth(row, "acceptingOrders"),
        updated_at=fields.optional_time(row, "updatedAt"),
        uma_statuses=_uma_statuses(row),
        outcome_prices=_prices(row),
    )


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


def _fees(row: Payload) -> tuple[float, float]:
    # feesEnabled without a schedule: an older market whose rate the venue does not say. makerBaseFee and
    # takerBaseFee are a legacy signal, never the charged rate.
    schedule = row.get("feeSchedule")
    if row.get("feesEnabled") is False or schedule is None:
        return 0.0, 1.0
    found = fields.row_of(schedule, "feeSchedule")
    rate = fields.optional_number(found, "rate", 0.0)
    if not 0.0 <= rate <= 1.0:
        fields.refuse("feeSchedule.rate", found.get("rate"), "a rate from 0 to 1")
    return rate, fields.optional_number(found, "exponent", 1.0)


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
