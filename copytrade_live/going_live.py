"""The moment before real money: who trades what, up to how much, a typed word, and time to think again."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Mapping

from copytrade_live.errors import ConfigError
from copytrade_live.settings import CopytradeConfig, Home

# Services have nobody to type; who sets it has typed it once.
CONFIRM_VARIABLE = "COPYTRADE_LIVE"
WORD = "live"
_RULE = "=" * 78


def banner(config: CopytradeConfig, home: Home, signer: str) -> str:
    """What is about to trade real money."""
    risk, signing = config.risk, config.signing
    switch = config.safety.kill_switch_file
    touch = f", or touch {home.resolve(switch)}" if switch else ""
    lines = [
        _RULE,
        "  LIVE TRADING: REAL MONEY",
        f"  signer      {signer}",
        f"  wallet      {config.live.wallet or 'deposit wallet of the signer'}",
        f"  venue       {config.venue.clob_url}",
        f"  a buy       at most {signing.max_order_notional:g}, {signing.max_daily_notional:g} a day (signed), "
        f"{config.sizing.max_per_trade:.0%} of equity",
        f"  exposure    at most {risk.max_gross_exposure:.0%} of equity, reserve {risk.reserve:.0%}, "
        f"halt at -{risk.weekly_drawdown_halt:.0%} a week",
        f"  files       {home.own}",
        f"  stop        copytrade halt, copytrade mode paper{touch}",
        _RULE,
    ]
    return "\n".join(lines)


def confirm(
    config: CopytradeConfig,
    home: Home,
    signer: str,
    environment: Mapping[str, str],
    ask: Callable[[str], str] | None,
    *,
    is_sure: bool,
) -> None:
    """Show the banner and wait for a person's word, or for the environment's where --yes says nobody is there.

    Raises: ConfigError when neither is given.
    """
    print(banner(config, home, signer), file=sys.stderr, flush=True)
    if is_sure:
        if environment.get(CONFIRM_VARIABLE) != WORD:
            raise ConfigError(f"--yes also needs {CONFIRM_VARIABLE}={WORD} in the environment: one slip is not enough")
    elif ask is None:
        raise ConfigError(f"nobody can be asked here; a service starts with --yes and {CONFIRM_VARIABLE}={WORD}")
    elif ask(f"type {WORD} to trade real money").strip() != WORD:
        raise ConfigError("not confirmed; nothing was traded")
    seconds = config.safety.live_mode_confirm_delay_seconds
    if seconds > 0:
        print(f"starting in {seconds:g} s; Ctrl-C to think again", file=sys.stderr, flush=True)
        time.sleep(seconds)
