"""Commands that pages name in their sentences exist, with the options they are given."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache
from typing import Any

import typer.main

from copytrade_live.cli import build_app
from tests.docs.blocks import ROOT, pages

# Written from the code, and what was true of older releases.
NOT_LOOKED_AT = ("docs/cli.md", "CHANGELOG.md")
WRITTEN = [page for page in pages() if page not in NOT_LOOKED_AT]


def named_in(page: str) -> Iterator[list[str]]:
    """The words behind copytrade of each command in a sentence."""
    text = re.sub(r"^```.*?^```", "", (ROOT / page).read_text(encoding="utf-8"), flags=re.DOTALL | re.MULTILINE)
    for said in re.findall(r"`copytrade ([^`]+)`", text):
        yield re.sub(r'"[^"]*"', "TEXT", said).split()


@cache
def program(verb: str) -> Any:
    """The whole command line, as it is built for a verb."""
    return typer.main.get_command(build_app([verb]))


def unknown(words: list[str]) -> list[str]:
    """Those of its words that are no verb or no option."""
    command, found = program(words[0]), []
    for word in words:
        verbs = getattr(command, "commands", {})
        if word.startswith("--"):
            options = {name for one in command.params for name in (*one.opts, *one.secondary_opts)}
            found += [] if word.partition("=")[0] in {*options, "--help"} else [word]
        elif verbs:
            command = verbs.get(word)
            if command is None:
                return [*found, word]
    return found


def test_commands_that_pages_name_exist() -> None:
    named = [(page, words) for page in WRITTEN for words in named_in(page) if not words[0].startswith("-")]
    assert len(named) > 100
    assert [(page, words, wrong) for page, words in named if (wrong := unknown(words))] == []


def test_a_command_that_is_not_there_is_found() -> None:
    assert unknown(["status", "--wach"]) == ["--wach"]
    assert unknown(["keys", "forget", "ADDRESS"]) == ["forget"]
    assert unknown(["sell"]) == ["sell"]
