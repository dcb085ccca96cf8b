"""Markets as the CLOB sends them."""

from __future__ import annotations

from copytrade_live.clock import to_iso
from copytrade_live.core.market import Instant
from copytrade_live.sandbox.venue import Venue
from copytrade_live.sandbox.world import WorldMarket

Wire = dict[str, object]
LEGACY_BASE_FEE = 1000


def clob_market(venue: Venue, number: int, now: Instant) -> Wire:
    """The answer to /markets/{condition}."""
    market = venue.markets[number]
    payouts, is_open = market.final_payouts(now), not market.is_closed(now)
    is_taking = is_open and not venue.shown.is_closed_early(market.condition_id, now)
    return {
        "enable_order_book": is_open,
        "active": True,
        "closed": not is_open,
        "archived": False,
        "accepting_orders": is_taking,
        "accepting_order_timestamp": _iso(market.opened_at),
        "minimum_order_size": _plain(market.min_order_size),
        "minimum_tick_size": venue.tick_size(number, now),
        "condition_id": market.condition_id,
        "question_id": market.question_id,
        "question": market.question,
        "description": description_of(market),
        "market_slug": market.slug,
        "end_date_iso": _iso(market.end_at),
        "game_start_time": _iso(market.end_at) if market.category == "sports" else None,
        "seconds_delay": 0,
        "fpmm": "",
        "maker_base_fee": 0,
        "taker_base_fee": 0,
        "notifications_enabled": True,
        "neg_risk": market.neg_risk,
        "neg_risk_market_id": neg_risk_id(market),
        "neg_risk_request_id": market.question_id if market.neg_risk else "",
        "icon": "",
        "image": "",
        "rewards": {"rates": None, "min_size": 50, "max_spread": 4.5},
        "is_50_50_outcome": payouts is not None and payouts[0] == payouts[1],
        "tokens": [
            {
                "token_id": token,
                "outcome": market.outcomes[outcome],
                "price": _plain(venue.price(number, outcome, now)),
                "winner": payouts is not None and payouts[outcome] == 1.0,
            }
            for outcome, token in enumerate(market.token_ids)
        ],
        "tags": [market.category.title(), "All"],
    }


def clob_market_info(market: WorldMarket, *, has_taker_delay: bool = False) -> Wire:
    """The compact answer to /clob-markets/{condition}; false flags and absent fees are left out."""
    info: Wire = {
        "c": market.condition_id,
        "t": [{"t": token, "o": name} for token, name in zip(market.token_ids, market.outcomes, strict=True)],
        "mos": _plain(market.min_order_size),
        "mts": market.tick_size,
        "mbf": LEGACY_BASE_FEE if market.has_fees else 0,
        "tbf": LEGACY_BASE_FEE if market.has_fees else 0,
    }
    if market.has_fees:
        info["fd"] = {"r": market.fee_rate, "e": 1, "to": True}
    if market.neg_risk:
        info["nr"] = True
    if has_taker_delay:
        info["itode"] = True
    return info


def neg_risk_id(market: WorldMarket) -> str:
    """The id that the markets of one neg-risk event share, empty elsewhere."""
    return f"0x{int(market.event_id):062x}00" if market.neg_risk else ""


def description_of(market: WorldMarket) -> str:
    """The rules text."""
    return f'This market will resolve to "{market.outcomes[0]}" or "{market.outcomes[1]}" as its question says.'


def _plain(value: float) -> float | int:
    return int(value) if value == int(value) else value


def _iso(at: Instant) -> str:
    return to_iso(at)[:19] + "Z"
