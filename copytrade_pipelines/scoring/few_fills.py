"""A world of a few wallets, markets and fills, as small as it can be for every loop of the scorer to be called."""

from __future__ import annotations

from typing import Any

import pandas as pd

from copytrade_live.core.market import DAY, HOUR, SECOND, Instant
from copytrade_pipelines.scoring.evidence import TIME, Evidence, no_evidence

START: Instant = 1_750_000_000_000
AS_OF: Instant = START + 60 * DAY
_WALLETS, _MARKETS, _FILLS = 4, 6, 40


def fills() -> pd.DataFrame:
    """Buys and sells of every wallet, taken and made; others buy the same soon after, two of them at once."""
    rows = [_fill(number) for number in range(_FILLS * _WALLETS)]
    rows += [_follower(row, who) for row in rows for who in ("b", "a")]
    return pd.DataFrame(rows).astype({"event_at": TIME, "observed_at": TIME})


def evidence() -> Evidence:
    """Complete histories, markets of which some have paid out, hourly mids."""
    markets = pd.DataFrame([_market(number) for number in range(_MARKETS)])
    return no_evidence(
        wallets=pd.DataFrame(
            {"wallet": map(_wallet, range(_WALLETS)), "coverage": 1.0, "history_complete": True},
        ),
        markets=markets.astype({"end_at": TIME, "closed_at": TIME}),
        outcomes=pd.DataFrame([_outcome(number, side) for number in range(_MARKETS // 2) for side in (0, 1)]).astype(
            {"resolved_at": TIME, "known_at": TIME}
        ),
        prices=pd.DataFrame(
            [_mid(number, hour) for number in range(_MARKETS) for hour in range(_FILLS * _WALLETS)]
        ).astype({"at": TIME}),
    )


def _wallet(number: int) -> str:
    return f"0x{number:040x}"


def _token(market: int, side: int) -> str:
    return f"token-{market}-{side}"


def _at(instant: Instant) -> pd.Timestamp:
    return pd.Timestamp(instant, unit="ms")


def _fill(number: int) -> dict[str, Any]:
    wallet, market, when = number % _WALLETS, number % _MARKETS, START + number * HOUR
    return {
        "fill_id": f"fill-{number:04d}",
        "wallet": _wallet(wallet),
        "condition_id": f"market-{market}",
        "token_id": _token(market, number // 7 % 2),
        "side": "SELL" if number % 5 == 0 else "BUY",
        "role": "maker" if number % 3 == 0 else "taker",
        "price": 0.3 + 0.01 * (number % 40),
        "size": 100.0 + number,
        "event_at": _at(when),
        "observed_at": _at(when + 10 * SECOND),
    }


def _follower(row: dict[str, Any], who: str) -> dict[str, Any]:
    at = {name: row[name] + pd.Timedelta(seconds=20) for name in ("event_at", "observed_at")}
    who = f"0x{who * 40}"
    return row | at | {"fill_id": f"{row['fill_id']}-{who}", "wallet": who, "side": "BUY", "role": "taker"}


def _market(number: int) -> dict[str, Any]:
    return {
        "condition_id": f"market-{number}",
        "event_id": f"event-{number // 2}",
        "category": "sports" if number % 2 else "politics",
        "fee_rate": 0.02,
        "fee_exponent": 1.0,
        "end_at": _at(START + 40 * DAY),
        "closed_at": pd.NaT,
        "token_ids": [_token(number, 0), _token(number, 1)],
        "neg_risk": False,
        "event_size": None,
    }


def _outcome(market: int, side: int) -> dict[str, Any]:
    when = START + 40 * DAY
    return {
        "token_id": _token(market, side),
        "payout": float(side),
        "resolved_at": _at(when),
        "known_at": _at(when + HOUR),
    }


def _mid(market: int, hour: int) -> dict[str, Any]:
    return {"token_id": _token(market, 0), "at": _at(START + hour * HOUR), "mid": 0.4 + 0.001 * hour}
