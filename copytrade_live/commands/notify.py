"""The verbs that tell people outside: notify, and notify test."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from copytrade_live.commands.options import ConfigOption, LiveOption, chosen_home

if TYPE_CHECKING:
    from pathlib import Path

    from copytrade_live.notify.channel import Channel
    from copytrade_live.settings import CopytradeConfig, Home

app = typer.Typer()
verbs = typer.Typer(help="Tell people outside what happens: copies, exits, halts, gate, alerts, each day.")
app.add_typer(verbs, name="notify", rich_help_panel="Running")
FAILED = 1


@verbs.callback(invoke_without_command=True)
def notify(context: typer.Context, config: ConfigOption = None, live: LiveOption = False) -> None:
    """Follow the journal and tell of it until Ctrl-C; addresses come from COPYTRADE_NOTIFY_URLS."""
    if context.invoked_subcommand is not None:
        return
    import asyncio

    from copytrade_live.logs import logger
    from copytrade_live.notify.serve import serve

    home, loaded, channel = _opened(config, is_live=live)
    logger("notify").info("telling %d addresses of %s", len(channel.names), home.state)
    asyncio.run(serve(home, loaded, channel))


@verbs.command("test")
def send_test(
    config: ConfigOption = None,
    live: LiveOption = False,
    with_chart: Annotated[bool, typer.Option("--chart", help="Attach a chart, as the daily summary does.")] = False,
) -> None:
    """Send one message to every address, and say which did not take it."""
    from copytrade_live.notify.channel import Message
    from copytrade_live.notify.trial import trial_picture
    from copytrade_live.runner.alerts import Severity

    home, _, channel = _opened(config, is_live=live)
    picture = trial_picture(home) if with_chart else None
    words = "This is what a message looks like. Nothing happened."
    failed = channel.send(Message(title="copytrade: test", body=words, severity=Severity.INFO, picture=picture))
    for name in channel.names:
        print(f"address {name}: {'did not take it' if name in failed else 'sent'}")
    if failed:
        raise typer.Exit(FAILED)


def _opened(config: Path | None, *, is_live: bool) -> tuple[Home, CopytradeConfig, Channel]:
    import os

    from copytrade_live.logs import setup_logging
    from copytrade_live.notify.addresses import load_addresses
    from copytrade_live.notify.channel import Channel
    from copytrade_live.settings import load_config
    from copytrade_live.stray_secrets import drop_keys

    home = chosen_home(is_live)
    loaded = load_config(config, home)
    setup_logging(loaded.log_level)
    addresses = load_addresses(loaded, os.environ)
    # Nothing here signs: a key that came along by mistake is not kept.
    drop_keys(os.environ)
    return home, loaded, Channel(addresses)
