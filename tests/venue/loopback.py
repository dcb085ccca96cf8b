"""Real servers on loopback for tests: an application of the test's own, or the sandbox."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from copytrade_live.sandbox.server import listen, make_server


@contextmanager
def served(app: Starlette) -> Iterator[str]:
    """Serve an application on a free port; gives its URL."""
    with listen("127.0.0.1", 0) as listener:
        server = make_server(app)
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]}, daemon=True)
        thread.start()
        while not server.started:
            time.sleep(0.01)
        try:
            yield f"http://127.0.0.1:{listener.getsockname()[1]}"
        finally:
            server.should_exit = True
            thread.join(timeout=10)


class Script:
    """Answers given one after the other, the last one for ever; keeps what was asked."""

    def __init__(self, *answers: Response) -> None:
        self._answers = list(answers)
        self.asked: list[str] = []
        self.bodies: list[bytes] = []

    async def answer(self, request: Request) -> Response:
        """The next answer."""
        self.asked.append(str(request.url.query))
        self.bodies.append(await request.body())
        return self._answers.pop(0) if len(self._answers) > 1 else self._answers[0]

    def app(self) -> Starlette:
        """An application that answers every path from the script."""
        return Starlette(routes=[Route("/{path:path}", self.answer, methods=["GET", "POST"])])
