"""How far behind the chain the data API is, as it tells itself."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import Response

from copytrade_live.clock import to_iso
from copytrade_live.core.market import SECOND
from copytrade_live.sandbox.answers import answer
from copytrade_live.sandbox.chain_rpc import CHAIN_ID, ChainRpc
from copytrade_live.sandbox.venue import Venue


class ServingStatus:
    """Answers /v2/status."""

    def __init__(self, venue: Venue, chain: ChainRpc) -> None:
        self._venue, self._chain = venue, chain

    async def serve(self, request: Request) -> Response:
        """What has been indexed, and how old it is."""
        now, lag = self._venue.now(), self._venue.index_lag
        head, synced = self._chain.head(now), self._chain.head(now - lag)
        behind = {"source": "order_filled", "block": synced, "behind_max": head - synced}
        mechanisms = [{"name": "activity_feed", "age_seconds": lag // SECOND}]
        return answer(
            {
                "data": {
                    "computed_at": to_iso(now)[:19] + "Z",
                    "age_seconds": 0,
                    "serving": {"lag_seconds": lag // SECOND, "worst": "activity_feed", "mechanisms": mechanisms},
                    "ingestion": {
                        "cursors": 1,
                        "network": "polygon",
                        "chain_id": CHAIN_ID,
                        "max_synced_block": head,
                        "min_synced_block": synced,
                        "most_lagged": behind,
                        "lagging": [behind] if synced < head else [],
                    },
                }
            }
        )
