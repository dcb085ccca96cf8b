"""Verbs that set copytrade up: init, check-config, doctor."""

from __future__ import annotations

from typing import Annotated

import typer

from copytrade_live.commands.options import ConfigOption, JsonOption

app = typer.Typer()
PANEL = "Setting up"
FAILED = 1


@app.command(rich_help_panel=PANEL)
def init(
    venue: Annotated[
        str | None, typer.Option(metavar="URL", help="One address that serves every API, such as a sandbox's.")
    ] = None,
    force: Annotated[bool, typer.Option("--force", help="Write over an existing config file.")] = False,
) -> None:
    """Write config.yaml, every key with its unit, range, default and meaning."""
    from copytrade_live.config_file import NO_CHANGES, write_config
    from copytrade_live.settings import home_from_environment
    from copytrade_live.venue_address import venue_changes

    home = home_from_environment()
    write_config(home.config, venue_changes(venue) if venue else NO_CHANGES, force=force)
    print(f"wrote {home.config}")
    if venue is None:
        print("next: name wallets under tracker.leaders, then run: copytrade doctor")


@app.command("check-config", rich_help_panel=PANEL)
def check_config(config: ConfigOption = None) -> None:
    """Say whether the config is valid; every mistake names its key."""
    from copytrade_live.settings import home_from_environment, parse_config, read_text

    path = config or home_from_environment().config
    loaded = parse_config(read_text(path), origin=str(path))
    print(f"ok: {path}, decision digest {loaded.decision().digest()}")


@app.command(rich_help_panel=PANEL)
def doctor(config: ConfigOption = None, as_json: JsonOption = False) -> None:
    """Look at everything copytrade needs and say what is missing and what to do."""
    from copytrade_live.doctor import examine
    from copytrade_live.findings import Verdict
    from copytrade_live.output import print_json, print_table
    from copytrade_live.settings import home_from_environment

    findings = examine(home_from_environment(), config)
    if as_json:
        print_json([finding.content() for finding in findings])
    else:
        rows = [(one.subject, one.verdict.value, one.found, one.advice) for one in findings]
        print_table("copytrade doctor", ["what", "verdict", "found", "what to do"], rows)
    if any(finding.verdict is Verdict.FAIL for finding in findings):
        raise typer.Exit(FAILED)
