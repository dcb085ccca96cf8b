"""Wallets that look like one hand: they trade in step, or trade back and forth with each other."""

from __future__ import annotations

import numpy as np
import pandas as pd

from copytrade_live.core.market import Side

# Two wallets are in step from this many coincidences on, over this many markets, in this share of the smaller record.
COINCIDENCES = 5
MARKETS = 3
SHARE = 0.2
# More wallets than this at one moment are a crowd that follows news, not a hand.
CROWD = 10
# Two wallets wash from this many round trips on, each back within this time at a size this equal.
ROUND_TRIPS = 3
ROUND_TRIP_SECONDS = 3600.0
SAME_SIZE = 0.01


def find_clusters(moments: pd.DataFrame, records: pd.Series, meetings: pd.DataFrame) -> pd.DataFrame:
    """Join the wallets of every pair that trades in step or washes.

    Shape: moments and records as in pairs_in_step, meetings as in washing_pairs.
    Returns: wallet, cluster_id (the first wallet of the cluster), ordered; who stands alone is not there.
    """
    pairs = pd.concat([pairs_in_step(moments, records), washing_pairs(meetings)], ignore_index=True)
    wallets = np.unique(pairs[["first", "second"]].to_numpy().astype(object))
    places = (np.searchsorted(wallets, pairs[name].to_numpy(object)) for name in ("first", "second"))
    of = connected(len(wallets), *places)
    return pd.DataFrame({"wallet": wallets, "cluster_id": wallets[of]}, dtype=object)


def pairs_in_step(moments: pd.DataFrame, records: pd.Series) -> pd.DataFrame:
    """Pairs of wallets that do the same in the same second at equal sizes, again and again.

    Shape: moments(wallet, condition_id, token_id, side, size, started_at): episodes that share market, second and size
    with another wallet's; records: how many episodes each wallet has. Returns: first, second (wallets, ordered),
    coincidences.
    """
    key = ["condition_id", "direction", "second_of", "shares"]
    rows = pd.DataFrame(
        {
            "wallet": moments["wallet"].astype(object),
            "condition_id": moments["condition_id"].astype(object),
            "direction": _directions(moments),
            "second_of": moments["started_at"].dt.floor("s"),
            "shares": (moments["size"].astype(float) * 100).round(),
        }
    ).drop_duplicates()
    together = rows.groupby(key)["wallet"].transform("size")
    shared = rows[together.between(2, CROWD)]
    pairs = shared.merge(shared, on=key, suffixes=("", "_other"))
    pairs = pairs[pairs["wallet"] < pairs["wallet_other"]]
    counted = pairs.groupby(["wallet", "wallet_other"], sort=True).agg(
        coincidences=("shares", "size"), markets=("condition_id", "nunique")
    )
    counted = counted.reset_index().rename(columns={"wallet": "first", "wallet_other": "second"})
    smaller = np.minimum(counted["first"].map(records), counted["second"].map(records))
    often = (counted["coincidences"] >= COINCIDENCES) & (counted["markets"] >= MARKETS)
    found = counted.loc[often & (counted["coincidences"] >= SHARE * smaller), ["first", "second", "coincidences"]]
    return found.reset_index(drop=True)


def washing_pairs(meetings: pd.DataFrame) -> pd.DataFrame:
    """Pairs of wallets that sell each other the same thing back and forth.

    Shape: meetings(wallet, condition_id, token_id, side, size, event_at, tx_hash): fills that share a transaction with
    another watched wallet, or where none is known the second. Returns: first, second (wallets, ordered), round_trips.
    """
    if meetings.empty:
        return pd.DataFrame({"first": [], "second": [], "round_trips": []}).astype({"first": object, "second": object})
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


def _between_two(meetings: pd.DataFrame) -> pd.DataFrame:
    rows = meetings.drop_duplicates()
    second = rows["event_at"].dt.floor("s").astype(str) + rows["token_id"].astype(str)
    rows = pd.DataFrame(
        {
            "wallet": rows["wallet"].astype(object),
            "place": rows["tx_hash"].where(rows["tx_hash"].notna(), second).astype(str),
            "line": rows["condition_id"].astype(str),
            "at": rows["event_at"],
            "size": rows["size"].astype(float),
            "direction": _directions(rows),
        }
    )
    met = rows[rows["direction"] > 0].merge(rows[rows["direction"] < 0], on=["place", "line"], suffixes=("", "_other"))
    met = met[met["wallet"] != met["wallet_other"]]
    is_ordered = met["wallet"] < met["wallet_other"]
    return pd.DataFrame(
        {
            "first": met["wallet"].where(is_ordered, met["wallet_other"]),
            "second": met["wallet_other"].where(is_ordered, met["wallet"]),
            "line": met["line"],
            "at": met["at"],
            "size": np.minimum(met["size"], met["size_other"]),
            "direction": np.where(is_ordered, 1, -1),
        }
    )


def _directions(rows: pd.DataFrame) -> np.ndarray:
    # Who sells one outcome is where the buyer of the other one is.
    first_token = rows.groupby("condition_id")["token_id"].transform("min")
    buys = (rows["side"] == str(Side.BUY)) == (rows["token_id"] == first_token)
    return np.where(buys, 1, -1)
