"""The verb `backtest`: run one, list them, show one again, compare two."""

from __future__ import annotations

import json
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any

import typer

from copytrade_pipelines.cli_options import ConfigOption, FromOption, JsonOption, LeadersOption, open_location
from copytrade_pipelines.cli_output import show_backtest

app = typer.Typer(invoke_without_command=True)
RUN = "RUN"


class TapeOption(StrEnum):
    """What --tape takes."""

    WAREHOUSE = "warehouse"
    JOURNAL = "journal"


class AssumeOption(StrEnum):
    """What --assume takes."""

    CONFIG = "config"
    PAPER = "paper"


RunArgument = Annotated[str, typer.Argument(metavar=RUN, help="A run's id, its beginning, or: last.")]


@app.callback()
def backtest(
    context: typer.Context,
    start: FromOption = "",
    end: Annotated[str, typer.Option("--to", metavar="TIME", help="End, not included; default: the venue's now.")] = "",
    leaders: LeadersOption = "",
    changes: Annotated[
        list[str] | None,
        typer.Option(
            "--set", metavar="KEY=VALUE", help="Change a setting for this run: filter.max_spread=0.05. Repeat."
        ),
    ] = None,
    config: ConfigOption = None,
    as_json: JsonOption = False,
) -> None:
    """Replay history through the runner's own decisions and write a report."""
    if context.invoked_subcommand is not None:
        return
    location = open_location(config)
    settings = {
        "from_day": start,
        "to_day": end,
        "leaders": leaders_of(leaders),
        "follow_top": location.config.tracker.follow_top,
        "overrides": changes_of(changes or []),
    }
    outcome = location.run_job("nightly_backtest", {"backtest_runs": {"config": settings}})
    show_backtest(outcome.metadata["backtest_runs"], as_json)


@app.command("list")
def list_(as_json: JsonOption = False) -> None:
    """The backtests of this home, newest first."""
    from copytrade_live.output import print_json, print_table
    from copytrade_live.settings import home_from_environment
    from copytrade_pipelines.backtest.past_runs import past_runs

    found = past_runs(home_from_environment())
    if as_json:
        print_json([run.as_json() for run in found])
        return
    columns = ["run", "from", "to", "leaders", "copies", "pnl $", "return", "drawdown"]
    print_table("Backtests", columns, [run.cells() for run in found])
    if not found:
        print("none yet; make one with: copytrade backtest")


@app.command()
def show(
    run: RunArgument = "last",
    opens: Annotated[bool, typer.Option("--open", help="Open the report in the browser.")] = False,
    as_json: JsonOption = False,
) -> None:
    """One backtest in numbers, and where its files are."""
    from copytrade_live.output import print_facts, print_json
    from copytrade_live.settings import home_from_environment
    from copytrade_pipelines.backtest.inputs import find_run
    from copytrade_pipelines.backtest.past_runs import read_run

    found = read_run(find_run(home_from_environment(), run))
    if opens:
        typer.launch((found.folder / "report.html").as_uri())
    if as_json:
        print_json(found.as_json())
        return
    print_facts(f"Backtest {found.run_id}", found.facts())
    for name, path in found.paths().items():
        print(f"{name} {path}")


@app.command()
def compare(
    one: RunArgument,
    other: RunArgument,
    as_json: JsonOption = False,
) -> None:
    """Two backtests side by side: what went in, what came out, which signals were decided differently; and a page."""
    from copytrade_live.output import print_json, print_table
    from copytrade_live.settings import home_from_environment
    from copytrade_pipelines.backtest.compare import page_beside, write_comparison
    from copytrade_pipelines.backtest.inputs import find_run

    home = home_from_environment()
    folders = find_run(home, one), find_run(home, other)
    page = page_beside(*folders)
    found = write_comparison(*folders, page)
    if as_json:
        print_json({**found.as_json(), "page": str(page)})
        return
    names = [found.one, found.other]
    print_table("Inputs that differ", ["", *names], [[name, *pair] for name, pair in found.settings.items()])
    if not found.settings:
        print("none: the same test of the same rows")
    print_table("Came to", ["", *names, "difference"], [[row["name"], *row["text"]] for row in found.numbers])
    changes = [[row["one"], row["other"], row["signals"]] for row in found.changes]
    print_table(f"Decided differently: {found.different:,}; alike: {found.same:,}", [*names, "signals"], changes)
    print(f"page {page}")


@app.command("like-run")
def like_run(
    journal: Annotated[
        Path | None,
        typer.Argument(metavar="JOURNAL", help="A runner's export folder; default: this home's paper runs."),
    ] = None,
    start: Annotated[str, typer.Option("--from", metavar="TIME", help="Compare copies decided from here on.")] = "",
    end: Annotated[str, typer.Option("--to", metavar="TIME", help="End of the period; default: the last event.")] = "",
    live: Annotated[bool, typer.Option("--live", help="The journal of real money, instead of paper's.")] = False,
    tape: Annotated[
        TapeOption, typer.Option(help="Rebuild the period from the warehouse, or from what the runner itself saw.")
    ] = TapeOption.WAREHOUSE,
    assume: Annotated[
        AssumeOption, typer.Option(help="How orders fill: as backtest: in the config says, or as on paper.")
    ] = AssumeOption.CONFIG,
    top: Annotated[int, typer.Option(min=1, help="How many rows to show, the largest differences first.")] = 20,
    config: ConfigOption = None,
    as_json: JsonOption = False,
) -> None:
    """Run a paper or live period as a backtest of itself, and explain each difference."""
    from copytrade_pipelines.cli_like_run import explain_period

    explain_period(
        journal, start, end, is_live=live, tape=tape.value, assume=assume.value, top=top, config=config, as_json=as_json
    )


def leaders_of(text: str) -> list[str]:
    """Wallets named by comma or in a file. Raises: ConfigError for what is neither."""
    from copytrade_live.errors import ConfigError

    path = Path(text).expanduser()
    if not text:
        return []
    if not text.lower().startswith("0x") or path.is_file():
        if not path.is_file():
            raise ConfigError(
                f"--leaders {text}: there is no such file, and a wallet begins with 0x; give a file with one wallet a "
                "line, or wallets by comma"
            )
        lines = (line.partition("#")[0].strip() for line in path.read_text(encoding="utf-8").splitlines())
        found = [line.lower() for line in lines if line]
        if not found:
            raise ConfigError(f"--leaders {text} names no wallet; write one a line")
        return found
    return [wallet.strip().lower() for wallet in text.split(",") if wallet.strip()]


def changes_of(texts: list[str]) -> dict[str, Any]:
    """Settings by dotted key, from KEY=VALUE. Raises: ConfigError for what is not that."""
    from copytrade_live.errors import ConfigError

    changes: dict[str, Any] = {}
    for text in texts:
        key, equals, value = text.partition("=")
        if not equals or not key.strip():
            raise ConfigError(f"--set takes KEY=VALUE such as filter.max_spread=0.05, was {text!r}")
        try:
            changes[key.strip()] = json.loads(value)
        except ValueError:
            changes[key.strip()] = value
    return changes
