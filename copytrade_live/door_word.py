"""What the door in front of Dagster tells the webserver of a visitor; nobody else reaches its socket."""

from __future__ import annotations

# The door takes it out of what a visitor sends, and puts its own in. Programs on the socket send none and may operate.
MAY_HEADER = "X-Copytrade-May"
LOOK, OPERATE = "look", "operate"
