"""The verb that simulates: many seeds of faults in virtual time, each repeatable byte for byte."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Annotated

import typer

from copytrade_live.commands.options import JsonOption
from copytrade_live.output import print_json, print_table

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from copytrade_live.simulation.campaign import Hunt
    from copytrade_live.simulation.run import SeedReport

app = typer.Typer()
VIOLATED = 3


@app.command(rich_help_panel="Checking")
def simulate(
    seeds: Annotated[str, typer.Option("--seeds", metavar="A-B", help="Which seeds.")] = "0-99",
    profile: Annotated[str, typer.Option("--profile", metavar="NAME", help="Which faults; see --list.")] = "paper",
    plant: Annotated[
        str,
        typer.Option("--plant", metavar="BUG", help="Swap a planted bug in, and stop at the first seed that shows it; "
                     "'all' looks for every one."),
    ] = "",
    workers: Annotated[int, typer.Option("--workers", min=1, help="Processes that share the seeds.")] = 1,
    show: Annotated[bool, typer.Option("--list", help="Name profiles, faults, invariants and planted bugs.")] = False,
    as_json: JsonOption = False,
) -> None:  # fmt: skip
    """Run the runner in virtual time under faults drawn by seed and check what must hold; exits 3 if it did not."""
    from copytrade_live.simulation.campaign import find_bug, find_profile, read_seeds, run_seeds

    if show:
        _list(as_json=as_json)
    elif plant == "all":
        _hunt_all(read_seeds(seeds), workers, as_json=as_json)
    else:
        bug = find_bug(plant) if plant else None
        wanted = read_seeds(seeds)
        name = bug.profile if bug else find_profile(profile)
        reports = list(_watched(run_seeds(wanted, name, bug, workers), len(wanted)))
        _print_reports(reports, name, plant, as_json=as_json)
        if any(report.violation_count for report in reports):
            raise typer.Exit(VIOLATED)


def _print_reports(reports: Sequence[SeedReport], profile: str, plant: str, *, as_json: bool) -> None:
    from copytrade_live.simulation.campaign import faults_met

    violated = [report for report in reports if report.violation_count]
    met = faults_met(reports)
    if as_json:
        content = {"profile": profile, "plant": plant or None, "violated": len(violated), "faults": met}
        print_json(content | {"seeds": [report.as_json() for report in reports]})
        return
    print_table("faults", ["fault", "met"], met.items())
    for report in violated:
        for violation in report.violations:
            print(f"seed {report.seed}  {violation.at:9.3f} s  {violation.invariant.value}  {violation.text}")
        print(f"seed {report.seed} again: copytrade simulate --seeds {report.seed} --profile {profile}")
    events = sum(report.events for report in reports)
    lives = sum(report.lives for report in reports)
    print(f"{len(reports)} seeds, {lives} lives, {events} events, {len(violated)} seeds with violations")


def _hunt_all(seeds: range, workers: int, *, as_json: bool) -> None:
    from copytrade_live.simulation.campaign import LEAST_FOUND, hunt
    from copytrade_live.simulation.planted import bugs

    hunts: list[Hunt] = []
    known = bugs()
    for bug in known.values():
        hunts.append(hunt(bug, seeds, workers))
        if not as_json:
            _print_hunt(hunts[-1])
    found = sum(one.report is not None for one in hunts)
    if as_json:
        print_json({"found": found, "planted": len(hunts), "bugs": [one.as_json() for one in hunts]})
    else:
        print(f"{found} of {len(hunts)} planted bugs found")
    if found < min(LEAST_FOUND, len(known)):
        raise typer.Exit(VIOLATED)


def _print_hunt(one: Hunt) -> None:
    if one.report is None:
        print(f"{one.bug.name:26} not found in {one.tried} seeds", flush=True)
        return
    first = one.report.violations[0]
    print(f"{one.bug.name:26} seed {one.report.seed:5}  {first.invariant.value}  {first.text}", flush=True)


def _list(*, as_json: bool) -> None:
    from copytrade_live.simulation.campaign import inventory

    content = inventory()
    if as_json:
        print_json(content)
        return
    for title, entries in content.items():
        print_table(title, ["", ""], entries.items())


def _watched(reports: Iterator[SeedReport], count: int) -> Iterator[SeedReport]:
    """Pass reports on, with a bar on a terminal; the error stream, so that --json stays one document."""
    if not sys.stderr.isatty():
        yield from reports
        return
    from rich.console import Console
    from rich.progress import track

    yield from track(reports, "simulating", total=count, console=Console(stderr=True))
