"""The synthetic study: wallets of known skill, every peer's formula and ours, and what a copier earned afterwards."""
