"""Which market and outcome a token is: the chain tells of tokens only."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Collection

from copytrade_live.clock import Clock
from copytrade_live.errors import VenueError
from copytrade_live.runner.health import Health
from copytrade_live.runner.tracking.ports import TokenFeed

_PART = "tokens"
_REMEMBERED = 20_000
# Condition, outcome and place of the outcome.
Name = tuple[str, str, int]


class TokenNames:
    """Looks tokens up and remembers them; a token never changes its market."""

    def __init__(self, feed: TokenFeed, clock: Clock, health: Health) -> None:
        self._feed = feed
        self._clock = clock
        self._health = health
        self._names: OrderedDict[str, Name] = OrderedDict()

    def learn(self, token_id: str, name: Name) -> None:
        """Remember what someone else told us."""
        self._names[token_id] = name
        while len(self._names) > _REMEMBERED:
            self._names.popitem(last=False)

    async def named(self, token_ids: Collection[str]) -> dict[str, Name]:
        """The names of some tokens; those that the venue cannot or will not name now are left out."""
        unknown = sorted(token for token in token_ids if token not in self._names)
        if unknown:
            await self._look_up(unknown)
        return {token: self._names[token] for token in token_ids if token in self._names}

    async def _look_up(self, token_ids: list[str]) -> None:
        try:
            listing = await self._feed.markets_of_tokens(token_ids)
        except VenueError as error:
            self._health.failed(_PART, error)
            return
        self._health.succeeded(_PART, self._clock.now())
        for row in listing.rows:
            for place, (token, outcome) in enumerate(zip(row.token_ids, row.outcomes, strict=False)):
                self.learn(token, (row.condition_id, outcome, place))
