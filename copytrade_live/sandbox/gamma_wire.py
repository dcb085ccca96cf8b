"""Markets and events as gamma sends them: lists inside strings, and fields that come and go with closing."""

from __future__ import annotations

import json

from copytrade_live.clock import to_iso
from copytrade_live.core.market import DAY, Instant, MarketStatus
from copytrade_live.sandbox.book_wire import number_text
from copytrade_live.sandbox.clob_wire import LEGACY_BASE_FEE, description_of, neg_risk_id
from copytrade_live.sandbox.ids import position_ids
from copytrade_live.sandbox.venue import Venue
from copytrade_live.sandbox.world import WorldMarket

Wire = dict[str, object]
_TAG_IDS = {"politics": "2", "sports": "1", "crypto": "21", "culture": "596", "economics": "100328"}
_RESOLVER = "0x65070BE91477460D8A7AeEb94ef92fe056C2f2A7"
_REBATES = {"politics": 0.25, "sports": 0.15, "crypto": 0.2, "culture": 0.25, "economics": 0.25}


def gamma_market(venue: Venue, number: int, now: Instant, *, with_event: bool = True) -> Wire:
    """One market; the event it belongs to goes with it unless it is shown inside that event."""
    market = venue.markets[number]
    wire = _identity(market, now) | _prices(venue, number, now) | _volumes(venue, number, now) | _settings(market, now)
    wire |= _resolution(market, now)
    if with_event:
        wire["events"] = [_event_head(venue, venue.by_event[market.event_id], now)]
    return wire


def gamma_event(venue: Venue, event_id: str, now: Instant) -> Wire:
    """One event with its markets and tags."""
    numbers = venue.by_event[event_id]
    markets = [gamma_market(venue, number, now, with_event=False) for number in numbers]
    return _event_head(venue, numbers, now) | {
        "markets": markets,
        "tags": [tag_of(venue.markets[numbers[0]].category)],
    }


def tag_of(category: str) -> Wire:
    """A category as a tag."""
    return {
        "id": _TAG_IDS.get(category, "100"),
        "label": category.title(),
        "slug": category,
        "forceShow": False,
        "createdAt": "2024-11-07T23:07:25.512144Z",
        "updatedAt": "2026-01-15T00:00:00.000000Z",
        "requiresTranslation": False,
    }


def _identity(market: WorldMarket, now: Instant) -> Wire:
    return {
        "id": market.market_id,
        "question": market.question,
        "conditionId": market.condition_id,
        "slug": market.slug,
        "resolutionSource": "",
        "startDate": _iso(market.opened_at),
        "endDate": _iso_seconds(market.end_at),
        "startDateIso": to_iso(market.opened_at)[:10],
        "endDateIso": to_iso(market.end_at)[:10],
        "image": "",
        "icon": "",
        "description": description_of(market),
        "category": market.category,
        "outcomes": json.dumps(market.outcomes),
        "clobTokenIds": json.dumps(market.token_ids),
        "positionIds": list(position_ids(market.condition_id)),
        "questionID": market.question_id,
        "groupItemTitle": market.group_item,
        "groupItemThreshold": "0",
        "active": True,
        "closed": market.is_closed(now),
        "archived": False,
        "new": False,
        "featured": False,
        "restricted": True,
        "createdAt": _iso(market.opened_at),
        "updatedAt": _iso(now),
        "version": "v1",
    }


def _prices(venue: Venue, number: int, now: Instant) -> Wire:
    market, first = venue.markets[number], venue.price(number, 0, now)
    payouts = market.final_payouts(now)
    prices = [first, round(1.0 - first, 6)] if payouts is None else list(payouts)
    wire: Wire = {"outcomePrices": json.dumps([number_text(price) for price in prices])}
    lengths = {"Day": DAY, "Week": 7 * DAY, "Month": 30 * DAY, "Year": 365 * DAY}
    before = venue.past_mids(number, [max(now - length, market.opened_at) for length in lengths.values()])
    for name, mid in zip(lengths, before, strict=True):
        wire[f"one{name}PriceChange"] = 0.0 if mid is None else round(first - mid, 4)
    last = venue.last_trade(number, 0, now)
    ladder = venue.ladder(number, 0, now)
    wire["lastTradePrice"] = last.price if last else 0
    wire["spread"] = market.tick_size
    if ladder is None or not ladder.bids or not ladder.asks:
        return wire
    bid, ask = ladder.price(ladder.bids[0][0]), ladder.price(ladder.asks[0][0])
    liquidity = _liquidity(venue, number, now)
    return wire | {
        "bestBid": bid,
        "bestAsk": ask,
        "spread": round(ask - bid, 6),
        "competitive": round(1 - abs(0.5 - prices[0]) ** 2, 6),
        "liquidity": number_text(liquidity),
        "liquidityNum": liquidity,
        "liquidityClob": liquidity,
    }


def _volumes(venue: Venue, number: int, now: Instant) -> Wire:
    total = venue.volume(number, 0, now)
    wire: Wire = {"volume": number_text(total), "volumeNum": total, "volumeClob": total}
    for name, length in (("24hr", DAY), ("1wk", 7 * DAY), ("1mo", 30 * DAY), ("1yr", 365 * DAY)):
        wire[f"volume{name}"] = wire[f"volume{name}Clob"] = venue.volume(number, now - length, now)
    return wire


def _settings(market: WorldMarket, now: Instant) -> Wire:
    wire: Wire = {
        "marketMakerAddress": "",
        "enableOrderBook": True,
        "acceptingOrders": not market.is_closed(now),
        "acceptingOrdersTimestamp": _iso_seconds(market.opened_at),
        "orderPriceMinTickSize": market.tick_size,
        "orderMinSize": int(market.min_order_size),
        "negRisk": market.neg_risk,
        "negRiskRequestID": market.question_id if market.neg_risk else "",
        "negRiskOther": False,
        "hasReviewedDates": True,
        "comboStatus": "pending",
        "submitted_by": _RESOLVER,
        "resolvedBy": _RESOLVER,
        "deployingTimestamp": _iso(market.opened_at),
        "umaBond": "500",
        "umaReward": "5",
        "customLiveness": 0,
        "makerBaseFee": LEGACY_BASE_FEE if market.has_fees else 0,
        "takerBaseFee": LEGACY_BASE_FEE if market.has_fees else 0,
        "ready": False,
        "funded": False,
        "cyom": False,
        "approved": True,
        "pagerDutyNotificationEnabled": False,
        "rewardsMinSize": 50,
        "rewardsMaxSpread": 4.5,
        "automaticallyActive": True,
        "clearBookOnStart": True,
        "manualActivation": False,
        "pendingDeployment": False,
        "deploying": False,
        "rfqEnabled": False,
        "holdingRewardsEnabled": False,
        "requiresTranslation": False,
        "feesEnabled": market.has_fees,
        "feeType": f"{market.category}_fees" if market.has_fees else None,
        "feeSchedule": _fee_schedule(market),
    }
    return wire | ({"negRiskMarketID": neg_risk_id(market)} if market.neg_risk else {})


def _fee_schedule(market: WorldMarket) -> Wire | None:
    if not market.has_fees:
        return None
    rebate = _REBATES.get(market.category, 0.25)
    return {"exponent": 1, "rate": market.fee_rate, "takerOnly": True, "rebateRate": rebate}


def _resolution(market: WorldMarket, now: Instant) -> Wire:
    """What is known of the end: nothing while open, the course of the oracle after."""
    status = market.status(now)
    seen = ["proposed"] if market.proposed_at is not None and now >= market.proposed_at else []
    if market.disputed_at is not None and now >= market.disputed_at:
        seen += ["disputed"]
        seen += ["proposed"] if status is MarketStatus.RESOLVED else []
    wire: Wire = {"umaResolutionStatuses": json.dumps(seen)}
    if market.is_closed(now):
        wire["closedTime"] = to_iso(market.end_at)[:19].replace("T", " ") + "+00"
    if status in (MarketStatus.PROPOSED, MarketStatus.DISPUTED, MarketStatus.RESOLVED):
        wire["umaResolutionStatus"] = status.value
    if status is MarketStatus.RESOLVED and market.resolved_at is not None:
        wire |= {"umaEndDate": _iso_seconds(market.resolved_at), "automaticallyResolved": True}
    return wire


def _event_head(venue: Venue, numbers: list[int], now: Instant) -> Wire:
    markets = [venue.markets[number] for number in numbers]
    first, end_at = markets[0], max(market.end_at for market in markets)
    volume = round(sum(venue.volume(number, 0, now) for number in numbers), 6)
    day = round(sum(venue.volume(number, now - DAY, now) for number in numbers), 6)
    liquidity = round(sum(_liquidity(venue, number, now) for number in numbers), 4)
    wire: Wire = {
        "id": first.event_id,
        "ticker": first.event_slug,
        "slug": first.event_slug,
        "title": first.event_title,
        "description": description_of(first),
        "resolutionSource": "",
        "startDate": _iso(first.opened_at),
        "creationDate": _iso(first.opened_at),
        "endDate": _iso_seconds(end_at),
        "image": "",
        "icon": "",
        "active": True,
        "closed": all(market.is_closed(now) for market in markets),
        "archived": False,
        "new": False,
        "featured": False,
        "restricted": True,
        "liquidity": liquidity,
        "liquidityClob": liquidity,
        "volume": volume,
        "openInterest": 0,
        "createdAt": _iso(first.opened_at),
        "updatedAt": _iso(now),
        "volume24hr": day,
        "enableOrderBook": True,
        "negRisk": first.neg_risk,
        "commentCount": 0,
        "cyom": False,
        "showAllOutcomes": True,
        "showMarketImages": True,
        "enableNegRisk": first.neg_risk,
        "automaticallyActive": True,
        "negRiskAugmented": False,
        "pendingDeployment": False,
        "deploying": False,
        "requiresTranslation": False,
    }
    return wire | ({"negRiskMarketID": neg_risk_id(first)} if first.neg_risk else {})


def _liquidity(venue: Venue, number: int, now: Instant) -> float:
    """Collateral resting in a market's book."""
    ladder = venue.ladder(number, 0, now)
    if ladder is None:
        return 0.0
    bids = sum(ladder.price(tick) * size for tick, size in ladder.bids)
    return round(bids + sum((1 - ladder.price(tick)) * size for tick, size in ladder.asks), 4)


def _iso(at: Instant) -> str:
    return to_iso(at)


def _iso_seconds(at: Instant) -> str:
    return to_iso(at)[:19] + "Z"
