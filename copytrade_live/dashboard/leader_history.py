"""How a leader's score changed, from the snapshots that the journal keeps."""

from __future__ import annotations

import json

from copytrade_live.core.score import OVERALL
from copytrade_live.dashboard.history import History, score_point
from copytrade_live.dashboard.schemas.leaders import ScorePoint
from copytrade_live.settings import Home
from copytrade_live.store.journal import Journal

MOST_SNAPSHOTS = 60


def leader_history(home: Home, history: History, wallet: str) -> list[ScorePoint]:
    """Its overall score in the newest snapshots, oldest first. wallet: 0x and 40 hex digits, as it is checked."""
    snapshots = history.newest_snapshots(MOST_SNAPSHOTS)
    if not snapshots:
        return []
    found: list[ScorePoint] = []
    with Journal.open_reader(home.state, is_checked=True) as journal:
        for seq, at, name in reversed(snapshots):
            row = journal.connection.execute(
                "SELECT json_extract(payload, ?) FROM journal WHERE seq = ? AND type = 'ScoresPublished'",
                (f'$.snapshot.rows."{wallet}".{OVERALL}', seq),
            ).fetchone()
            if row is not None and row[0] is not None:
                found.append(score_point(at, name, json.loads(row[0])))
    return found
