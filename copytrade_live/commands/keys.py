"""Verbs about the key that signs: keys new, keys import, keys show. No key or password is ever an argument."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from copytrade_live.commands.options import ConfigOption, JsonOption

if TYPE_CHECKING:
    from copytrade_live.secret import Secret

app = typer.Typer()
keys = typer.Typer(no_args_is_help=True, help="Make, take in and show the key that signs orders.")
app.add_typer(keys, name="keys", rich_help_panel="Setting up")

PasswordFileOption = Annotated[
    Path | None,
    typer.Option("--password-file", metavar="FILE", help="File, for its owner alone, that holds the password."),
]
AddressArgument = Annotated[str, typer.Argument(metavar="ADDRESS", help="The key's address, as keys show says it.")]


@keys.command()
def new(config: ConfigOption = None, password_file: PasswordFileOption = None) -> None:
    """Make a new key in an encrypted keystore. Authorise it as a session key before trading with it."""
    from eth_account import Account

    from copytrade_live.secret import Secret

    made = Account.create()
    _write(config, Secret("0x" + bytes(made.key).hex()), password_file)


@keys.command("import")
def import_key(config: ConfigOption = None, password_file: PasswordFileOption = None) -> None:
    """Take in an existing key, asked for without showing it, into an encrypted keystore."""
    _write(config, _asked_key("private key (64 hex digits)"), password_file)


@keys.command()
def authorize(
    address: AddressArgument,
    config: ConfigOption = None,
    days: Annotated[int, typer.Option(help="Days it may trade, 1 to 30.")] = 30,
) -> None:
    """Let a key trade for the wallet, and do nothing else; asks for the owner's key, which is not kept."""
    from copytrade_live.clock import from_iso
    from copytrade_live.keys.sessions import authorise
    from copytrade_live.session_record import SessionRecord, write_session
    from copytrade_live.settings import home_from_environment, load_config

    home = home_from_environment()
    loaded = load_config(config, home)
    made = authorise(loaded.venue, _asked_key("private key of the wallet's owner"), loaded.live.wallet, address, days)
    until = from_iso(made.valid_until)
    write_session(home, SessionRecord(address=made.address, wallet=made.wallet, valid_until=until))
    print(f"{made.address} may trade for {made.wallet} until {made.valid_until} ({', '.join(made.scopes)})")
    if not loaded.live.wallet:
        print(f"next: set live.wallet to {made.wallet} in the config")


@keys.command()
def revoke(address: AddressArgument, config: ConfigOption = None) -> None:
    """Take a key's right to trade for the wallet away; asks for the owner's key, which is not kept."""
    from copytrade_live.keys.sessions import revoke as take_away
    from copytrade_live.session_record import forget_session
    from copytrade_live.settings import home_from_environment, load_config

    home = home_from_environment()
    loaded = load_config(config, home)
    wallet = take_away(loaded.venue, _asked_key("private key of the wallet's owner"), loaded.live.wallet, address)
    forget_session(home, address)
    print(f"{address} may no longer trade for {wallet}")


@keys.command()
def remember(
    address: AddressArgument,
    until: Annotated[str, typer.Option(help="ISO 8601, as keys authorize said it.", metavar="TIME")],
    config: ConfigOption = None,
) -> None:
    """Note how long a key may trade that was authorised on another machine, so that its end is warned of."""
    from copytrade_live.clock import from_iso
    from copytrade_live.errors import ConfigError
    from copytrade_live.session_record import SessionRecord, write_session
    from copytrade_live.settings import home_from_environment, load_config

    home = home_from_environment()
    try:
        valid_until = from_iso(until)
    except ValueError:
        raise ConfigError(f"--until must be a time in ISO 8601, was {until!r}") from None
    wallet = load_config(config, home).live.wallet
    write_session(home, SessionRecord(address=address, wallet=wallet, valid_until=valid_until))
    print(f"warnings begin 7 days before {until}")


@keys.command()
def show(config: ConfigOption = None, as_json: JsonOption = False) -> None:
    """Say where the key lies and which address it signs for; never the key."""
    import json

    from eth_utils.address import to_checksum_address

    from copytrade_live.errors import KeyRefused
    from copytrade_live.keys.keystore import check_keystore
    from copytrade_live.output import print_facts, print_json
    from copytrade_live.settings import KeySource, home_from_environment, load_config

    home = home_from_environment()
    live = load_config(config, home).live
    facts: dict[str, object] = {"source": live.key_source.value, "wallet": live.wallet or "deposit wallet of the key"}
    if live.signer:
        facts["signer"] = live.signer
    elif live.key_source is KeySource.KEYSTORE:
        path = home.resolve(live.keystore_file)
        check_keystore(path)
        try:
            facts |= {"file": path, "address": to_checksum_address(json.loads(path.read_text())["address"])}
        except (ValueError, KeyError, TypeError):
            raise KeyRefused(f"{path} is not a keystore of version 3") from None
    if as_json:
        print_json(facts)
    else:
        print_facts("key", facts)


def _asked_key(question: str) -> Secret[str]:
    from copytrade_live.keys.sources import address_of
    from copytrade_live.redaction import hide
    from copytrade_live.secret import Secret

    given = str(typer.prompt(question, hide_input=True)).strip()
    hide(given)
    key = Secret("0x" + given.removeprefix("0x"))
    address_of(key)
    return key


def _write(config: Path | None, key: Secret[str], password_file: Path | None) -> None:
    from copytrade_live.keys.keystore import write_keystore
    from copytrade_live.settings import home_from_environment, load_config

    home = home_from_environment()
    path = home.resolve(load_config(config, home).live.keystore_file)
    address = write_keystore(path, key, _password(password_file))
    print(f"wrote {path}, for its owner alone; it signs for {address}")
    print("next: authorise it for your wallet (docs/going-live.md), then: copytrade doctor")


def _password(file: Path | None) -> Secret[str]:
    from copytrade_live.errors import KeyRefused
    from copytrade_live.private_file import PRIVATE_FILE
    from copytrade_live.redaction import hide
    from copytrade_live.secret import Secret

    if file is None:
        password = str(typer.prompt("password of the keystore", hide_input=True, confirmation_prompt=True))
    else:
        if file.stat().st_mode & 0o777 & ~PRIVATE_FILE:
            raise KeyRefused(f"{file} is open to others; run: chmod 600 {file}")
        password = file.read_text(encoding="utf-8").rstrip("\n")
    hide(password)
    return Secret(password)
