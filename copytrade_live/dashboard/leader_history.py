"""How a leader's score changed, from the snapshots that the journal keeps."""

from __future__ import annotations

import json
import threading

from copytrade_live.core.score import OVERALL
from copytrade_live.dashboard.history import History, SnapshotSeenAt, score_point
from copytrade_live.dashboard.schemas.leaders import ScorePoint
from copytrade_live.settings import Home
from copytrade_live.store.journal import Journal

# A journal has one an hour: so many of them are drawn, spread over all of it.
MOST_SNAPSHOTS = 120
# Points kept, since a snapshot never changes and pages ask every few seconds.
_MOST_KNOWN = 50_000


class LeaderHistory:
    """Points of a score, each looked up in the journal once."""

    def __init__(self, home: Home, history: History) -> None:
        self._home, self._history = home, history
        self._known: dict[tuple[str, str], ScorePoint | None] = {}
        self._lock = threading.Lock()

    def of(self, wallet: str) -> list[ScorePoint]:
        """Its overall score over time, oldest first. wallet: 0x and 40 hex digits, as it is checked."""
        seen = self._history.snapshots(MOST_SNAPSHOTS)
        with self._lock:
            unknown = [one for one in seen if (one.snapshot_id, wallet) not in self._known]
            if unknown:
                self._look_up(wallet, unknown)
            points = [self._known[one.snapshot_id, wallet] for one in seen]
        return [one for one in points if one is not None]

    def _look_up(self, wallet: str, unknown: list[SnapshotSeenAt]) -> None:
        if len(self._known) > _MOST_KNOWN:
            self._known = {key: point for key, point in self._known.items() if key[1] == wallet}
        with Journal.open_reader(self._home.state, is_checked=True) as journal:
            for one in unknown:
                row = journal.connection.execute(
                    "SELECT json_extract(payload, ?) FROM journal WHERE seq = ? AND type = 'ScoresPublished'",
                    (f'$.snapshot.rows."{wallet}".{OVERALL}', one.seq),
                ).fetchone()
                found = None if row is None or row[0] is None else json.loads(row[0])
                self._known[one.snapshot_id, wallet] = found and score_point(one.at, one.snapshot_id, found)
