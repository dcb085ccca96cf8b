"""What an operator sees before real money is traded: whose, up to how much, and how to stop it."""

from __future__ import annotations

from copytrade_live.settings import CopytradeConfig, Home

_RULE = "=" * 78


def live_banner(config: CopytradeConfig, home: Home, *, wallet: str, signer: str, is_owner: bool) -> str:
    """The lines before live trading starts. is_owner: the key could also move the money."""
    risk, signing, switch = config.risk, config.signing, config.safety.kill_switch_file
    owner = "  (the owner's own key: it could move the money)" if is_owner else ""
    touch = f", or touch {home.resolve(switch)}" if switch else ""
    lines = [
        _RULE,
        "  LIVE TRADING: REAL MONEY",
        f"  wallet    {wallet}",
        f"  signer    {signer}{owner}",
        f"  venue     {config.venue.clob_url}",
        f"  a buy     at most {signing.max_order_notional:g} signed, {signing.max_daily_notional:g} a day, "
        f"{config.sizing.max_per_trade:.0%} of equity",
        f"  exposure  at most {risk.max_gross_exposure:.0%} of equity, {risk.reserve:.0%} kept back, "
        f"halt at -{risk.weekly_drawdown_halt:.0%} a week",
        f"  files     {home.own}",
        f"  stop      copytrade halt, copytrade mode paper{touch}",
        _RULE,
    ]
    return "\n".join(lines)
