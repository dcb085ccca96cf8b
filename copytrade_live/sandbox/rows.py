"""Ledger rows as the data API sends them, in both generations, written as JSON from prepared pieces of text.

A row repeats the words of its wallet and its market; writing them anew for each of a thousand rows would be most of
the work of a page.
"""

from __future__ import annotations

import json
from dataclasses import dataclass

from copytrade_live.core.market import MINUTE, SECOND
from copytrade_live.sandbox.ledger import Kind
from copytrade_live.sandbox.venue import Rows, Venue
from copytrade_live.sandbox.world import WorldMarket, WorldWallet

UNKNOWN_INDEX = 999
# A new row's outcome index is not known yet for about this long.
FRESH = MINUTE


@dataclass(frozen=True, slots=True)
class Spelling:
    """What one generation of the data API calls the fields of a row."""

    wallet: str
    condition: str
    cash: str
    transaction: str
    token: str
    index: str
    event: str
    image: str
    small_image: str


SNAKE = Spelling(
    "proxy_wallet", "condition_id", "usdc_size", "transaction_hash", "token_id", "outcome_index", "event_slug",
    "profile_image", "profile_image_optimized",
)  # fmt: skip
CAMEL = Spelling(
    "proxyWallet", "conditionId", "usdcSize", "transactionHash", "asset", "outcomeIndex", "eventSlug",
    "profileImage", "profileImageOptimized",
)  # fmt: skip


class RowWriter:
    """Writes rows in one spelling."""

    def __init__(self, venue: Venue, spelling: Spelling) -> None:
        self._venue, self._spelling = venue, spelling
        self._heads = [f'{{"{spelling.wallet}":"{one.address}","timestamp":' for one in venue.world.wallets]
        self._ends = [_wallet_words(one, spelling) for one in venue.world.wallets]
        # The last one, at NO_MARKET, is blank: a reward is about no market.
        ids = [*(market.condition_id for market in venue.markets), ""]
        self._conditions = [f',"{spelling.condition}":"{condition_id}",' for condition_id in ids]
        self._words = [*(_market_words(market, spelling) for market in venue.markets), _no_words(spelling)]

    def trades(self, rows: Rows) -> str:
        """A JSON list of fills."""
        return self._write(rows, is_activity=False)

    def activity(self, rows: Rows) -> str:
        """A JSON list of rows of any kind, with what kind and how much collateral."""
        return self._write(rows, is_activity=True)

    def _write(self, rows: Rows, *, is_activity: bool) -> str:
        ledger, spelling = self._venue.world.ledger, self._spelling
        known_before = self._venue.now() - FRESH
        types = [f'"type":"{kind.name}",' for kind in Kind] if is_activity else [""] * len(Kind)
        heads, ends, conditions, words = self._heads, self._ends, self._conditions, self._words
        cash_name, tx_name, index_name = (
            f'"{name}":' for name in (spelling.cash, spelling.transaction, spelling.index)
        )
        columns = (ledger.at, ledger.wallet, ledger.market, ledger.outcome, ledger.kind, ledger.is_buy)
        amounts = (ledger.price, ledger.size, ledger.cash)
        written: list[str] = []
        for row, at, wallet, market, outcome, kind, is_buy, price, size, cash in zip(
            rows.tolist(), *(column[rows].tolist() for column in (*columns, *amounts)), strict=True
        ):
            token, title, name = words[market][outcome]
            is_trade = kind == _TRADE
            side = ("BUY" if is_buy else "SELL") if is_trade else ""
            index = outcome if is_trade and at <= known_before else UNKNOWN_INDEX
            paid = f"{cash_name}{cash!r}," if is_activity else ""
            written.append(
                f'{heads[wallet]}{at // SECOND}{conditions[market]}{types[kind]}"size":{size!r},{paid}'
                f'{tx_name}"{ledger.tx[row]}","price":{price if is_trade else 0!r},{token}"side":"{side}",'
                f"{index_name}{index},{title}{name}{ends[wallet]}"
            )
        return f"[{','.join(written)}]"


_TRADE = Kind.TRADE.value


def _wallet_words(wallet: WorldWallet, spelling: Spelling) -> str:
    name, pseudonym = (json.dumps(word, ensure_ascii=False) for word in (wallet.name, wallet.pseudonym))
    return f'"name":{name},"pseudonym":{pseudonym},"bio":"","{spelling.image}":"","{spelling.small_image}":""}}'


def _no_words(spelling: Spelling) -> list[tuple[str, str, str]]:
    return [(f'"{spelling.token}":"",', f'"title":"","slug":"","icon":"","{spelling.event}":"",', '"outcome":"",')]


def _market_words(market: WorldMarket, spelling: Spelling) -> list[tuple[str, str, str]]:
    """Token, title and outcome as text: for each outcome, and last for rows that have none."""
    title, slug, event = (
        json.dumps(word, ensure_ascii=False) for word in (market.question, market.slug, market.event_slug)
    )
    words = f'"title":{title},"slug":{slug},"icon":"","{spelling.event}":{event},'
    tokens = (*zip(market.token_ids, market.outcomes, strict=True), ("", ""))
    return [
        (f'"{spelling.token}":"{token}",', words, f'"outcome":{json.dumps(outcome, ensure_ascii=False)},')
        for token, outcome in tokens
    ]
