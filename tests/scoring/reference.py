"""The evidence of a score as plainly as it can be said: loops over rows, no codes, no running sums, no order tricks."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from statistics import median
from typing import Any

import duckdb
import pandas as pd

from copytrade_live.core.market import Level
from copytrade_live.core.pricing import cost_per_share, walk_asks
from copytrade_pipelines.scoring.evidence import Evidence, fills_known_by, known_by
from copytrade_pipelines.scoring.parameters import ScoreParameters

Row = dict[str, Any]
HOUR = pd.Timedelta(hours=1)
HORIZONS = ("1h", "6h", "24h", "close")


@dataclass
class Market:
    """What the reference knows of a market: its row, and when it stops telling anything."""

    row: Mapping[str, Any]
    end: pd.Timestamp | None

    @property
    def close(self) -> pd.Timestamp | None:
        return None if self.end is None else self.end - pd.Timedelta(minutes=30)


class Reference:
    """Everything known at as_of, and what the score is made of."""

    def __init__(self, fills: pd.DataFrame, evidence: Evidence, as_of: int, parameters: ScoreParameters) -> None:
        self.parameters, self.now = parameters, pd.Timestamp(as_of, unit="ms")
        self.lag = pd.Timedelta(seconds=parameters.index_lag_seconds)
        self.known = known_by(evidence, as_of, parameters)
        rows = fills_known_by(fills, as_of).drop_duplicates("fill_id")
        self.fills: list[Row] = (
            rows[rows["size"] > 0].sort_values(["event_at", "wallet", "token_id"]).to_dict("records")
        )
        self.outcomes = {row["token_id"]: row for row in self.known.outcomes.to_dict("records")}
        self.markets = {row["condition_id"]: self._market(row) for row in self.known.markets.to_dict("records")}
        self.watched = set(self.known.wallets.loc[self.known.wallets["history_complete"], "wallet"])

    def _market(self, row: Row) -> Market:
        ends = [row["end_at"], row["closed_at"]]
        ends += [self.outcomes[token]["resolved_at"] for token in row["token_ids"] if token in self.outcomes]
        told = [end for end in ends if not pd.isna(end)]
        return Market(row, min(told) if told else None)

    def episodes(self) -> list[Row]:
        """Fills of one wallet, token and side that follow each other within the gap, netted."""
        lines: dict[tuple[str, str, str], list[Row]] = defaultdict(list)
        for fill in sorted(self.fills, key=lambda fill: (fill["event_at"], fill["fill_id"])):
            lines[fill["wallet"], fill["token_id"], fill["side"]].append(fill)
        found = [self._episode(part) for fills in lines.values() for part in self._parts(fills)]
        self._net(found)
        return found

    def _parts(self, fills: list[Row]) -> Iterator[list[Row]]:
        part: list[Row] = []
        for fill in fills:
            gap = pd.Timedelta(minutes=self.parameters.episode_gap_minutes)
            if part and fill["event_at"] - part[-1]["event_at"] > gap:
                yield part
                part = []
            part.append(fill)
        yield part

    def _episode(self, fills: list[Row]) -> Row:
        size = sum(fill["size"] for fill in fills)
        took = sum(fill["size"] for fill in fills if fill["role"] == "taker")
        rested = sum(fill["size"] for fill in fills if fill["role"] == "maker")
        first = fills[0]
        market = self.markets[first["condition_id"]].row
        second = first["token_id"] == market["token_ids"][1]
        return {
            "wallet": first["wallet"], "token": first["token_id"], "condition": first["condition_id"],
            "event": market["event_id"], "category": market["category"], "is_sale": first["side"] == "SELL",
            "way": 1 if (first["side"] == "BUY") != second else -1, "size": size,
            "price": sum(fill["price"] * fill["size"] for fill in fills) / size,
            "rests": rested > 0.0 and took < rested,
            "started": first["event_at"], "ended": fills[-1]["event_at"], "first": first["fill_id"],
        }  # fmt: skip

    def _net(self, episodes: list[Row]) -> None:
        held: dict[tuple[str, str], dict[str, float]] = defaultdict(lambda: defaultdict(float))
        for row in sorted(episodes, key=lambda row: (row["started"], row["token"], row["is_sale"])):
            market = self.markets[row["condition"]].row
            field = market["event_size"] if market["neg_risk"] else None
            positions = held[row["wallet"], row["event"]]
            own, way = positions[row["condition"]], row["way"]
            threshold = 0.0
            others = [value * way for name, value in positions.items() if name != row["condition"]]
            if field and any(name != row["condition"] for name in self._traded(episodes, row)):
                others += [0.0] * (int(field) - 1 - len(others))
                threshold = sorted(others)[(int(field) + 1) // 2 - 1]
            opened = max(0.0, own * way + row["size"] - max(own * way, threshold))
            row["opened"] = opened if opened > 1e-6 * row["size"] else 0.0
            positions[row["condition"]] += way * row["size"]

    def _traded(self, episodes: list[Row], row: Row) -> set[str]:
        return {
            other["condition"]
            for other in episodes
            if (other["wallet"], other["event"]) == (row["wallet"], row["event"])
        }

    def opening(self) -> list[Row]:
        """Episodes that open, of scored wallets, in the history, with cost and parts."""
        oldest = self.now - pd.Timedelta(days=self.parameters.history_days)
        rows = [
            row for row in self.episodes()
            if row["opened"] > 0.0 and row["wallet"] in self.watched and row["started"] >= oldest
        ]  # fmt: skip
        for row in rows:
            self._measure(row)
        for row in rows:
            self._price(row, rows)
            self._observe(row)
        return rows

    def _bought(self, row: Row, value: float | None) -> float | None:
        return None if value is None else 1.0 - value if row["is_sale"] else value

    def _measure(self, row: Row) -> None:
        row["bought"] = self._bought(row, row["price"])
        copied_at = row["started"] + pd.Timedelta(seconds=self.parameters.latency_seconds)
        met = self._recorded(row, copied_at, copied_at - HOUR)
        row["start"] = max(row["bought"], met) if row["rests"] and met is not None else row["bought"]
        walked = self._walked(row, copied_at)
        row["measured"] = walked if walked is not None else self._paid(row, copied_at)

    def _walked(self, row: Row, copied_at: pd.Timestamp) -> float | None:
        books = self.known.books
        mine = books[(books["token_id"] == row["token"]) & (books["event_at"] >= copied_at)]
        mine = mine[mine["event_at"] <= copied_at + pd.Timedelta(seconds=60)].sort_values("event_at", kind="stable")
        if mine.empty:
            return None
        levels = mine.iloc[0]["bids" if row["is_sale"] else "asks"]
        offers = [Level(1.0 - one["price"] if row["is_sale"] else one["price"], one["size"]) for one in levels]
        price, filled = walk_asks(offers, self.parameters.reference_stake)
        return price if filled > 0.0 else None

    def _paid(self, row: Row, copied_at: pd.Timestamp) -> float | None:
        window = [
            fill for fill in self.fills
            if copied_at < fill["event_at"] <= copied_at + pd.Timedelta(seconds=30)
            and fill["token_id"] == row["token"] and (fill["side"] == "SELL") == row["is_sale"]
            and fill["role"] == "taker" and fill["wallet"] != row["wallet"]
        ]  # fmt: skip
        size = sum(fill["size"] for fill in window)
        return self._bought(row, sum(fill["price"] * fill["size"] for fill in window) / size) if window else None

    def _price(self, row: Row, rows: list[Row]) -> None:
        price = row["measured"]
        if price is None:
            price = row["start"] + self._usual(row, rows)
        market = self.markets[row["condition"]].row
        fee_at = min(max(price, 0.0), 1.0)
        row["cost"] = price + cost_per_share(fee_at, market["fee_rate"], market["fee_exponent"]) - fee_at
        row["imputed"] = float(row["measured"] is None)

    def _usual(self, row: Row, rows: list[Row]) -> float:
        weeks: dict[int, list[float]] = defaultdict(list)
        for other in rows:
            if other["category"] == row["category"] and other["measured"] is not None:
                weeks[_week(other["started"])].append(other["measured"] - other["start"])
        earlier = [week for week, found in weeks.items() if week < _week(row["started"]) and len(found) >= 20]
        return median(weeks[max(earlier)]) if earlier else self.parameters.modelled_slippage

    def _observe(self, row: Row) -> None:
        market = self.markets[row["condition"]]
        hours = {"1h": 1.0, "6h": self.parameters.horizon_hours, "24h": 24.0}
        readings = {name: (row["started"] + length * HOUR, length) for name, length in hours.items()}
        row["mid"] = {name: self._guarded(row, market, *reading) for name, reading in readings.items()}
        due = [readings["6h"][0], *([market.close] if market.close is not None else [])]
        later = None
        if min(due) <= self.now - self.lag:
            later = next((mid for mid in (row["mid"]["6h"], row["mid"]["1h"]) if mid is not None), None)
        payout = self._bought(row, self.outcomes[row["token"]]["payout"] if row["token"] in self.outcomes else None)
        row["payout"] = payout
        row["a"] = None if later is None else later - row["cost"]
        row["r"] = None if later is None or payout is None else payout - later
        row["o"] = payout - row["cost"] if later is None and payout is not None else None
        row["r_sd"] = None if later is None else _deviation(later)
        row["o_sd"] = _deviation(row["bought"])

    def _guarded(self, row: Row, market: Market, read_at: pd.Timestamp, hours: float) -> float | None:
        if read_at > self.now - self.lag or (market.end is not None and read_at >= market.end):
            return None
        tolerance = max(hours / 2.0, min(hours, 1.0)) * HOUR
        oldest = max(read_at - tolerance, row["started"] + pd.Timedelta(microseconds=1))
        mid = self._recorded(row, read_at, oldest)
        if mid is None:
            mid = self._traded_mid(row, read_at, max(oldest, read_at - pd.Timedelta(minutes=30)))
        if mid is None:
            return None
        gap = pd.Timedelta(minutes=self.parameters.episode_gap_minutes)
        since = min(row["ended"], row["started"] + gap)
        window = [
            fill
            for fill in self.fills
            if fill["condition_id"] == row["condition"] and since < fill["event_at"] <= read_at
        ]
        total = sum(round(fill["size"] * 1e6) for fill in window)
        own = [fill for fill in window if fill["wallet"] == row["wallet"] and self._way(fill) == row["way"]]
        is_own_making = (
            total > 0 and sum(round(fill["size"] * 1e6) for fill in own) / total > self.parameters.impact_share
        )
        return None if is_own_making else mid

    def _way(self, fill: Row) -> int:
        second = fill["token_id"] == self.markets[fill["condition_id"]].row["token_ids"][1]
        return 1 if (fill["side"] == "BUY") != second else -1

    def _recorded(self, row: Row, read_at: pd.Timestamp, oldest: pd.Timestamp) -> float | None:
        tokens = list(self.markets[row["condition"]].row["token_ids"])
        other = tokens[1] if row["token"] == tokens[0] else tokens[0]
        for token in (row["token"], other):
            prices = self.known.prices
            mine = prices[(prices["token_id"] == token) & (prices["at"] <= read_at) & (prices["at"] >= oldest)]
            if len(mine):
                mid = float(mine.sort_values("at")["mid"].iloc[-1])
                return self._bought(row, mid if token == row["token"] else 1.0 - mid)
        return None

    def _traded_mid(self, row: Row, read_at: pd.Timestamp, oldest: pd.Timestamp) -> float | None:
        sides: dict[int, float] = {}
        for fill in self._in_market_order(row["condition"]):
            if not oldest <= fill["event_at"] <= read_at or fill["role"] != "taker" or fill["wallet"] == row["wallet"]:
                continue
            second = fill["token_id"] == self.markets[fill["condition_id"]].row["token_ids"][1]
            sides[self._way(fill)] = 1.0 - fill["price"] if second else fill["price"]
        if len(sides) < 2:
            return None
        mid = (sides[1] + sides[-1]) / 2.0
        return mid if row["way"] == 1 else 1.0 - mid

    def _in_market_order(self, condition: str) -> list[Row]:
        mine = [fill for fill in self.fills if fill["condition_id"] == condition]
        return sorted(
            mine,
            key=lambda fill: (
                fill["event_at"],
                fill["wallet"],
                fill["token_id"],
                fill["side"] == "SELL",
                fill["fill_id"],
            ),
        )

    def sums(self) -> pd.DataFrame:
        """Sums of events by wallet, in SQL over the rows of opening, in the names of shrinkage.sum_events."""
        names = ("wallet", "event", "started", "bought", "opened", "cost", "imputed", "a", "r", "o", "r_sd", "o_sd")
        rows = pd.DataFrame(
            [{name: row[name] for name in names} for row in self.opening()], columns=list(names)
        ).astype({name: float for name in names[3:]})
        settings = {"cap": self.parameters.stake_cap_multiple, "half_life": self.parameters.half_life_days}
        con = duckdb.connect()
        con.register("opening", rows)
        return con.execute(_SUMS, settings).df().set_index("wallet")


def _week(moment: pd.Timestamp) -> int:
    return moment.value // (7 * 86_400 * 10**9)


def _deviation(price: float) -> float:
    likely = min(max(price, 0.005), 0.995)
    return float((likely * (1.0 - likely)) ** 0.5)


_SUMS = """
    with staked as (
        select *, greatest(bought * opened, 0.0) as stake from opening
    ),
    weighed as (
        select *, greatest(least(stake, $cap * median(stake) over (partition by wallet)), 1e-6) as w from staked
    ),
    events as (
        select wallet, event,
            sum(w * a) / sum(w) filter (where a is not null) as a,
            sum(w * r) / sum(w) filter (where r is not null) as r,
            sum(w * o) / sum(w) filter (where o is not null) as o,
            sum(w * r_sd) filter (where r is not null) / sum(w) filter (where r is not null) as r_sd,
            sum(w * o_sd) filter (where o is not null) / sum(w) filter (where o is not null) as o_sd,
            sum(w * imputed) / sum(w) as imputed,
            sum(w * (cost - bought)) / sum(w) as extra,
            pow(2, date_diff('microsecond', timestamp '2020-01-01', max(started)) / 86400e6 / $half_life) as t
        from weighed group by wallet, event
    ),
    told as (
        select * replace (if(a is null, o, null) as o) from events where a is not null or o is not null
    )
    select wallet,
        count(a) as a_n, sum(t) filter (where a is not null) as a_w, sum(t * t) filter (where a is not null) as a_ww,
        sum(t * a) as a_wx, sum(t * a * a) as a_wxx,
        count(r) as r_n, sum(t) filter (where r is not null) as r_w, sum(t * r) as r_wx,
        sum(t * t * r_sd * r_sd) filter (where r is not null) as r_wwv,
        count(o) as o_n, sum(t) filter (where o is not null) as o_w, sum(t * o) as o_wx,
        sum(t * t * o_sd * o_sd) filter (where o is not null) as o_wwv,
        sum(t * imputed) as imputed_w, sum(t * extra) as extra_w
    from told group by wallet order by wallet
"""
