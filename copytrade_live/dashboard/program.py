"""The dashboard as one program of a stack, and the key that a stack shows when there is none yet."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from copytrade_live.dashboard.access.keys import KEY_VARIABLE, check_given, key_file, read_keys, rotate_key
from copytrade_live.dashboard.schemas.session import Role
from copytrade_live.programs import copytrade
from copytrade_live.settings import Home
from copytrade_live.supervise import Program

NAME = "dashboard"


def dashboard_program(port: int, dagster_url: str, environment: Mapping[str, str]) -> Program:
    """Start it; a key in the environment goes to it and to nobody else."""
    given = {KEY_VARIABLE: environment[KEY_VARIABLE]} if KEY_VARIABLE in environment else {}
    program = copytrade(NAME, "dashboard", "--port", str(port), "--dagster-url", dagster_url)
    return replace(program, secrets=given, may_fall=True)


def key_to_show(home: Home, environment: Mapping[str, str], *, is_new: bool) -> str:
    """What to say about logging in: a key made now and shown once, or where the one there is came from.

    is_new makes one although there is one. Raises: ConfigError, StateError.
    """
    if KEY_VARIABLE in environment:
        check_given(environment[KEY_VARIABLE])
        return f"log in with the key of {KEY_VARIABLE}"
    if not is_new and any(record.role is Role.ADMIN for record in read_keys(key_file(home))):
        return "log in with the key shown before; another: copytrade dashboard key"
    return f"log in with {rotate_key(home, Role.ADMIN)}   (shown this once)"
