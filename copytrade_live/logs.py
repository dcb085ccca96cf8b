"""Log lines for people and machines: one line an event, UTC, to standard error."""

from __future__ import annotations

import logging
import sys
import time
from typing import TextIO

from copytrade_live.redaction import RedactingFormatter

ROOT = "copytrade"
_FORMAT = "%(asctime)s.%(msecs)03dZ %(levelname)s %(name)s %(message)s"


def setup_logging(level: str, stream: TextIO | None = None) -> None:
    """Send what copytrade logs at this level or above to a stream, standard error by default. Safe to call twice."""
    handler = logging.StreamHandler(stream or sys.stderr)
    formatter = logging.Formatter(_FORMAT, datefmt="%Y-%m-%dT%H:%M:%S")
    formatter.converter = time.gmtime
    handler.setFormatter(RedactingFormatter(formatter))
    root = logging.getLogger(ROOT)
    root.handlers[:] = [handler]
    root.setLevel(level.upper())
    root.propagate = False
    # Libraries speak through the same handler: at INFO some write whole addresses, keys and tokens in them included.
    libraries = logging.getLogger()
    libraries.handlers[:] = [handler]
    libraries.setLevel(logging.WARNING)
    for name in ("httpx", "httpcore", "websockets", "polymarket", "uvicorn.access"):
        logging.getLogger(name).setLevel(logging.WARNING)


def set_level(level: str) -> None:
    """Log this level or above from now on."""
    logging.getLogger(ROOT).setLevel(level.upper())


def logger(part: str) -> logging.Logger:
    """The logger of one part of copytrade."""
    return logging.getLogger(f"{ROOT}.{part}")
