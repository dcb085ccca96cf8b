"""The rules, pure: no clock, network, file or randomness lives below this line."""
