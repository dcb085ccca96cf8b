"""The sandbox venue over HTTP and WebSocket: one base URL for the data API, gamma, the CLOB and the stream."""

from __future__ import annotations

import errno
import re
import socket

import uvicorn
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route, WebSocketRoute

from copytrade_live.errors import PortInUseError
from copytrade_live.sandbox.admin import Admin
from copytrade_live.sandbox.answers import Refusal, refuse, refuse_v2
from copytrade_live.sandbox.approvals import Approvals
from copytrade_live.sandbox.chain_rpc import ChainRpc
from copytrade_live.sandbox.clob_api import Clob
from copytrade_live.sandbox.closed_positions import ClosedPositions
from copytrade_live.sandbox.data_v1 import DataV1
from copytrade_live.sandbox.data_v2 import DataV2
from copytrade_live.sandbox.exchange.terms import Refused
from copytrade_live.sandbox.fault_admin import FaultAdmin
from copytrade_live.sandbox.fault_middleware import FaultMiddleware
from copytrade_live.sandbox.faults import FaultBook
from copytrade_live.sandbox.funding import Funding
from copytrade_live.sandbox.gamma_api import MARKET_FILTERS, Gamma
from copytrade_live.sandbox.geoblock import Geoblock
from copytrade_live.sandbox.ground_truth import GroundTruth
from copytrade_live.sandbox.holders import Holders
from copytrade_live.sandbox.market_stream import MarketStream
from copytrade_live.sandbox.notifications import Notifications
from copytrade_live.sandbox.own_data import OwnData
from copytrade_live.sandbox.own_history import OwnHistory
from copytrade_live.sandbox.own_logs import OwnLogs
from copytrade_live.sandbox.params import Params
from copytrade_live.sandbox.positions import PositionBook
from copytrade_live.sandbox.post_log import PostLog, PostLogMiddleware
from copytrade_live.sandbox.relayer_api import Relayer
from copytrade_live.sandbox.request_limits import LimitMiddleware
from copytrade_live.sandbox.serving_status import ServingStatus
from copytrade_live.sandbox.signer_limits import SignerLimitMiddleware
from copytrade_live.sandbox.stream import ActivityStream
from copytrade_live.sandbox.timekeeper import TimeKeeper
from copytrade_live.sandbox.trading_api import Trading
from copytrade_live.sandbox.trading_desk import TradingDesk
from copytrade_live.sandbox.trading_truth import TradingTruth
from copytrade_live.sandbox.user_stream import UserStream
from copytrade_live.sandbox.venue import Venue
from copytrade_live.sandbox.venue_options import VenueOptions
from copytrade_live.sandbox.wallet_rpc import WalletRpc
from copytrade_live.sandbox.world import World

_CONDITION = re.compile(r"0x[0-9a-fA-F]{64}")


def build_app(
    world: World, timekeeper: TimeKeeper, *, options: VenueOptions | None = None, faults: FaultBook | None = None
) -> Starlette:
    """The whole venue as one application."""
    book = faults or FaultBook()
    venue = Venue(world, timekeeper, options=options, faults=book)
    positions = PositionBook(venue)
    data_v1, data_v2 = DataV1(venue, positions), DataV2(venue, positions)
    desk, posts = TradingDesk(venue), PostLog()
    clob, gamma, chain = Clob(venue), Gamma(venue), ChainRpc(venue, WalletRpc(desk).methods(), OwnLogs(venue, desk))
    history = OwnHistory(venue, desk)
    own = OwnData(venue, history)
    routes = [
        WebSocketRoute("/", ActivityStream(venue, history).serve),
        WebSocketRoute("/ws/market", MarketStream(venue, desk).serve),
        WebSocketRoute("/ws/user", UserStream(venue, desk).serve),
        *_admin_routes(Admin(venue), FaultAdmin(book, venue), GroundTruth(venue, positions, TradingTruth(desk, posts))),
        Route("/admin/fund", Funding(desk).serve, methods=["POST"]),
        *Trading(desk).routes(),
        *Relayer(desk).routes(),
        Route("/notifications", Notifications(venue, desk).serve, methods=["GET", "DELETE"]),
        Route("/v2/approvals", Approvals(desk).serve),
        *_data_routes(data_v1, data_v2, own),
        *_holding_routes(Holders(venue, positions), ClosedPositions(venue, positions)),
        Route("/api/geoblock", Geoblock(venue).serve),
        Route("/v2/status", ServingStatus(venue, chain).serve),
        *_listing_routes(clob, gamma),
        *_clob_routes(clob),
        Route("/rpc", chain.serve, methods=["POST"]),
    ]
    limits = [Middleware(LimitMiddleware), Middleware(SignerLimitMiddleware)] if venue.options.enforce_limits else []
    return Starlette(
        routes=routes,
        middleware=[
            Middleware(PostLogMiddleware, log=posts),
            *limits,
            Middleware(FaultMiddleware, book=book, venue=venue),
        ],
        exception_handlers={Refusal: _answer_refusal, Refused: _answer_refused},
    )


def listen(host: str, port: int) -> socket.socket:
    """Open the port; 0 means any free one. Raises: PortInUseError."""
    listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((host, port))
        listener.listen(128)
    except OSError as error:
        listener.close()
        if error.errno == errno.EADDRINUSE:
            message = f"port {port} on {host} is in use by another process; stop it or choose another --port"
            raise PortInUseError(message) from None
        raise
    return listener


def make_server(app: Starlette) -> uvicorn.Server:
    """A quiet server for an application that brings its own socket."""
    return uvicorn.Server(
        uvicorn.Config(
            app,
            log_level="warning",
            access_log=False,
            lifespan="off",
            ws="websockets-sansio",
            timeout_graceful_shutdown=2,
        )
    )


def serve(
    world: World,
    timekeeper: TimeKeeper,
    *,
    options: VenueOptions | None = None,
    faults: FaultBook | None = None,
    host: str = "127.0.0.1",
    port: int = 0,
) -> None:
    """Serve until interrupted; prints one line with the URL. Raises: PortInUseError."""
    with listen(host, port) as listener:
        app = build_app(world, timekeeper, options=options, faults=faults)
        bound = listener.getsockname()[1]
        print(f"sandbox ({world.kind}, {timekeeper.mode.value} time) at http://{host}:{bound}", flush=True)
        try:
            make_server(app).run(sockets=[listener])
        except KeyboardInterrupt:
            return


def _admin_routes(admin: Admin, faults: FaultAdmin, truth: GroundTruth) -> list[BaseRoute]:
    return [
        Route("/admin/clock", admin.clock),
        Route("/admin/step", admin.step, methods=["POST"]),
        Route("/admin/world", admin.world),
        Route("/admin/next", admin.next),
        Route("/admin/truth", truth.serve),
        Route("/admin/faults", faults.serve, methods=["GET", "POST", "DELETE"]),
    ]


def _data_routes(v1: DataV1, v2: DataV2, own: OwnData) -> list[BaseRoute]:
    return [
        Route("/trades", own.before(own.trades_v1, v1.trades)),
        Route("/activity", own.before(own.activity_v1, v1.activity)),
        Route("/positions", own.before(own.positions_v1, v1.positions)),
        Route("/value", own.before(own.value_v1, v1.value)),
        Route("/v1/leaderboard", v1.leaderboard),
        Route("/v2/trades", own.before(own.trades_v2, v2.trades)),
        Route("/v2/activity", own.before(own.activity_v2, v2.activity)),
        Route("/v2/positions", own.before(own.positions_v2, v2.positions)),
        Route("/v2/value", own.before(own.value_v2, v2.value)),
        Route("/v2/resolutions", v2.resolutions),
        Route("/v2/leaderboard", v2.leaderboard),
    ]


def _holding_routes(holders: Holders, closed: ClosedPositions) -> list[BaseRoute]:
    return [
        Route("/holders", holders.v1),
        Route("/v2/holders", holders.v2),
        Route("/closed-positions", closed.serve),
    ]


def _listing_routes(clob: Clob, gamma: Gamma) -> list[BaseRoute]:
    async def markets(request: Request) -> Response:
        params = Params.of(request)
        is_gamma = params.has(*MARKET_FILTERS) and not params.has("next_cursor")
        return gamma.markets(params) if is_gamma else clob.markets(params)

    async def market(request: Request) -> Response:
        key = str(request.path_params["key"])
        return clob.market(key) if _CONDITION.fullmatch(key) else gamma.market_by_id(key)

    return [
        Route("/markets", markets),
        Route("/markets/keyset", gamma.markets_keyset),
        Route("/markets/slug/{slug}", gamma.market_by_slug),
        Route("/markets/{key}", market),
        Route("/events", gamma.events),
        Route("/events/keyset", gamma.events_keyset),
        Route("/events/slug/{slug}", gamma.event_by_slug),
        Route("/events/{event_id}", gamma.event_by_id),
        Route("/tags", gamma.tags),
    ]


def _clob_routes(clob: Clob) -> list[BaseRoute]:
    return [
        Route("/", clob.ok),
        Route("/ok", clob.ok),
        Route("/time", clob.time),
        Route("/version", clob.version),
        Route("/book", clob.book),
        Route("/books", clob.books, methods=["POST"]),
        Route("/midpoint", clob.midpoint),
        Route("/midpoints", clob.midpoints, methods=["POST"]),
        Route("/price", clob.price),
        Route("/spread", clob.spread),
        Route("/spreads", clob.spreads, methods=["POST"]),
        Route("/last-trade-price", clob.last_trade_price),
        Route("/tick-size", clob.tick_size),
        Route("/neg-risk", clob.neg_risk),
        Route("/fee-rate", clob.fee_rate),
        Route("/markets-by-token/{token_id}", clob.market_by_token),
        Route("/clob-markets/{condition_id}", clob.market_info),
        Route("/prices-history", clob.prices_history),
        Route("/batch-prices-history", clob.prices_histories, methods=["POST"]),
    ]


async def _answer_refusal(request: Request, refusal: Exception) -> Response:
    if not isinstance(refusal, Refusal):
        raise refusal
    return refuse_v2(refusal) if request.url.path.startswith("/v2/") else refuse(refusal)


async def _answer_refused(request: Request, refused: Exception) -> Response:
    if not isinstance(refused, Refused):
        raise refused
    return refuse(Refusal(refused.status, refused.message))
