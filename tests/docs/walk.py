"""A page is followed block by block, in the terminals that its source names.

A comment right above a block of commands says what a reader understands by reading: `in: NAME` is the terminal (else
the first one), `until: TEXT` that its last command goes on once that is printed, `each until: TEXT` that each of its
commands does, until Ctrl-C.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable, Mapping
from pathlib import Path
from types import TracebackType

from tests.docs.blocks import ROOT, Block
from tests.docs.terminals import Terminal, commands_of

FIRST = "first"
_ENDED = "(it ended)"
_ACTIVATE = 'PATH="{bin}:$PATH"; export PATH\n'


class Walk:
    """Somebody who follows pages in one folder. replaced: words that this machine cannot take as they are."""

    def __init__(
        self,
        folder: Path,
        *,
        replaced: Mapping[str, str] | None = None,
        answers: Mapping[str, str] | None = None,
        patience_seconds: float = 60.0,
    ) -> None:
        self.folder = folder
        self.replaced = dict(replaced or {})
        self._answers = dict(answers or {})
        self._patience = patience_seconds
        self._terminals: dict[str, Terminal] = {}

    def __enter__(self) -> Walk:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for terminal in self._terminals.values():
            terminal.close()

    def follow(self, blocks: Iterable[Block]) -> str:
        """Run blocks in order. Returns: what they printed."""
        return "".join(self._run(block) for block in blocks)

    def terminal(self, name: str = FIRST) -> Terminal:
        """A terminal of this folder, opened when it is first named."""
        if name not in self._terminals:
            self._terminals[name] = Terminal(self.folder, environment(self.folder), self._patience)
        return self._terminals[name]

    def stop(self, name: str) -> str:
        """Ctrl-C in a terminal, and wait for the end. Returns: what it printed meanwhile."""
        terminal = self.terminal(name)
        terminal.interrupt()
        terminal.type("echo '(it en''ded)'")
        return terminal.wait_for(_ENDED)

    def _run(self, block: Block) -> str:
        said = dict(self._word(one).split(": ", 1) for one in block.said.split("; ")) if block.said else {}
        terminal, text = self.terminal(said.get("in", FIRST)), self._word(block.text)
        if "each until" in said:
            return "".join(self._left(block, one, said["each until"]) for one in commands_of(text))
        if "until" not in said:
            return terminal.run(text, self._answers)
        *before, last = commands_of(text)
        told = terminal.run("\n".join(before), self._answers)
        terminal.type(last)
        return told + terminal.wait_for(said["until"])

    def _word(self, text: str) -> str:
        for word, other in self.replaced.items():
            text = text.replace(word, other)
        return text

    def _left(self, block: Block, command: str, until: str) -> str:
        terminal = self.terminal(f"{block}: {command}")
        terminal.type(command)
        return terminal.wait_for(until) + self.stop(f"{block}: {command}")


def folder_with_the_code(folder: Path) -> Path:
    """A folder as a newcomer has it: the code, and .venv as make demo leaves it; what is written there stays there."""
    folder.mkdir(parents=True)
    for path in ROOT.iterdir():
        if not path.name.startswith(".") and path.name not in ("site", "reports"):
            (folder / path.name).symlink_to(path)
    tools = folder / ".venv" / "bin"
    tools.mkdir(parents=True)
    (tools / "activate").write_text(_ACTIVATE.format(bin=tools), encoding="utf-8")
    put_copytrade(tools)
    for name in ("python", "python3"):
        wrapper = tools / name
        wrapper.write_text(f'#!/bin/sh\nexec {sys.executable} "$@"\n', encoding="utf-8")
        wrapper.chmod(0o755)
    return folder


def put_copytrade(tools: Path) -> None:
    """The command copytrade, of the code that is tested."""
    copytrade = tools / "copytrade"
    copytrade.write_text(f"#!{sys.executable}\nfrom copytrade_live.cli import main\n\nmain()\n", encoding="utf-8")
    copytrade.chmod(0o755)


def environment(folder: Path) -> dict[str, str]:
    """A newcomer's environment: nothing of ours but where the code is, and wide lines."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("COPYTRADE", "DAGSTER"))}
    path = f"{folder / '.venv' / 'bin'}:{os.environ['PATH']}"
    return kept | {
        "PATH": path,
        "PYTHONPATH": str(ROOT),
        "COLUMNS": "200",
        "TERM": "dumb",
        "DAGSTER_DISABLE_TELEMETRY": "1",
    }
