"""What leaders did and how it was answered."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends, Path, Query

from copytrade_live.core.reasons import RejectReason
from copytrade_live.dashboard.access.policy import VIEW
from copytrade_live.dashboard.desk import AtDesk
from copytrade_live.dashboard.problems import Refused, answers
from copytrade_live.dashboard.schemas.model import SignalId, Wallet
from copytrade_live.dashboard.schemas.signals import Decision, SignalDetail, SignalPage
from copytrade_live.dashboard.views.why import signal_detail
from copytrade_live.explanation import explain_answer

router = APIRouter(tags=["signals"], dependencies=[Depends(VIEW)], responses=answers(401, 403, 422, 503))
_MOST_SEQ = 2**53 - 1


@router.get("/api/signals")
def get_signals(
    desk: AtDesk,
    reason: RejectReason | None = None,
    leader: Annotated[Wallet | None, Query()] = None,
    outcome: Annotated[Decision | None, Query(description="How it was answered.")] = None,
    before: Annotated[int | None, Query(ge=0, le=_MOST_SEQ, description="A page's next_before.")] = None,
    limit: Annotated[int, Query(ge=1, le=500)] = 50,
) -> SignalPage:
    """Signals with their answers, newest first."""
    asked = {"reason": reason.value if reason else None, "wallet": leader, "decision": outcome}
    filters = {name: value for name, value in asked.items() if value is not None}
    return desk.history.signal_page(filters, before, limit)


@router.get("/api/signals/{signal_id}", responses=answers(404))
def get_signal(desk: AtDesk, signal_id: Annotated[SignalId, Path()]) -> SignalDetail:
    """Why a signal was copied or refused, and what became of it."""
    row, seen = desk.history.signal_of(signal_id), desk.moment()
    if row is None:
        raise Refused(404, "not_found", "No signal has this id, or it is not read yet.")
    found = explain_answer(desk.home.state, row.seq, seen.decided_by, desk.projection.milestones.before)
    return signal_detail(desk.home, seen, row, found, desk.titles)
