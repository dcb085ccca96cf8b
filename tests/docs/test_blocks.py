"""Every block of the documents is run by a test, or its page says why none does."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from tests.docs.blocks import ROOT, Block, blocks_of, pages, runnable

# By page and language: the test that runs every such block of the page.
FOLLOWED: Mapping[str, Mapping[str, str]] = {
    "README.md": {"sh": "tests/docs/test_quickstart.py"},
    "dbt_like_sql/README.md": {"sql": "tests/docs/test_sql_examples.py"},
    "docs/backtests.md": {"sh": "tests/docs/test_quickstart.py"},
    "docs/dashboard.md": {"sh": "tests/docs/test_operating.py"},
    "docs/extending.md": dict.fromkeys(("sh", "yaml", "diff", "python"), "tests/docs/test_extending.py"),
    "docs/extensions.md": dict.fromkeys(("python", "yaml"), "tests/core/test_extensions.py"),
    "docs/going-live.md": {"sh": "tests/docs/test_going_live.py"},
    "docs/operating.md": dict.fromkeys(("sh", "yaml", "python"), "tests/docs/test_operating.py"),
    "docs/own-history.md": dict.fromkeys(("python", "yaml"), "tests/backtest/test_own_data.py"),
    "docs/quickstart.md": {"sh": "tests/docs/test_quickstart.py"},
    "docs/sandbox.md": {"sh": "tests/docs/test_sandbox_page.py"},
}
# What no test runs, by page and first command, and why: what needs packages, the real venue, or minutes for one number.
NOT_RUN = {
    ("README.md", "make demo"): "both install packages from an index; tests/cli/test_demo.py starts the same demo",
    ("README.md", "export COPYTRADE_HOME=~/copytrade"): (
        "doctor and up ask the real venue; docs/quickstart.md has both on a sandbox"
    ),
    ("docs/operating.md", "7 4 * * *  copytrade backup /mnt/other/copytrade --live --keep 30"): (
        "a line for cron; tests/store/test_restoring.py runs the command"
    ),
    (
        "docs/operating.md",
        'nsenter --target "$(systemctl show --property MainPID --value copytrade-platform)" --mount \\',
    ): "it takes a systemd; tests/deploy/test_units_boot.py boots one and does the same",
    ("README.md", "copytrade keys new"): "in short; docs/going-live.md has every step",
    (
        "docs/performance.md",
        'make bench ARGS="backtest"',
    ): "minutes of two cores, and installs what it measures against",
    (
        "docs/quickstart.md",
        "make demo",
    ): "it installs packages from an index; tests/cli/test_demo.py starts the same demo",
}
# Drawings: nothing to run.
SHOWN = ("text", "mermaid")
COMMAND = re.compile(r"^\s*(?:\$ )?(?:copytrade|make|python3?|curl|docker|systemctl|prometheus\S*|dagster\S*|git|pip) ")


def unfollowed(blocks: Sequence[Block]) -> list[str]:
    """What is wrong with blocks: no language, nobody who runs them, or a command where nobody looks for one."""
    found = []
    for block in blocks:
        follower = FOLLOWED.get(block.page, {}).get(block.language)
        if block.language in SHOWN:
            if any(COMMAND.match(line) for line in block.text.splitlines()):
                found.append(f"{block}: commands in a block of {block.language}; make it sh")
        elif not block.language:
            found.append(f"{block}: no language")
        elif block.reason_not_to_run is None and follower is None:
            found.append(f"{block}: no test runs {block.language} of this page; see {__name__}.FOLLOWED")
        elif block.language == "python" and not block.title:
            found.append(f"{block}: no title to save it under")
    return found


def test_every_block_is_run_or_says_why_not() -> None:
    assert [one for page in pages() for one in unfollowed(blocks_of(page))] == []


def test_a_block_that_nobody_runs_is_found() -> None:
    def made(page: str, language: str, text: str = "copytrade status\n", said: str = "") -> Block:
        return Block(page=page, line=3, heading="", language=language, title="", text=text, said=said)

    assert (
        len(unfollowed([made("docs/glossary.md", "sh"), made("docs/quickstart.md", ""), made("README.md", "sql")])) == 3
    )
    assert len(unfollowed([made("docs/dagster.md", "text"), made("docs/own-history.md", "python")])) == 2
    assert unfollowed([made("docs/glossary.md", "sh", said="not run: because"), made("docs/quickstart.md", "sh")]) == []


def test_commands_stand_in_fences_where_they_are_found() -> None:
    for page in pages():
        fences = False
        for number, line in enumerate((ROOT / page).read_text(encoding="utf-8").splitlines(), 1):
            fences ^= line.startswith("```")
            is_listed = re.match(r"^\s*(?:[-*]|\d+\.)\s", line)
            assert fences or is_listed or not (line.startswith("    ") and COMMAND.match(line)), (
                f"{page}:{number}: {line}"
            )


def test_what_is_not_run_is_what_is_known_not_to_be() -> None:
    found = {}
    for block in (block for page in pages() for block in blocks_of(page) if block.reason_not_to_run is not None):
        first = re.sub(r"\s+#\s.*$", "", block.text.splitlines()[0])
        found[block.page, first] = block.reason_not_to_run
    assert found == NOT_RUN


def test_who_is_said_to_run_a_page_names_it_and_the_page_has_such_blocks() -> None:
    for page, languages in FOLLOWED.items():
        assert {block.language for block in runnable(page)} - {*SHOWN} == {*languages}, page
        for module in set(languages.values()):
            text = (ROOT / module).read_text(encoding="utf-8")
            assert page in text or page.rpartition("/")[2] in text, f"{module} does not name {page}"
