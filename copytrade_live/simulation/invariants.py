"""What must hold in every simulated run, and the list of what did not."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import Self

from copytrade_live.core.market import Instant

MOST_KEPT = 20


class Invariant(StrEnum):
    """One rule of the reference, by its number there."""

    summary: str

    def __new__(cls, value: str, summary: str) -> Self:
        """A member with what it demands."""
        member = str.__new__(cls, value)
        member._value_ = value
        member.summary = summary
        return member

    I01 = "I01", "Never two orders for one attempt, and no attempt before the one before it is proven dead."
    I02 = "I02", "What the venue is sent was committed with its hash before."
    I03 = "I03", "Exposure with everything still open stays within the caps."
    I04 = "I04", "No entry touches the reserve."
    I05 = "I05", "Cash and shares are what the fills make of them; at the end they equal the venue's."
    I06 = "I06", "Every fill of the venue is in the ledger once, and no other."
    I07 = "I07", "Provisional fills fund nothing; a void reverses once."
    I08 = "I08", "No entry later than a second after a halt, a kill switch, a cutoff or a closed gate."
    I09 = "I09", "No exit sells more than is held, and exits go on while entries are halted."
    I10 = "I10", "No order reaches a venue while the mode is paper."
    I11 = "I11", "No entry on a signal, score, book or market that is too old, or too near its end."
    I12 = "I12", "Orders change only from one legal state to the next."
    I13 = "I13", "Every leader's fill is decided once, with a reason."
    I14 = "I14", "An unknown order holds its reservation and its market, and is cleared up in time."
    I15 = "I15", "Requests stay within their budget, and a refused one is not repeated at once."
    I16 = "I16", "One runner a journal and an account."
    I17 = "I17", "After a crash the database is whole and nothing in it hangs loose."
    I18 = "I18", "The journal folds to the state, and a seed repeats byte for byte."
    I19 = "I19", "When faults stop, the runner trades again."
    I20 = "I20", "Tasks, queues and the journal stay bounded."
    I21 = "I21", "No secret shows up where it does not belong."
    I22 = "I22", "Every command is taken once, and what it set survives a restart."
    I23 = "I23", "Prices on the grid and inside their limit, sizes above the minimum."
    I24 = "I24", "No age is negative, and a wall clock's step alone causes no order."
    I25 = "I25", "The journal decided again gives the same decisions."


@dataclass(frozen=True, slots=True, kw_only=True)
class Violation:
    """One thing that must not happen. Units: at in seconds since the run began."""

    invariant: Invariant
    at: float
    text: str

    def as_json(self) -> dict[str, object]:
        """For reports."""
        return {"invariant": self.invariant.value, "at": round(self.at, 3), "text": self.text}


@dataclass(slots=True)
class Verdict:
    """The violations of one run; counted all, kept while few."""

    start: Instant
    found: list[Violation] = field(default_factory=list)
    count: int = 0

    def hold(self, is_true: bool, invariant: Invariant, at: Instant, text: str) -> None:
        """Note a violation unless it is true."""
        if not is_true:
            self.count += 1
            if len(self.found) < MOST_KEPT:
                self.found.append(Violation(invariant=invariant, at=(at - self.start) / 1000, text=text))
