"""Positions as the data API sends them, in both generations."""

from __future__ import annotations

from datetime import UTC, datetime

from copytrade_live.core.market import SECOND, Instant
from copytrade_live.sandbox.answers import Row
from copytrade_live.sandbox.positions import Position, is_held
from copytrade_live.sandbox.venue import Venue
from copytrade_live.sandbox.world import WorldMarket, WorldWallet


def status_of(venue: Venue, position: Position, now: Instant) -> str:
    """OPEN, REDEEMABLE or CLOSED."""
    if not is_held(position):
        return "CLOSED"
    return "REDEEMABLE" if venue.markets[position.market].final_payouts(now) is not None else "OPEN"


def position_row_v2(venue: Venue, wallet: WorldWallet, position: Position, *, is_mergeable: bool) -> Row:
    """A row of /v2/positions."""
    now = venue.now()
    market, status = venue.markets[position.market], status_of(venue, position, now)
    price = venue.price(position.market, position.outcome, now)
    size = round(position.size, 6) if is_held(position) else 0.0
    cost, value = (position.cost, size * price) if size else (0.0, 0.0)
    unrealised = value - cost
    return {
        "proxy_wallet": wallet.address,
        "token_id": market.token_ids[position.outcome],
        "condition_id": market.condition_id,
        "current_size": size,
        "avg_price": round(position.avg_price, 4),
        "entry_cost_usdc": round(cost, 4),
        "entry_fees_usdc": round(position.fees, 5),
        "total_cost_usdc": round(cost + position.fees, 5),
        "current_price": price,
        "current_value": round(value, 4),
        "total_size": round(position.bought, 6),
        "realized_pnl": round(position.realised, 4),
        "unrealized_pnl": round(unrealised, 4),
        "total_pnl": round(position.realised + unrealised, 4),
        "percent_pnl": _percent(unrealised, cost),
        "percent_realized_pnl": _percent(position.realised, position.entry_cost),
        "status": status,
        "redeemable": status == "REDEEMABLE",
        "mergeable": is_mergeable,
        "negative_risk": market.neg_risk,
        "archived": False,
        **_words(market, position.outcome),
        "last_event_at": position.last_at // SECOND,
        "first_entry_at": position.first_at // SECOND,
        "name": wallet.name,
        "profile_image": "",
        "verified": False,
    }


def position_row_v1(venue: Venue, wallet: WorldWallet, position: Position, *, is_mergeable: bool) -> Row:
    """A row of /positions."""
    now = venue.now()
    market = venue.markets[position.market]
    price = venue.price(position.market, position.outcome, now)
    words = _words(market, position.outcome)
    return {
        "proxyWallet": wallet.address,
        "asset": market.token_ids[position.outcome],
        "conditionId": market.condition_id,
        "size": round(position.size, 6),
        "avgPrice": round(position.avg_price, 6),
        "initialValue": round(position.cost, 4),
        "currentValue": round(position.size * price, 4),
        "cashPnl": round(position.size * price - position.cost, 4),
        "percentPnl": _percent(position.size * price - position.cost, position.cost),
        "totalBought": round(position.bought, 6),
        "realizedPnl": round(position.realised, 4),
        "percentRealizedPnl": _percent(position.realised, position.entry_cost),
        "curPrice": price,
        "redeemable": status_of(venue, position, now) == "REDEEMABLE",
        "mergeable": is_mergeable,
        "title": words["title"],
        "slug": words["slug"],
        "icon": words["icon"],
        "eventSlug": words["event_slug"],
        "outcome": words["outcome"],
        "outcomeIndex": words["outcome_index"],
        "oppositeOutcome": words["opposite_outcome"],
        "oppositeAsset": words["opposite_token_id"],
        "endDate": words["end_date"],
        "negativeRisk": market.neg_risk,
    }


def _words(market: WorldMarket, outcome: int) -> Row:
    return {
        "title": market.question,
        "slug": market.slug,
        "icon": "",
        "event_id": market.event_id,
        "event_slug": market.event_slug,
        "outcome": market.outcomes[outcome],
        "outcome_index": outcome,
        "opposite_outcome": market.outcomes[1 - outcome],
        "opposite_token_id": market.token_ids[1 - outcome],
        "end_date": datetime.fromtimestamp(market.end_at / SECOND, tz=UTC).date().isoformat(),
    }


def _percent(gain: float, base: float) -> float:
    return round(gain / base * 100, 4) if base > 1e-9 else 0.0
