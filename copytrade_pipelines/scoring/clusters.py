"""Wallets that look like one hand: they trade in step, or trade back and forth with each other."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from copytrade_live.core.market import Side
from copytrade_pipelines.scoring.frame import SELL, EvidenceFrame

# Two wallets are in step from this many coincidences on, over this many tokens, in this share of the smaller record.
COINCIDENCES = 5
TOKENS = 3
SHARE = 0.2
# More wallets than this at one moment are a crowd that follows news, not a hand.
CROWD = 10
# Two wallets wash from this many round trips on, each back within this time at a size this equal.
ROUND_TRIPS = 3
ROUND_TRIP_SECONDS = 3600.0
SAME_SIZE = 0.01
_SECOND = 1_000_000


@dataclass(frozen=True, slots=True)
class Clusters:
    """For each wallet code the code of its cluster's first wallet, -1 for who stands alone."""

    of: np.ndarray

    @property
    def is_member(self) -> np.ndarray:
        """Whether the wallet is in a cluster."""
        return self.of >= 0


def find_clusters(frame: EvidenceFrame, meetings: pd.DataFrame) -> Clusters:
    """Join the wallets of every pair that trades in step or washes.

    Shape: meetings as in washing_pairs.
    """
    codes = {name: code for code, name in enumerate(frame.names.wallets)}
    washing = washing_pairs(meetings)
    washing = washing[washing["first"].isin(codes) & washing["second"].isin(codes)]
    known = pd.DataFrame({name: washing[name].map(codes).to_numpy(np.int64) for name in ("first", "second")})
    pairs = pd.concat([pairs_in_step(frame)[["first", "second"]], known], ignore_index=True)
    return Clusters(connected(len(frame.names.wallets), pairs["first"].to_numpy(), pairs["second"].to_numpy()))


def pairs_in_step(frame: EvidenceFrame) -> pd.DataFrame:
    """Pairs of wallets that open the same position in the same second at equal sizes, again and again.

    Returns: first, second (codes, first the lower), coincidences; ordered.
    """
    moments = pd.DataFrame(
        {
            "line": bought_line(frame),
            "second_of": frame.started_at // _SECOND,
            "size": np.round(frame.opened * 100).astype(np.int64),
            "wallet": frame.wallet,
        }
    ).drop_duplicates()
    key = ["line", "second_of", "size"]
    together = moments.groupby(key)["wallet"].transform("size")
    shared = moments[together.between(2, CROWD)]
    pairs = shared.merge(shared, on=key, suffixes=("", "_other"))
    pairs = pairs[pairs["wallet"] < pairs["wallet_other"]]
    counted = pairs.groupby(["wallet", "wallet_other"], sort=True).agg(
        coincidences=("line", "size"), tokens=("line", "nunique")
    )
    counted = counted.reset_index().rename(columns={"wallet": "first", "wallet_other": "second"})
    record = np.bincount(frame.wallet, minlength=len(frame.names.wallets))
    smaller = np.minimum(record[counted["first"].to_numpy(np.int64)], record[counted["second"].to_numpy(np.int64)])
    often = (counted["coincidences"] >= COINCIDENCES) & (counted["tokens"] >= TOKENS)
    found: pd.DataFrame = counted[often & (counted["coincidences"] >= SHARE * smaller)].reset_index(drop=True)
    return found


def washing_pairs(meetings: pd.DataFrame) -> pd.DataFrame:
    """Pairs of wallets that sell each other the same thing back and forth.

    Shape: meetings(wallet, condition_id, token_id, side, size, event_at, tx_hash): fills that share a transaction with
    another watched wallet, or where none is known the second. Returns: first, second (wallets, ordered), round_trips.
    """
    if meetings.empty:
        return pd.DataFrame({"first": [], "second": [], "round_trips": []}).astype({"first": str, "second": str})
    trades = _between_two(meetings)
    trades = trades.sort_values(["first", "second", "line", "at", "size", "direction"], kind="stable")
    keys = [trades[name] for name in ("first", "second", "line")]
    before = trades.groupby(keys)
    is_back = (
        (before["direction"].shift() == -trades["direction"])
        & (trades["at"] - before["at"].shift() <= pd.Timedelta(seconds=ROUND_TRIP_SECONDS))
        & ((trades["size"] - before["size"].shift()).abs() <= SAME_SIZE * trades["size"])
    )
    # A trade that went back cannot be the way there as well: of a run of returns every second one counts.
    run = is_back.groupby([*keys, (~is_back).cumsum()]).cumsum()
    trades = trades.assign(round_trip=is_back & (run % 2 == 1))
    counted = trades.groupby(["first", "second"])["round_trip"].agg(["sum", "size"]).reset_index()
    washes = (counted["sum"] >= ROUND_TRIPS) & (2 * counted["sum"] >= SHARE * counted["size"])
    found: pd.DataFrame = counted[washes].rename(columns={"sum": "round_trips"})[["first", "second", "round_trips"]]
    return found.reset_index(drop=True)


def connected(count: int, first: np.ndarray, second: np.ndarray) -> np.ndarray:
    """Connected components by union-find: each member's lowest member, -1 for who has no pair."""
    root = np.arange(count)

    def find(member: int) -> int:
        while root[member] != member:
            root[member] = root[root[member]]
            member = int(root[member])
        return member

    for one, other in zip(first.tolist(), second.tolist(), strict=True):
        low, high = sorted((find(one), find(other)))
        root[high] = low
    members = np.unique(np.concatenate([first, second])).astype(np.int64)
    of = np.full(count, -1, dtype=np.int64)
    of[members] = [find(member) for member in members.tolist()]
    return of


def bought_line(frame: EvidenceFrame) -> np.ndarray:
    """A number for what was bought: who sells a token buys the other one of its market."""
    token = frame.token.astype(np.int64)
    markets = len(frame.names.markets)
    low = np.full(markets, np.iinfo(np.int64).max)
    high = np.full(markets, -1)
    np.minimum.at(low, frame.market, token)
    np.maximum.at(high, frame.market, token)
    low, high = low[frame.market], high[frame.market]
    # Where only one token of a market was ever seen, its complement has no code: a negative one stands for it.
    other = np.where(low == high, -1 - token, low + high - token)
    return np.asarray(np.where(frame.side == SELL, other, token))


def _between_two(meetings: pd.DataFrame) -> pd.DataFrame:
    rows = meetings.drop_duplicates()
    second = rows["event_at"].dt.floor("s").astype(str) + rows["token_id"].astype(str)
    first_token = rows.groupby("condition_id")["token_id"].transform("min")
    buys = (rows["side"] == str(Side.BUY)) == (rows["token_id"] == first_token)
    rows = pd.DataFrame(
        {
            "wallet": rows["wallet"].astype(str),
            "place": rows["tx_hash"].where(rows["tx_hash"].notna(), second).astype(str),
            "line": rows["condition_id"].astype(str),
            "at": rows["event_at"],
            "size": rows["size"].astype(float),
            "direction": np.where(buys, 1, -1),
        }
    )
    met = rows[rows["direction"] > 0].merge(rows[rows["direction"] < 0], on=["place", "line"], suffixes=("", "_other"))
    met = met[met["wallet"] != met["wallet_other"]]
    is_ordered = met["wallet"] < met["wallet_other"]
    return pd.DataFrame(
        {
            "first": np.where(is_ordered, met["wallet"], met["wallet_other"]),
            "second": np.where(is_ordered, met["wallet_other"], met["wallet"]),
            "line": met["line"],
            "at": met["at"],
            "size": np.minimum(met["size"], met["size_other"]),
            "direction": np.where(is_ordered, 1, -1),
        }
    )
