"""Keeps secrets out of everything that is written: what was hidden once is masked in every log line from then on."""

from __future__ import annotations

import base64
import json
import logging
import re
import sys
import threading
import traceback
from types import TracebackType
from typing import Any
from urllib.parse import quote

from copytrade_live.visible import visible

MASK = "********"

# Whatever looks like a key, a signature or a login is masked, whoever wrote it.
_SHAPES = re.compile(
    r"(?i)((?:private[_ -]?key|secret|passphrase|password|poly_signature|poly_passphrase|poly_api_key|authorization)"
    r"[\"']?\s*[:=]\s*[\"']?)([^\s\"',;}]{6,})"
)
_LONG_HEX = re.compile(r"0x[0-9a-fA-F]{130,}")
_SHORTEST = 8
_LONGEST_LINE = 8_000
# So much of a secret's beginning or end gives it away as well.
_EDGE = 12


class Redactor:
    """Knows the secrets of this process and every form they may take in text."""

    def __init__(self) -> None:
        self._forms: list[str] = []

    def hide(self, secret: str) -> None:
        """Mask this secret from now on."""
        forms = {form for form in _forms_of(secret) if len(form) >= _SHORTEST}
        # Longest first, so that a part never spoils the whole.
        self._forms = sorted(forms | set(self._forms), key=len, reverse=True)

    def redact(self, text: str) -> str:
        """The text with every hidden secret, and everything shaped like one, masked."""
        for form in self._forms:
            if form in text:
                text = text.replace(form, MASK)
        text = _LONG_HEX.sub(MASK, text)
        return _SHAPES.sub(lambda found: found[1] + MASK, text)


def _forms_of(value: str) -> set[str]:
    bare = value.removeprefix("0x")
    raw = value.encode()
    words = {value, bare, json.dumps(value)[1:-1], quote(value, safe=""), raw.hex(), repr(value)[1:-1]}
    words |= {base64.b64encode(raw).decode().rstrip("="), base64.urlsafe_b64encode(raw).decode().rstrip("=")}
    if re.fullmatch(r"[0-9a-fA-F]{64}", bare):
        key = bytes.fromhex(bare)
        words |= {str(int(bare, 16)), repr(key)[2:-1], base64.b64encode(key).decode().rstrip("=")}
        words |= {base64.urlsafe_b64encode(key).decode().rstrip("=")}
    words |= {word.lower() for word in words} | {word.upper() for word in words}
    edges = {bare[:_EDGE], bare[-_EDGE:]} if len(bare) > 3 * _EDGE else set()
    return words | edges | {edge.upper() for edge in edges} | {edge.lower() for edge in edges}


PROCESS = Redactor()


def hide(secret: str) -> None:
    """Mask this secret in everything this process logs from now on."""
    PROCESS.hide(secret)


class RedactingFormatter(logging.Formatter):
    """Formats as another formatter does, tracebacks included, and masks the whole line."""

    def __init__(self, inner: logging.Formatter) -> None:
        super().__init__()
        self._inner = inner

    def format(self, record: logging.LogRecord) -> str:
        """The line, masked; what strangers wrote in it starts no line of its own. Only tracebacks have more lines."""
        said = visible(record.getMessage(), longest=_LONGEST_LINE)
        shown = logging.makeLogRecord(record.__dict__ | {"msg": said, "args": ()})
        return PROCESS.redact(self._inner.format(shown))


def mask_tracebacks() -> None:
    """Whatever ends this process or one of its threads is printed masked."""
    sys.excepthook = _print_masked
    threading.excepthook = lambda ended: _print_masked(ended.exc_type, ended.exc_value, ended.exc_traceback)
    sys.unraisablehook = lambda ended: _print_masked(ended.exc_type, ended.exc_value, ended.exc_traceback)


def mask_records() -> None:
    """Mask each log record when it is made, for processes whose handlers are not ours, such as Dagster's."""
    made = logging.getLogRecordFactory()
    if getattr(made, "masks", False):
        return

    def make(*given: Any, **named: Any) -> logging.LogRecord:
        record = made(*given, **named)
        record.msg, record.args = PROCESS.redact(record.getMessage()), ()
        if record.exc_info and not record.exc_text:
            record.exc_text = PROCESS.redact("".join(traceback.format_exception(*record.exc_info)).rstrip())
        return record

    vars(make)["masks"] = True
    logging.setLogRecordFactory(make)


def _print_masked(kind: type[BaseException], error: BaseException | None, trace: TracebackType | None, /) -> None:
    if issubclass(kind, SystemExit):
        return
    print(PROCESS.redact("".join(traceback.format_exception(kind, error, trace)).rstrip()), file=sys.stderr)
