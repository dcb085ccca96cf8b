"""What the event stream tells: one schema an event name. Ids are journal seqs."""

from __future__ import annotations

from copytrade_live.dashboard.schemas.controls import Command
from copytrade_live.dashboard.schemas.health import Health
from copytrade_live.dashboard.schemas.model import Model
from copytrade_live.dashboard.schemas.overview import Overview
from copytrade_live.dashboard.schemas.positions import Positions
from copytrade_live.dashboard.schemas.signals import SignalRow


class Reset(Model):
    """What was missed is too much to tell, or not known any more: read everything again."""

    seq: int


class StreamEvents(Model):
    """Event names and their data; for the schema, never sent as a whole."""

    overview: Overview
    signal: SignalRow
    position: Positions
    audit: Command
    health: Health
    reset: Reset
