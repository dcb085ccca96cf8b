"""Telling the runner something. Every route leaves rows in the commands mailbox, and nothing else."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends, Path, Query, Request

from copytrade_live.core.events import Verb
from copytrade_live.dashboard.access.policy import ADMINISTER, OPERATE, VIEW
from copytrade_live.dashboard.access.reauth import confirm
from copytrade_live.dashboard.access.sessions import Session
from copytrade_live.dashboard.desk import AtDesk, Desk
from copytrade_live.dashboard.mailbox import audit, leave
from copytrade_live.dashboard.problems import Refused, answers
from copytrade_live.dashboard.schemas.controls import Audit, Controls, HaltNow, LeaderNote, Receipt, Resume, SetMode
from copytrade_live.dashboard.schemas.model import At, TokenId, Wallet
from copytrade_live.dashboard.schemas.positions import ClosePosition
from copytrade_live.dashboard.views.controls import CONFIRM_RESUME, controls
from copytrade_live.dashboard.views.overview import ceiling

router = APIRouter(tags=["controls"], responses=answers(400, 401, 403, 409, 413, 415, 422, 503))
Operator = Annotated[Session, Depends(OPERATE)]
Admin = Annotated[Session, Depends(ADMINISTER)]
WalletInPath = Annotated[Wallet, Path()]


@router.get("/api/controls", dependencies=[Depends(VIEW)])
def get_controls(desk: AtDesk) -> Controls:
    """How every switch stands."""
    return controls(desk.home, desk.moment())


@router.get("/api/controls/audit", dependencies=[Depends(VIEW)])
def get_audit(
    desk: AtDesk,
    before: Annotated[At | None, Query()] = None,
    limit: Annotated[int, Query(ge=1, le=500)] = 50,
) -> Audit:
    """Who told the runner what, from wherever, newest first."""
    return audit(desk.home, before, limit)


@router.post("/api/controls/halt")
def halt(desk: AtDesk, session: Operator, asked: HaltNow) -> Receipt:
    """Make no new entries until resume; with stop, post nothing at all."""
    return _tell(desk, session, Verb.STOP if asked.stop else Verb.HALT, asked.note)


@router.post("/api/controls/resume", responses=answers(429))
def resume(desk: AtDesk, request: Request, session: Admin, asked: Resume) -> Receipt:
    """Allow entries again after a halt."""
    confirm(desk, request, session, asked.api_key, asked.confirm, CONFIRM_RESUME)
    return _tell(desk, session, Verb.RESUME, asked.note)


@router.post("/api/controls/mode", responses=answers(429))
def mode(desk: AtDesk, request: Request, session: Admin, asked: SetMode) -> Receipt:
    """Switch live trading to paper and back; never above the config file's ceiling."""
    if asked.mode == "live" and ceiling(desk.moment()) == "paper":
        raise Refused(
            409,
            "above_ceiling",
            "safety.dry_run is true in the config file: nothing at runtime may trade real money. Set it to false "
            "there and start the runner with --live.",
        )
    home = desk.home.live()
    if not home.state.exists():
        raise Refused(409, "no_journal", "Live trading never ran in this home, so there is nothing to switch.")
    confirm(desk, request, session, asked.api_key, asked.confirm, asked.mode)
    return Receipt(commands=[leave(home, desk.clock, session, Verb.MODE, note=asked.note, argument=asked.mode)])


@router.post("/api/leaders/{wallet}/cutoff")
def cutoff(desk: AtDesk, session: Operator, wallet: WalletInPath, asked: LeaderNote) -> Receipt:
    """Copy nothing more from a leader; its positions are still left in order."""
    return _tell(desk, session, Verb.CUTOFF, asked.note, wallet=wallet)


@router.post("/api/leaders/{wallet}/uncutoff")
def uncutoff(desk: AtDesk, session: Operator, wallet: WalletInPath, asked: LeaderNote) -> Receipt:
    """Copy a leader again after a cutoff."""
    return _tell(desk, session, Verb.UNCUTOFF, asked.note, wallet=wallet)


@router.post("/api/positions/{token_id}/close", responses=answers(404))
def close_position(
    desk: AtDesk, session: Operator, token_id: Annotated[TokenId, Path()], asked: ClosePosition
) -> Receipt:
    """Sell a position now, whatever its exit policy says; also in a halt."""
    if token_id not in desk.moment().state.portfolio.positions:
        raise Refused(404, "not_found", "There is no position in this token.")
    command = leave(desk.home, desk.clock, session, Verb.CLOSE_POSITION, note=asked.note, argument=token_id)
    return Receipt(commands=[command])


def _tell(desk: Desk, session: Session, verb: Verb, note: str, wallet: str | None = None) -> Receipt:
    return Receipt(
        commands=[leave(one, desk.clock, session, verb, note=note, wallet=wallet) for one in desk.home.concerned()]
    )
