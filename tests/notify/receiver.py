"""Somebody who is told: a web server on loopback that keeps what apprise posts to it."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any


class Receiver:
    """What came, and how the next requests are answered."""

    def __init__(self, port: int) -> None:
        self.came: list[dict[str, Any]] = []
        self.refusals = 0
        self.url = f"json://127.0.0.1:{port}/hook/t0ken-that-is-a-secret"

    @property
    def texts(self) -> list[str]:
        return [f"{one['title']}\n{one['message']}" for one in self.came]


@contextmanager
def receiving() -> Iterator[Receiver]:
    class Ear(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            content = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            if receiver.refusals:
                receiver.refusals -= 1
                self.send_response(500)
            else:
                receiver.came.append(content)
                self.send_response(200)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *_: object) -> None:
            return

    server = ThreadingHTTPServer(("127.0.0.1", 0), Ear)
    receiver = Receiver(server.server_address[1])
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield receiver
    finally:
        server.shutdown()
        server.server_close()
