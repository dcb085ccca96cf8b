"""What is not as it must be: one row for each thing found."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from enum import StrEnum

MOST_KEPT = 200


class Clause(StrEnum):
    """The clauses that are proven."""

    ONE_ORDER = "one or zero orders per signal"
    SENT_ONCE = "no signed order sent twice"
    LEDGER = "ledger equal to the venue's to the micro-unit"
    CAPS = "no cap ever exceeded"
    LEADER_FILLS = "no missed leader fill"
    RESERVE = "reserve untouched"
    BOOKS = "every event fits the one before"
    ENOUGH = "enough was copied to prove anything"
    WHOLE = "the run came to its end"


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    """One row: which clause, about what, ours and the other side's."""

    clause: Clause
    about: str
    ours: str
    theirs: str


@dataclass
class Differences:
    """All rows of a run, counted all, each kept once and while they are few."""

    rows: list[Difference] = field(default_factory=list)
    count: int = 0
    _known: set[Difference] = field(default_factory=set)

    def add(self, clause: Clause, about: str, *, ours: object, theirs: object) -> None:
        """Note one."""
        row = Difference(clause=clause, about=about, ours=str(ours), theirs=str(theirs))
        if row in self._known:
            return
        self._known.add(row)
        self.count += 1
        if len(self.rows) < MOST_KEPT:
            self.rows.append(row)

    def hold(self, is_true: bool, clause: Clause, about: str, *, ours: object, theirs: object) -> None:
        """Note one unless it is true."""
        if not is_true:
            self.add(clause, about, ours=ours, theirs=theirs)

    def as_json(self) -> list[dict[str, str]]:
        """For reports."""
        return [asdict(row) for row in self.rows]
