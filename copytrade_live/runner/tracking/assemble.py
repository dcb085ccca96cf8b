"""Which sources a run has, by what the configuration and the venue offer."""

from __future__ import annotations

from copytrade_live.clock import Clock
from copytrade_live.runner.health import Health
from copytrade_live.runner.sources import LeaderFeed
from copytrade_live.runner.tracking.chain import ChainSource
from copytrade_live.runner.tracking.holdings import LeaderHoldings, Wants
from copytrade_live.runner.tracking.polling import PollSource
from copytrade_live.runner.tracking.ports import ChainFeed, SignalSource, TokenFeed
from copytrade_live.runner.tracking.stream import StreamSource
from copytrade_live.runner.tracking.tokens import TokenNames
from copytrade_live.runner.tracking.tracker import Tracker
from copytrade_live.settings import CopytradeConfig
from copytrade_live.venue.sockets import Dial


def assemble_tracker(
    config: CopytradeConfig,
    clock: Clock,
    health: Health,
    *,
    leaders: LeaderFeed,
    chain: ChainFeed | None = None,
    tokens: TokenFeed | None = None,
    activity: Dial | None = None,
    copied: Wants,
) -> Tracker:
    """The listing always; the stream where one is dialled; the chain where a node tells and someone names tokens."""
    wanted = config.tracker
    poll = PollSource(leaders, clock, wanted, health, requests_per_second=config.venue.trades_requests_per_second)
    others: list[SignalSource] = []
    if activity is not None:
        others.append(StreamSource(activity, clock, wanted, health))
    if chain is not None and tokens is not None:
        others.append(ChainSource(chain, TokenNames(tokens, clock, health), clock, wanted, health))
    return Tracker(poll, others, LeaderHoldings(leaders, clock, health, copied), clock, wanted, health)
