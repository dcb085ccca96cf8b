"""What wallets did, read from the raw tables as steps that holdings can be folded from."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import duckdb

from copytrade_live.core.market import Instant, Side
from copytrade_pipelines.ingest.holdings import Kind, Step

_KINDS = {"SPLIT": Kind.SPLIT, "MERGE": Kind.MERGE, "REDEEM": Kind.REDEEM}
_CONVERSION = "CONVERSION"
_SIDES = {Side.BUY.value: Kind.BUY, Side.SELL.value: Kind.SELL}
_FILLS = """
    SELECT wallet, epoch_ms(event_at), side, token_id, price, size FROM raw.fills WHERE list_contains($wallets, wallet)
"""
_ACTIVITY = """
    SELECT wallet, epoch_ms(event_at), type, condition_id, token_id, size, usdc_size, tx_hash FROM raw.activity
    WHERE list_contains($wallets, wallet) AND type IN ('SPLIT', 'MERGE', 'REDEEM', 'CONVERSION')
    ORDER BY wallet, event_at, activity_id
"""
# A market we do not know still shows its tokens in its fills; two of them are all there are.
_TOKENS = """
    WITH asked AS (
        SELECT DISTINCT condition_id FROM raw.activity WHERE list_contains($wallets, wallet) AND condition_id != ''
    )
    SELECT condition_id, m.token_ids, f.token_ids, r.payouts
    FROM asked
    LEFT JOIN (SELECT condition_id, any_value(token_ids) AS token_ids FROM raw.markets GROUP BY ALL) AS m
      USING (condition_id)
    LEFT JOIN (
        SELECT condition_id, list_sort(list(DISTINCT token_id)) AS token_ids
        FROM raw.fills SEMI JOIN asked USING (condition_id) GROUP BY condition_id
    ) AS f USING (condition_id)
    LEFT JOIN (SELECT condition_id, payouts FROM raw.resolutions WHERE status = 'resolved') AS r USING (condition_id)
"""
_EVENTS = "SELECT condition_ids, yes_tokens, no_tokens FROM raw.events WHERE neg_risk ORDER BY event_id"

Pairs = Mapping[str, tuple[str, str]]


@dataclass(slots=True)
class WalletSteps:
    """Steps by wallet, and how many rows could not be placed for want of their market or event."""

    by_wallet: dict[str, list[Step]] = field(default_factory=dict)
    lost: Counter[str] = field(default_factory=Counter)

    def of(self, wallet: str) -> list[Step]:
        """The steps of a wallet, in no order."""
        return self.by_wallet.get(wallet, [])

    def unplaced(self, wallet: str) -> int:
        """How many rows of a wallet could not be placed."""
        return self.lost[wallet]

    def add(self, wallet: str, step: Step | None) -> None:
        """File a step; None is a row that cannot be placed."""
        if step is None:
            self.lost[wallet] += 1
        else:
            self.by_wallet.setdefault(wallet, []).append(step)


@dataclass(frozen=True, slots=True)
class Condition:
    """Tokens of a condition as far as we know them, and their payouts once it resolved."""

    tokens: tuple[str, ...]
    payouts: tuple[float, ...]


def read_steps(con: duckdb.DuckDBPyConnection, wallets: Sequence[str]) -> WalletSteps:
    """Every fill, split, merge, redemption and conversion of some wallets."""
    asked = {"wallets": list(wallets)}
    found = WalletSteps()
    for wallet, at, side, token, price, size in con.execute(_FILLS, asked).fetchall():
        found.add(wallet, Step(kind=_SIDES[side], at=at, tokens=(token,), size=size, price=price))
    conditions = _conditions(con, asked)
    conversions: dict[tuple[str, Instant, str, float], list[str]] = {}
    for wallet, at, kind, condition, token, size, cash, tx in con.execute(_ACTIVITY, asked).fetchall():
        if kind == _CONVERSION:
            conversions.setdefault((wallet, at, tx, size), []).append(condition)
        else:
            found.add(wallet, _step(_KINDS[kind], at, conditions.get(condition), token, size, cash))
    if conversions:
        events = _events(con)
        for (wallet, at, _, size), burnt in conversions.items():
            found.add(wallet, conversion(at, burnt, size, events.get(burnt[0])))
    return found


def conversion(at: Instant, burnt: Sequence[str], size: float, event: Pairs | None) -> Step | None:
    """The step of a neg-risk conversion. Shape: event maps its conditions to (yes, no) tokens; None when unknown."""
    if event is None or not all(condition in event for condition in burnt):
        return None
    gained = tuple(yes for condition, (yes, _) in event.items() if condition not in burnt)
    return Step(kind=Kind.CONVERT, at=at, tokens=tuple(event[one][1] for one in burnt), size=size, gained=gained)


def _step(kind: Kind, at: Instant, condition: Condition | None, token: str, size: float, cash: float) -> Step | None:
    tokens = condition.tokens if condition else ()
    if kind is Kind.REDEEM:
        tokens = tokens or ((token,) if token else ())
        payouts = condition.payouts if condition and len(condition.payouts) == len(tokens) else ()
        return Step(kind=kind, at=at, tokens=tokens, size=cash, payouts=payouts) if tokens else None
    return Step(kind=kind, at=at, tokens=tokens, size=size) if len(tokens) > 1 else None


def _conditions(con: duckdb.DuckDBPyConnection, asked: Mapping[str, object]) -> dict[str, Condition]:
    return {
        str(condition): Condition(tokens=tuple(listed or traded or ()), payouts=tuple(payouts or ()) if listed else ())
        for condition, listed, traded, payouts in con.execute(_TOKENS, asked).fetchall()
    }


def _events(con: duckdb.DuckDBPyConnection) -> dict[str, Pairs]:
    """The neg-risk event of every condition that is in one."""
    found: dict[str, Pairs] = {}
    for conditions, yes, no in con.execute(_EVENTS).fetchall():
        event = dict(zip(conditions, zip(yes, no, strict=True), strict=True))
        found |= dict.fromkeys(conditions, event)
    return found
