"""Questions to the replica, each on a connection of its own that can only look."""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from contextlib import closing
from pathlib import Path
from typing import Any, NamedTuple

from copytrade_live.dashboard.schemas.leaders import ScorePoint
from copytrade_live.dashboard.schemas.money import EquityPoint
from copytrade_live.dashboard.schemas.positions import MarkPoint
from copytrade_live.dashboard.schemas.signals import SignalPage, SignalRow
from copytrade_live.dashboard.titles import Titles
from copytrade_live.errors import StateError

_FILTERS = {"wallet": "wallet = ?", "reason": "reason = ?", "decision": "decision = ?"}
# So many points are drawn at most; more are thinned evenly by time.
MOST_POINTS = 5_000


def rows(path: Path, query: str, values: Sequence[object] = ()) -> list[tuple[Any, ...]]:
    """What a query finds. Raises: StateError while there is no replica yet."""
    if not path.exists():
        return []
    try:
        with closing(sqlite3.connect(f"{path.as_uri()}?mode=ro", uri=True, timeout=5.0)) as connection:
            return connection.execute(query, tuple(values)).fetchall()
    except sqlite3.OperationalError as error:
        raise StateError(f"the replica of the journal is being made; ask again in a moment ({error})") from error


class SnapshotSeenAt(NamedTuple):
    """A score snapshot that the runner read: the journal event, when, and which."""

    seq: int
    at: int
    snapshot_id: str


class History:
    """What was, for whoever asks; titles are put to it when it is asked, as the runner may learn them later."""

    def __init__(self, path: Path, titles: Titles) -> None:
        self._path = path
        self._titles = titles

    def signal_page(self, filters: dict[str, str], before: int | None, limit: int) -> SignalPage:
        """One page of signals, newest first. Shape: filters by wallet, reason, decision."""
        clauses = [_FILTERS[name] for name in filters]
        values: list[object] = list(filters.values())
        if before is not None:
            clauses.append("seq < ?")
            values.append(before)
        where = f"WHERE {' AND '.join(clauses)}" if clauses else ""
        # The clauses are constants of ours; what was asked for is bound.
        query = f"SELECT content FROM signals {where} ORDER BY seq DESC LIMIT ?"  # noqa: S608
        found = [self._named(row[0]) for row in rows(self._path, query, [*values, limit + 1])]
        items = found[:limit]
        return SignalPage(items=items, next_before=items[-1].seq if len(found) > limit else None)

    def newest_signal(self) -> SignalRow | None:
        """The last one that was answered."""
        items = self.signal_page({}, None, 1).items
        return items[0] if items else None

    def newest_refusal(self) -> SignalRow | None:
        """The last one that was refused."""
        items = self.signal_page({"decision": "rejected"}, None, 1).items
        return items[0] if items else None

    def signal_of(self, signal_id: str) -> SignalRow | None:
        """The newest answer to a signal."""
        query = "SELECT content FROM signals WHERE signal_id = ? ORDER BY seq DESC LIMIT 1"
        found = rows(self._path, query, [signal_id])
        return self._named(found[0][0]) if found else None

    def signals_between(self, after: int, limit: int) -> list[SignalRow]:
        """Signals answered after a seq, oldest first."""
        query = "SELECT content FROM signals WHERE seq > ? ORDER BY seq LIMIT ?"
        return [self._named(row[0]) for row in rows(self._path, query, [after, limit])]

    def decisions_of(self, wallet: str) -> dict[str, int]:
        """How a leader's signals were answered, counted by decision or reason, most often first."""
        query = (
            "SELECT coalesce(reason, decision) AS what, count(*) AS many FROM signals WHERE wallet = ? "
            "GROUP BY what ORDER BY many DESC, what"
        )
        return dict(rows(self._path, query, [wallet]))

    def equity_between(self, start: int, end: int, points: int) -> list[EquityPoint]:
        """Equity over a span: of each of so many equal parts of it, the last point."""
        span = "SELECT min(at), max(at) FROM equity WHERE at BETWEEN ? AND ?"
        first, last = (rows(self._path, span, [start, end]) or [(None, None)])[0]
        if first is None:
            return []
        width = max(1, (last - first) // max(1, points - 1) + 1)
        query = (
            "SELECT at, equity, cash, exposure, peak FROM equity WHERE seq IN "
            "(SELECT max(seq) FROM equity WHERE at BETWEEN ?1 AND ?2 GROUP BY (at - ?3) / ?4) ORDER BY seq"
        )
        return [
            EquityPoint(
                at=at,
                equity=equity,
                cash=cash,
                exposure=exposure,
                drawdown=max(0.0, (peak - equity) / peak) if peak > 0.0 else 0.0,
            )
            for at, equity, cash, exposure, peak in rows(self._path, query, [start, end, first, width])
        ]

    def marks_of(self, token_id: str, points: int) -> list[MarkPoint]:
        """Marks of what is held, oldest first: of each of so many equal parts of the time, the last one."""
        query = (
            "WITH own AS (SELECT at, mark FROM marks WHERE token_id = ?1), span AS (SELECT min(at) AS first, "
            "max(1, (max(at) - min(at)) / ?2 + 1) AS width FROM own) "
            "SELECT max(at), mark FROM own, span GROUP BY (at - first) / width ORDER BY at"
        )
        return [MarkPoint(at=at, mark=mark) for at, mark in rows(self._path, query, [token_id, points])]

    def realised_by_wallet(self) -> dict[str, float]:
        """PnL of ended copies by leader."""
        return dict(rows(self._path, "SELECT wallet, sum(pnl) FROM closed GROUP BY wallet"))

    def closed_by(self, key: str) -> list[tuple[str, float, int, int]]:
        """Ended copies added up: key, PnL, how many, how many of them won. key: wallet, category or day."""
        column = {"wallet": "wallet", "category": "category", "day": "date(at / 1000, 'unixepoch')"}[key]
        query = f"SELECT {column}, sum(pnl), count(*), sum(pnl > 0) FROM closed GROUP BY 1"  # noqa: S608 - from a fixed map
        return [(str(name), float(pnl), int(many), int(wins)) for name, pnl, many, wins in rows(self._path, query)]

    def snapshots(self, limit: int) -> list[SnapshotSeenAt]:
        """Score snapshots that the runner read, oldest first, each once; evenly left out where there are more."""
        query = (
            "WITH each AS (SELECT min(seq) AS seq, min(at) AS at, snapshot_id FROM snapshots GROUP BY snapshot_id), "
            "counted AS (SELECT *, row_number() OVER (ORDER BY seq DESC) AS place, count(*) OVER () AS many FROM each) "
            "SELECT seq, at, snapshot_id FROM counted WHERE (place - 1) % ((many + ?1 - 1) / ?1) = 0 ORDER BY seq"
        )
        return [SnapshotSeenAt(int(seq), int(at), str(name)) for seq, at, name in rows(self._path, query, [limit])]

    def _named(self, content: str) -> SignalRow:
        row = SignalRow.model_validate_json(content)
        return row.model_copy(update={"title": self._titles.question(row.condition_id)})


def score_point(at: int, snapshot_id: str, found: dict[str, Any]) -> ScorePoint:
    """A leader's row of a journaled snapshot as a point of its history."""
    return ScorePoint(
        at=at,
        snapshot_id=snapshot_id,
        rank=found["rank"],
        p_pos=found["p_pos"],
        lcb10=found["lcb10"],
        edge_mean=found["edge_mean"],
        n_events=found["n_events"],
    )
