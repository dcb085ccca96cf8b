"""Shows how far a start has come: a live list on a terminal, one line a step anywhere else."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from dataclasses import dataclass
from types import TracebackType
from typing import TYPE_CHECKING

from copytrade_live.clock import Clock
from copytrade_live.core.market import SECOND, Instant

if TYPE_CHECKING:
    from rich.live import Live
    from rich.table import Table


@dataclass(slots=True)
class _Step:
    detail: str = ""
    began_at: Instant | None = None
    ended_at: Instant | None = None


class Steps:
    """Named steps, some of them side by side. Use as a context manager."""

    def __init__(self, names: Sequence[str], clock: Clock) -> None:
        self._clock = clock
        self._steps = {name: _Step() for name in names}
        self._width = max(map(len, names))
        self._began_at = clock.now()
        self._live: Live | None = None

    def __enter__(self) -> Steps:
        if sys.stdout.isatty():
            from rich.live import Live

            self._live = Live(get_renderable=self._table, refresh_per_second=8)
            self._live.__enter__()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._live is not None:
            self._live.__exit__(kind, error, trace)

    def begin(self, name: str, detail: str = "") -> None:
        """A step starts."""
        step = self._steps[name]
        step.began_at, step.detail = self._clock.now(), detail
        self._say(name, detail or "started")

    def tell(self, name: str, detail: str) -> None:
        """A step has news."""
        self._steps[name].detail = detail
        self._say(name, detail)

    def note(self, line: str) -> None:
        """Something that stays to be read, whatever the steps do."""
        if self._live is None:
            print(line, flush=True)
        else:
            self._live.console.print(line, markup=False, highlight=False)

    def end(self, name: str, detail: str) -> None:
        """A step is done."""
        step = self._steps[name]
        step.began_at = step.began_at or self._clock.now()
        step.ended_at, step.detail = self._clock.now(), detail
        self._say(name, f"done: {detail}")

    def _say(self, name: str, detail: str) -> None:
        if self._live is None:
            elapsed = (self._clock.now() - self._began_at) / SECOND
            print(f"{elapsed:6.1f}s  {name:<{self._width}}  {detail}", flush=True)

    def _table(self) -> Table:
        from rich.spinner import Spinner
        from rich.table import Table
        from rich.text import Text

        table = Table.grid(padding=(0, 2))
        for name, step in self._steps.items():
            if step.ended_at is not None:
                mark: Spinner | Text = Text("✓", style="green")
            else:
                mark = Spinner("dots") if step.began_at is not None else Text("·", style="dim")
            table.add_row(mark, name, self._seconds(step), Text(step.detail, overflow="ellipsis", no_wrap=True))
        return table

    def _seconds(self, step: _Step) -> str:
        if step.began_at is None:
            return ""
        return f"{((step.ended_at or self._clock.now()) - step.began_at) / SECOND:.0f} s"
