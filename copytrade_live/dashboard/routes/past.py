"""Backtests, replay and what-if, and the config that they try."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends, Path, Query
from fastapi.responses import FileResponse

from copytrade_live.dashboard.access.policy import OPERATE, VIEW
from copytrade_live.dashboard.desk import AtDesk
from copytrade_live.dashboard.problems import Refused, answers
from copytrade_live.dashboard.schemas.backtests import BacktestDetail, Backtests, Comparison
from copytrade_live.dashboard.schemas.configuration import ConfigView, Validity
from copytrade_live.dashboard.schemas.model import RunId
from copytrade_live.dashboard.schemas.trials import Replay, ReplayNow, TryConfig, WhatIf
from copytrade_live.dashboard.views import backtests
from copytrade_live.dashboard.views.configuration import config_view, validity

router = APIRouter(tags=["past"], responses=answers(401, 403, 503))
LOOK, TRY = [Depends(VIEW)], [Depends(OPERATE)]
RunIdInPath = Annotated[RunId, Path()]
# A report is one page with its pictures in it: nothing runs in it, and it reaches nothing.
REPORT_POLICY = "sandbox; default-src 'none'; style-src 'unsafe-inline'; img-src data:; frame-ancestors 'self'"


@router.get("/api/backtests", dependencies=LOOK)
def get_backtests(desk: AtDesk) -> Backtests:
    """Finished backtests, newest first."""
    return backtests.backtests(desk.home)


@router.get("/api/backtests/compare", dependencies=LOOK, responses=answers(404, 422))
def get_comparison(desk: AtDesk, a: Annotated[RunId, Query()], b: Annotated[RunId, Query()]) -> Comparison:
    """Two backtests side by side."""
    return backtests.compare(desk.home, a, b)


@router.get("/api/backtests/{run_id}", dependencies=LOOK, responses=answers(404, 422))
def get_backtest(desk: AtDesk, run_id: RunIdInPath) -> BacktestDetail:
    """One backtest with its equity curve."""
    return backtests.backtest(desk.home, run_id)


@router.get(
    "/api/backtests/{run_id}/report",
    dependencies=LOOK,
    response_class=FileResponse,
    responses={**answers(404, 422), 200: {"content": {"text/html": {}}, "description": "The report."}},
)
def get_report(desk: AtDesk, run_id: RunIdInPath) -> FileResponse:
    """The backtest's own page, walled in."""
    headers = {"Content-Security-Policy": REPORT_POLICY, "X-Frame-Options": "SAMEORIGIN"}
    return FileResponse(backtests.report_file(desk.home, run_id), media_type="text/html", headers=headers)


@router.post("/api/replay", dependencies=TRY, responses=answers(400, 409, 413, 415, 422, 429))
def post_replay(desk: AtDesk, asked: ReplayNow) -> Replay:
    """Decide the journal again with today's code and config."""
    return desk.trials.replay()


@router.post("/api/what-if", dependencies=TRY, responses=answers(400, 409, 413, 415, 422, 429))
def post_what_if(desk: AtDesk, asked: TryConfig) -> WhatIf:
    """Decide the journal by another config."""
    said = validity(asked.config, desk.moment().file)
    if not said.ok:
        raise Refused(422, "not_valid", "\n".join(said.errors))
    return desk.trials.what_if(asked.config)


@router.get("/api/config", dependencies=LOOK)
def get_config(desk: AtDesk) -> ConfigView:
    """The config file, its keys, their meanings and values."""
    return config_view(desk.home, desk.moment(), desk.config_seen.problem)


@router.post("/api/config/validate", dependencies=TRY, responses=answers(400, 413, 415, 422))
def post_validate(desk: AtDesk, asked: TryConfig) -> Validity:
    """Whether a text is a valid config, and what it would change. Nothing is written."""
    return validity(asked.config, desk.moment().file)
