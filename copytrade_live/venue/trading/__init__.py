"""The trading side of Polymarket through the official client, behind the port of copytrade_live.ports."""
