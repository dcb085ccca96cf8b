"""The recorded world: fills, markets and quotes from a folder, served at their own times."""

from __future__ import annotations

import re
from collections import defaultdict
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from copytrade_live.core.market import MINUTE, SECOND, Instant
from copytrade_live.errors import InputFileError
from copytrade_live.sandbox.ids import hex_id, token_id
from copytrade_live.sandbox.ladder import Ladder
from copytrade_live.sandbox.ledger import Columns, Kind, Ledger, file_columns
from copytrade_live.sandbox.recorded_files import MARKETS, TRADES, Table, read_markets, read_quotes, read_trades
from copytrade_live.sandbox.recorded_quotes import Quotes, index_quotes
from copytrade_live.sandbox.world import Floats, Instants, WorldMarket, WorldWallet

# Crypto windows settle by themselves within minutes.
SETTLEMENT: Instant = 2 * MINUTE
_CONDITION = re.compile(r"0x[0-9a-f]{64}")
_COMPLEMENTS = {"Yes": "No", "No": "Yes", "Up": "Down", "Down": "Up", "Over": "Under", "Under": "Over"}
_FIRST_NAMES = ("Yes", "Up", "Over")


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class RecordedWorld:
    """A world read from a folder; see world.World."""

    wallets: tuple[WorldWallet, ...]
    markets: tuple[WorldMarket, ...]
    ledger: Ledger
    quotes: dict[int, Quotes]
    first_at: Instant
    start_at: Instant
    kind: str = "recorded"
    seed: int | None = None

    def ladder(self, market: int, at: Instant) -> Ladder | None:
        """The first outcome's book as last recorded; None where no quote was recorded or trading has ended."""
        quotes = self.quotes.get(market)
        if quotes is None or at >= self.markets[market].end_at:
            return None
        return quotes.ladder(at, self.markets[market].tick_size)

    def mids(self, market: int, at: Instants) -> Floats:
        """The first outcome's recorded mid, NaN where there is none."""
        quotes = self.quotes.get(market)
        return np.full(len(at), np.nan) if quotes is None else quotes.mids(at)


def build_recorded_world(folder: Path) -> RecordedWorld:
    """Read a folder. Raises: InputFileError naming file, column, row and value."""
    trades, listed, quotes = read_trades(folder), read_markets(folder), read_quotes(folder)
    seen = _see(folder, trades, listed)
    markets = [_market(number, key, listed, seen[key]) for number, key in enumerate(listed["market_key"])]
    order = sorted(range(len(markets)), key=lambda number: (markets[number].opened_at, number))
    place = {listed["market_key"][number]: position for position, number in enumerate(order)}
    ordered = tuple(markets[number] for number in order)
    addresses = sorted(set(trades["wallet"]))
    ledger = _file(trades, ordered, place, {address: number for number, address in enumerate(addresses)})
    ends = [market.resolved_at or market.end_at for market in ordered]
    return RecordedWorld(
        wallets=tuple(_wallet(address) for address in addresses),
        markets=ordered,
        ledger=ledger,
        quotes=index_quotes(quotes, place) if quotes is not None else {},
        first_at=min(trades["ts_utc"]) - MINUTE,
        start_at=max(int(ledger.at[-1]), max(ends)) + MINUTE,
    )


@dataclass(slots=True)
class _Seen:
    """What the fills say about one market."""

    outcomes: dict[str, str]
    first_at: Instant = 0
    last_at: Instant = 0
    is_fine: bool = False

    def token(self, key: str, outcome: str) -> str:
        """The token id as recorded, else one made from the market and the outcome."""
        return self.outcomes.get(outcome) or token_id("token", key, outcome)


def _see(folder: Path, trades: Table, listed: Table) -> dict[str, _Seen]:
    known = set(listed["market_key"])
    seen: dict[str, _Seen] = defaultdict(lambda: _Seen({}))
    rows = zip(*(trades[name] for name in ("market_key", "outcome", "asset", "ts_utc", "price")), strict=True)
    for row, (key, outcome, asset, at, price) in enumerate(rows):
        if key not in known:
            raise InputFileError(f"{folder / TRADES}: row {row} trades {key!r}, which {folder / MARKETS} does not list")
        market = seen[key]
        market.outcomes.setdefault(outcome, asset or "")
        market.first_at = min(market.first_at or at, at)
        market.last_at = max(market.last_at, at)
        market.is_fine = market.is_fine or abs(price * 100 - round(price * 100)) > 1e-6
    if not seen:
        raise InputFileError(f"{folder / TRADES} has no rows; a recorded world needs at least one fill")
    for key, outcomes in ((key, market.outcomes) for key, market in seen.items()):
        if len(outcomes) > 2:
            raise InputFileError(f"{folder / TRADES}: market {key!r} has more than two outcomes: {', '.join(outcomes)}")
    first_at = min(trades["ts_utc"])
    for key in known - set(seen):
        seen[key] = _Seen({}, first_at, first_at)
    return seen


def _market(number: int, key: str, listed: Table, seen: _Seen) -> WorldMarket:
    title, winner, end_at = (listed[name][number] for name in ("title", "winner", "end_utc"))
    condition_id = listed["condition_id"][number] or (key if _CONDITION.fullmatch(key) else hex_id("condition", key))
    outcomes = _outcomes(seen.outcomes, winner)
    closed_at = max(end_at or 0, seen.last_at + SECOND)
    slug = key if not key.startswith("0x") else _slug(title, key)
    return WorldMarket(
        market_id=str(500_000 + number),
        condition_id=condition_id,
        question_id=hex_id("question", key),
        question=title,
        slug=slug,
        event_id=str(20_000 + number),
        event_slug=slug,
        event_title=title,
        category="sports" if "Dota" in title or "Game" in title or "win " in title else "crypto",
        group_item="",
        outcomes=outcomes,
        token_ids=(seen.token(key, outcomes[0]), seen.token(key, outcomes[1])),
        tick_size=0.001 if seen.is_fine else 0.01,
        min_order_size=5.0,
        fee_rate=0.0,
        neg_risk=False,
        opened_at=seen.first_at - MINUTE,
        end_at=closed_at,
        proposed_at=closed_at + MINUTE if winner else None,
        disputed_at=None,
        resolved_at=closed_at + SETTLEMENT if winner else None,
        payouts=None if winner is None else (1.0, 0.0) if winner == outcomes[0] else (0.0, 1.0),
    )


def _outcomes(seen: dict[str, str], winner: str | None) -> tuple[str, str]:
    names = sorted({*seen, *([winner] if winner else [])})
    if len(names) == 1:
        names.append(_COMPLEMENTS.get(names[0], f"Not {names[0]}"))
    names.sort(key=lambda name: (name not in _FIRST_NAMES, name.startswith("Not "), name))
    first, second = names or ["Yes", "No"]
    return first, second


def _file(trades: Table, markets: tuple[WorldMarket, ...], place: dict[str, int], wallets: dict[str, int]) -> Ledger:
    is_buy = np.array([side == "BUY" for side in trades["side_assumed"]])
    price, size = np.array(trades["price"], dtype=np.float64), np.array(trades["size"], dtype=np.float64)
    keys, count = trades["market_key"], len(price)
    market = np.array([place[key] for key in keys])
    outcome = [markets[number].outcomes.index(name) for number, name in zip(market, trades["outcome"], strict=True)]
    columns = Columns(
        at=np.array(trades["ts_utc"], dtype=np.int64),
        wallet=np.array([wallets[wallet] for wallet in trades["wallet"]]),
        market=market,
        outcome=np.array(outcome),
        kind=np.full(count, Kind.TRADE.value),
        is_buy=is_buy,
        is_taker=np.full(count, True),
        price=price,
        size=size,
        cash=np.round(price * size, 6),
        tx=np.arange(count),
    )
    hashes = [
        tx or hex_id("transaction", key, row) for row, (key, tx) in enumerate(zip(keys, trades["tx"], strict=True))
    ]
    return file_columns(columns, hashes)


def _wallet(address: str) -> WorldWallet:
    return WorldWallet(address=address, kind="recorded", skill=None, name="", pseudonym="")


def _slug(title: str, key: str) -> str:
    words = "".join(letter if letter.isalnum() else " " for letter in title.lower()).split()
    return "-".join([*words, key[2:8]])
