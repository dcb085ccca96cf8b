"""A local venue that speaks Polymarket's wire over loopback, serving a world instead of real markets."""
