"""What is: overview, equity, PnL, positions, leaders."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends, Path, Query

from copytrade_live.dashboard.access.policy import VIEW
from copytrade_live.dashboard.desk import AtDesk
from copytrade_live.dashboard.history import MOST_POINTS
from copytrade_live.dashboard.problems import Refused, answers
from copytrade_live.dashboard.schemas.leaders import LeaderDetail, Leaders
from copytrade_live.dashboard.schemas.model import At, TokenId, Wallet
from copytrade_live.dashboard.schemas.money import EquitySeries, Pnl, PnlBy
from copytrade_live.dashboard.schemas.overview import Overview
from copytrade_live.dashboard.schemas.positions import Marks, Positions
from copytrade_live.dashboard.schemas.words import Words
from copytrade_live.dashboard.views import leaders as leader_views
from copytrade_live.dashboard.views import money
from copytrade_live.dashboard.views.overview import overview
from copytrade_live.dashboard.views.positions import marks, positions
from copytrade_live.dashboard.views.words import words

router = APIRouter(tags=["looking"], dependencies=[Depends(VIEW)], responses=answers(401, 403, 503))
_LATEST: At = 8_640_000_000_000_000


@router.get("/api/overview")
def get_overview(desk: AtDesk) -> Overview:
    """Mode, what stops entries, gate, money, feeds, the last signal."""
    return overview(desk.home, desk.moment(), desk.history.newest_signal(), desk.history.newest_refusal())


@router.get("/api/equity", responses=answers(422))
def get_equity(
    desk: AtDesk,
    since: Annotated[At, Query(alias="from")] = 0,
    until: Annotated[At, Query(alias="to")] = _LATEST,
    points: Annotated[int, Query(ge=2, le=MOST_POINTS)] = 500,
) -> EquitySeries:
    """Equity, cash, exposure and drawdown over time."""
    found = desk.history.equity_between(since, until, points)
    return EquitySeries(points=found, is_complete=not desk.moment().is_catching_up)


@router.get("/api/pnl", responses=answers(422))
def get_pnl(desk: AtDesk, by: PnlBy = PnlBy.LEADER) -> Pnl:
    """PnL by leader, category or day."""
    closed = desk.history.closed_by(money.COLUMNS[by])
    return money.pnl(desk.moment(), by, closed)


@router.get("/api/positions")
def get_positions(desk: AtDesk) -> Positions:
    """Every open position with its marks and exit plan."""
    return positions(desk.moment(), desk.titles)


@router.get("/api/positions/{token_id}/marks", responses=answers(404, 422))
def get_marks(desk: AtDesk, token_id: Annotated[TokenId, Path()]) -> Marks:
    """What a share of an open position was worth since we hold it."""
    seen = desk.moment()
    held = seen.state.portfolio.positions.get(token_id)
    if held is None:
        raise Refused(404, "not_found", "There is no position in this token.")
    return marks(seen, desk.history, held)


@router.get("/api/words")
def get_words() -> Words:
    """Every reason, condition, flag and state with its sentence."""
    return words()


@router.get("/api/leaders", responses=answers(422))
def get_leaders(desk: AtDesk, limit: Annotated[int, Query(ge=1, le=1000)] = 100) -> Leaders:
    """The best scored wallets, whether each is copied, and why not."""
    realised = desk.history.realised_by_wallet()
    return leader_views.leaders(desk.home, desk.moment(), realised, limit)


@router.get("/api/leaders/{wallet}", responses=answers(404, 422))
def get_leader(desk: AtDesk, wallet: Annotated[Wallet, Path()]) -> LeaderDetail:
    """One leader with its scores by category and over time."""
    seen = desk.moment()
    snapshot = seen.state.standing.snapshot
    rows = snapshot.rows.get(wallet, {}) if snapshot else {}
    best = leader_views.place_of(snapshot, wallet) if snapshot else None
    if snapshot is None or best is None:
        raise Refused(404, "not_found", "No published score names this wallet.")
    realised = desk.history.realised_by_wallet()
    [row] = leader_views.rows_of(seen, snapshot, [wallet], realised, best)
    return LeaderDetail(
        leader=row,
        categories=[leader_views.score_row(rows[name]) for name in sorted(rows)],
        history=desk.leader_history.of(wallet),
        decisions=desk.history.decisions_of(wallet),
    )
