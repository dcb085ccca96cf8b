"""A terminal that a test types into: a shell on a pseudo terminal of its own."""

from __future__ import annotations

import fcntl
import os
import pty
import re
import select
import signal
import subprocess
import termios
import time
from collections.abc import Iterator, Mapping
from pathlib import Path

PATIENCE_SECONDS = 60.0
_DONE = "(done)"


class Terminal:
    """One shell. What it printed is in text."""

    def __init__(
        self, folder: Path, environment: Mapping[str, str], patience_seconds: float = PATIENCE_SECONDS
    ) -> None:
        self._master, slave = pty.openpty()
        self.text = ""
        self._read_to = 0
        self._patience = patience_seconds

        def take_terminal() -> None:
            os.setsid()
            fcntl.ioctl(0, termios.TIOCSCTTY, 0)
            # Tests that a script started in its background hear no Ctrl-C, and nor would what they start.
            signal.signal(signal.SIGINT, signal.SIG_DFL)

        self._shell = subprocess.Popen(
            ["bash", "--norc", "--noprofile"],
            stdin=slave,
            stdout=slave,
            stderr=slave,
            cwd=folder,
            env={**environment, "PS1": "", "PS2": ""},
            preexec_fn=take_terminal,
        )
        os.close(slave)
        # In two parts, so that the terminal's echo of what is typed is not taken for what is printed.
        self.type("bind 'set enable-bracketed-paste off' 2>/dev/null; stty -echo; echo '(rea''dy)'")
        self.wait_for("(ready)")

    def type(self, line: str) -> None:
        """Type one line."""
        os.write(self._master, f"{line}\n".encode())

    def run(self, block: str, answers: Mapping[str, str]) -> str:
        """Type each command of a block and wait for its end, answering what is asked. Returns: what it printed."""
        begun = len(self.text)
        for line in commands_of(block):
            self.type(f"{line}; printf '\\n%s (do''ne)\\n' \"$?\"")
            while _DONE not in (found := self.wait_for(_DONE, *answers)):
                self.type(answers[next(question for question in answers if found.endswith(question))])
            status = found.split(_DONE)[0].split()[-1]
            assert status == "0", f"{line}\n{self.text[-2000:]}"
        return self.text[begun:]

    def wait_for(self, *wanted: str) -> str:
        """Read until one of these is printed. Returns: what was printed since the last wait, up to its end."""
        until = time.monotonic() + self._patience
        while True:
            fresh = self.text[self._read_to :]
            places = [fresh.index(one) + len(one) for one in wanted if one in fresh]
            if places:
                self._read_to += min(places)
                return fresh[: min(places)]
            left = until - time.monotonic()
            assert left > 0, f"waited for {wanted}; it said\n{self.text[-3000:]}"
            if select.select([self._master], [], [], min(left, 0.5))[0]:
                self.text += os.read(self._master, 65_536).decode(errors="replace")

    def interrupt(self) -> None:
        """Ctrl-C."""
        os.write(self._master, b"\x03")

    def close(self) -> None:
        """End whatever runs there."""
        for number in (signal.SIGINT, signal.SIGTERM):
            for process in _children(self._shell.pid):
                os.kill(process, number)
            time.sleep(0.2)
        self._shell.kill()
        self._shell.wait()
        os.close(self._master)


def commands_of(block: str) -> Iterator[str]:
    """Its commands without comments; one goes over several lines for as long as the shell wants more."""
    begun = ""
    for line in block.strip().splitlines():
        begun += re.sub(r"(^|\s+)#\s.*$", "", line)
        if not begun:
            continue
        is_whole = subprocess.run(["bash", "-nc", begun], capture_output=True, check=False).returncode == 0
        if is_whole and not begun.endswith("\\"):
            yield begun
            begun = ""
        else:
            begun += "\n"
    assert not begun, f"no end: {begun}"


def _children(parent: int) -> list[int]:
    found = Path(f"/proc/{parent}/task/{parent}/children")
    return [int(one) for one in found.read_text().split()] if found.exists() else []
