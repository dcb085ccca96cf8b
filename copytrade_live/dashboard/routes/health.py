"""What works: to everybody that the process lives, to who is logged in each part."""

from __future__ import annotations

from fastapi import APIRouter, Depends

from copytrade_live.dashboard.access.policy import OPEN, VIEW
from copytrade_live.dashboard.desk import AtDesk
from copytrade_live.dashboard.pages import has_pages
from copytrade_live.dashboard.problems import answers
from copytrade_live.dashboard.schemas.health import Alive, Health
from copytrade_live.dashboard.views.health import health

router = APIRouter(tags=["health"])


@router.get("/healthz", dependencies=[Depends(OPEN)])
def get_alive() -> Alive:
    """The process answers; more is told to who is logged in."""
    return Alive(status="alive")


@router.get("/api/health", dependencies=[Depends(VIEW)], responses=answers(401, 403, 503))
def get_health(desk: AtDesk) -> Health:
    """Every part, whether it works, and why not."""
    return health(desk.home, desk.moment(), desk.config_seen.problem, has_pages())
