"""One life of a runner: started on what the lives before left on disk, ended by a stop or, anywhere, by a kill."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from contextvars import ContextVar

from copytrade_live.errors import CopytradeError
from copytrade_live.failpoints import Failpoint
from copytrade_live.runner.app import Runner
from copytrade_live.simulation.loop import VirtualLoop

_current: ContextVar[Life | None] = ContextVar("life", default=None)


class Killed(BaseException):
    """This life is over; nothing it still tries has any effect."""


class Life:
    """A runner and every task it ever started."""

    def __init__(self, make: Callable[[Life], Runner]) -> None:
        self.is_dead = False
        self.tasks: list[asyncio.Task[object]] = []
        self.failure: BaseException | None = None
        self.runner = make(self)
        self._task: asyncio.Task[object] | None = None
        self._is_open = self._was_started = False

    def begin(self, loop: VirtualLoop) -> None:
        """Start the runner and let it run."""
        token = _current.set(self)
        try:
            self._task = loop.create_task(self._live(), name="life")
        finally:
            _current.reset(token)

    @property
    def is_over(self) -> bool:
        """Whether it ended, by itself or not."""
        return self._task is not None and self._task.done()

    @property
    def is_running(self) -> bool:
        """Whether it was started, and neither ended nor was killed."""
        return self._is_open and not self.is_dead and not self.is_over

    @property
    def was_started(self) -> bool:
        """Whether its runner ever ran."""
        return self._was_started

    def reach(self, point: Failpoint) -> None:
        """Pass a failpoint; the dead get no further. Raises: Killed."""
        if self.is_dead:
            raise Killed(point)

    def kill(self) -> None:
        """End it as SIGKILL does: no clean-up of its has any effect."""
        self.is_dead = True
        for task in self.tasks:
            task.cancel()

    async def bury(self) -> None:
        """Wait until all its tasks have noticed, then give back what the system would."""
        pending = [task for task in self.tasks if not task.done()]
        for _ in range(50):
            if not pending:
                break
            for task in pending:
                task.cancel()
            await asyncio.wait(pending, timeout=0.001)
            pending = [task for task in pending if not task.done()]
        self.is_dead = True
        for task in self.tasks:
            if task.done() and not task.cancelled():
                task.exception()
        self.release()

    def release(self) -> None:
        """Close its files as the system does for a dead process: nothing is written any more."""
        if self._is_open:
            self._is_open = False
            self.runner.journal.close()

    async def stop(self) -> None:
        """End it as SIGTERM does: in good order."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.wait([self._task])
            self._note_failure()
        if self._is_open:
            self._is_open = False
            try:
                await self.runner.stop()
                self.runner.close()
            except (CopytradeError, Killed) as error:
                self.failure = None if self.is_dead else error
        self.is_dead = True

    async def _live(self) -> None:
        await self.runner.start()
        self._is_open = self._was_started = True
        await self.runner.run_forever()

    def _note_failure(self) -> None:
        if self._task is not None and self._task.done() and not self._task.cancelled():
            self.failure = self._task.exception()

    def end(self) -> BaseException | None:
        """Why it ended, for one that did so by itself."""
        self._note_failure()
        return self.failure


def adopt_tasks(loop: VirtualLoop) -> None:
    """Have every task noted with the life that started it."""

    def make(loop: asyncio.AbstractEventLoop, coroutine: object, **options: object) -> asyncio.Task[object]:
        task: asyncio.Task[object] = asyncio.Task(coroutine, loop=loop, **options)  # type: ignore[arg-type]
        life = _current.get()
        if life is not None:
            life.tasks = [one for one in life.tasks if not one.done()] if len(life.tasks) > 64 else life.tasks
            life.tasks.append(task)
        return task

    loop.set_task_factory(make)  # type: ignore[arg-type]
