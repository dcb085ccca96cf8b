"""Whether the data API and the chain tell the same fills: compared fill by fill over what both cover."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass

import duckdb

from copytrade_live.core.market import Instant

# Rows are the same by transaction, wallet, token, side and shares; their collateral may differ by what a price that is
# shown with six decimals hides. A second that the chain's range begins in is not covered whole.
_COMPARED = """
    WITH span AS (
        SELECT r.wallet, r.first_at AS after, r.last_at - to_milliseconds($lag) AS until
        FROM raw.chain_ranges AS r JOIN raw.histories AS h ON h.wallet = r.wallet AND h.history = 'fills'
        WHERE h.is_complete AND h.known_from IS NOT NULL AND h.open_start IS NULL
    ),
    rest AS (
        SELECT f.wallet, f.tx_hash, f.token_id, f.side, round_even(f.size * 1e6, 0)::BIGINT AS shares,
            count(*) AS fills, sum(round_even(f.size * f.price * 1e6, 0))::BIGINT AS cash, min(f.event_at) AS event_at
        FROM raw.fills AS f JOIN span AS s ON f.wallet = s.wallet AND f.event_at > s.after AND f.event_at <= s.until
        WHERE f.tx_hash <> '' GROUP BY ALL
    ),
    chain AS (
        SELECT c.wallet, c.tx_hash, c.token_id, c.side, c.shares_micro AS shares,
            count(*) AS fills, sum(c.cash_micro)::BIGINT AS cash, min(c.event_at) AS event_at
        FROM raw.chain_fills AS c
        JOIN span AS s ON c.wallet = s.wallet AND c.event_at > s.after AND c.event_at <= s.until
        GROUP BY ALL
    )
    SELECT wallet, tx_hash, token_id, side, shares, coalesce(rest.fills, 0) AS rest_fills,
        coalesce(chain.fills, 0) AS chain_fills, coalesce(rest.cash, 0) AS rest_cash,
        coalesce(chain.cash, 0) AS chain_cash, coalesce(rest.event_at, chain.event_at) AS event_at
    FROM rest FULL JOIN chain USING (wallet, tx_hash, token_id, side, shares)
    WHERE coalesce(rest.fills, 0) <> coalesce(chain.fills, 0)
       OR abs(coalesce(rest.cash, 0) - coalesce(chain.cash, 0)) > rest.fills * (1 + shares * 5e-7)
    ORDER BY wallet, event_at, tx_hash, token_id, side, shares
"""
_COVERED = """
    SELECT count(*), count(DISTINCT c.wallet) FROM raw.chain_fills AS c JOIN raw.chain_ranges AS r USING (wallet)
    JOIN raw.histories AS h ON h.wallet = r.wallet AND h.history = 'fills'
    WHERE h.is_complete AND h.open_start IS NULL AND c.event_at > r.first_at
      AND c.event_at <= r.last_at - to_milliseconds($lag)
"""
_KNOW_ROLES = """
    UPDATE raw.fills AS f SET role = c.role, loaded_seq = nextval('raw.load_seq')
    FROM (
        SELECT wallet, tx_hash, token_id, side, shares_micro, min(role) AS role FROM raw.chain_fills
        GROUP BY ALL HAVING count(DISTINCT role) = 1
    ) AS c
    WHERE f.role = 'unknown' AND f.wallet = c.wallet AND f.tx_hash = c.tx_hash AND f.token_id = c.token_id
      AND f.side = c.side AND round_even(f.size * 1e6, 0)::BIGINT = c.shares_micro
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Disagreement:
    """A fill that the two sources tell differently. Units: shares and cash in millionths; cash of all such fills."""

    wallet: str
    tx_hash: str
    token_id: str
    side: str
    shares: int
    rest_fills: int
    chain_fills: int
    rest_cash: int
    chain_cash: int
    event_at: str

    @property
    def said(self) -> str:
        """What is wrong, in a few words."""
        if self.rest_fills < self.chain_fills:
            return f"the chain has {self.chain_fills} such fills, the data API {self.rest_fills}"
        if self.rest_fills > self.chain_fills:
            return f"the data API has {self.rest_fills} such fills, the chain {self.chain_fills}"
        return f"the collateral differs: {self.rest_cash} on the data API, {self.chain_cash} on the chain"


@dataclass(frozen=True, slots=True, kw_only=True)
class Agreement:
    """The comparison of everything both sources cover."""

    fills: int
    wallets: int
    disagreements: tuple[Disagreement, ...]


def compare(con: duckdb.DuckDBPyConnection, *, lag: Instant) -> Agreement:
    """Compare both sources. lag leaves out the newest fills: one source may not show them yet."""
    rows = con.execute(_COMPARED, {"lag": lag}).fetchall()
    covered = con.execute(_COVERED, {"lag": lag}).fetchall()
    return Agreement(
        fills=int(covered[0][0]),
        wallets=int(covered[0][1]),
        disagreements=tuple(
            Disagreement(
                wallet=wallet,
                tx_hash=tx,
                token_id=token,
                side=side,
                shares=int(shares),
                rest_fills=int(rest_fills),
                chain_fills=int(chain_fills),
                rest_cash=int(rest_cash),
                chain_cash=int(chain_cash),
                event_at=str(event_at),
            )
            for wallet, tx, token, side, shares, rest_fills, chain_fills, rest_cash, chain_cash, event_at in rows
        ),
    )


def learn_roles(con: duckdb.DuckDBPyConnection) -> int:
    """Take the role of a fill from the chain where the listings left it open. Returns: fills that were settled."""
    ((settled,),) = con.execute(_KNOW_ROLES).fetchall()
    return int(settled)


def mark_for_reread(con: duckdb.DuckDBPyConnection, found: Agreement) -> list[str]:
    """Have wallets whose sources disagree read again from the beginning; once for each disagreement, not for ever."""
    by_wallet: dict[str, list[str]] = {}
    for one in found.disagreements:
        by_wallet.setdefault(one.wallet, []).append(f"{one.tx_hash}{one.token_id}{one.side}{one.shares}{one.said}")
    known = dict(con.execute("SELECT wallet, mismatch FROM raw.chain_ranges").fetchall())
    marked: list[str] = []
    for wallet, before in sorted(known.items()):
        lines = by_wallet.get(wallet, [])
        digest = hashlib.sha256("\n".join(lines).encode()).hexdigest()[:16] if lines else ""
        if digest == (before or ""):
            continue
        con.execute(
            "UPDATE raw.chain_ranges SET mismatch = ?, loaded_seq = nextval('raw.load_seq') WHERE wallet = ?",
            [digest, wallet],
        )
        marked += [wallet] if digest else []
    con.execute(
        "UPDATE raw.wallets SET history_complete = false, loaded_seq = nextval('raw.load_seq') "
        "WHERE history_complete AND list_contains(?, wallet)",
        [marked],
    )
    return marked
