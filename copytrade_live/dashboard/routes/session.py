"""Logging in and out."""

from __future__ import annotations

import math
from typing import Annotated

from fastapi import APIRouter, Depends, Request, Response

from copytrade_live.dashboard.access.policy import OPEN, VIEW, cookie_name
from copytrade_live.dashboard.access.reauth import address_of, checked_key
from copytrade_live.dashboard.access.sessions import Session
from copytrade_live.dashboard.desk import AtDesk, Desk
from copytrade_live.dashboard.problems import answers
from copytrade_live.dashboard.schemas.session import Login, SessionView
from copytrade_live.logs import logger

router = APIRouter(tags=["session"])
_log = logger("dashboard")


@router.post("/api/session", dependencies=[Depends(OPEN)], responses=answers(400, 401, 403, 413, 415, 422, 429, 503))
def log_in(desk: AtDesk, request: Request, response: Response, login: Login) -> SessionView:
    """Exchange an API key for a session."""
    record = checked_key(desk, request, login.api_key)
    behind_tls = desk.config.dashboard.behind_tls
    name = cookie_name(behind_tls)
    token, session = desk.sessions.begin(record, replaced=request.cookies.get(name, ""))
    response.set_cookie(
        name,
        token,
        max_age=math.ceil(desk.config.dashboard.session_hours * 3600),
        path="/",
        secure=behind_tls,
        httponly=True,
        samesite="strict",
    )
    _log.info("%s logged in from %s", record.user, address_of(request))
    return _view(desk, session)


@router.get("/api/session", responses=answers(401, 403))
def who_am_i(desk: AtDesk, session: Annotated[Session, Depends(VIEW)]) -> SessionView:
    """Who is logged in."""
    return _view(desk, session)


@router.delete("/api/session", status_code=204, responses=answers(401, 403))
def log_out(desk: AtDesk, response: Response, session: Annotated[Session, Depends(VIEW)]) -> None:
    """End the session, here and in the browser."""
    desk.sessions.end(session)
    behind_tls = desk.config.dashboard.behind_tls
    response.delete_cookie(cookie_name(behind_tls), path="/", secure=behind_tls, httponly=True, samesite="strict")
    _log.info("%s logged out", session.user)


def _view(desk: Desk, session: Session) -> SessionView:
    return SessionView(
        user=session.user,
        role=session.role,
        csrf=session.csrf,
        ends_at=session.ends_at,
        idle_minutes=desk.config.dashboard.idle_minutes,
    )
