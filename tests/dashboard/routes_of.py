"""Every route of the app with a path that can be asked for."""

from __future__ import annotations

import re
from dataclasses import dataclass

from fastapi import FastAPI
from fastapi.routing import APIRoute

from copytrade_live.dashboard.access.policy import OpenToAll, Policy
from tests import builders

_VALUES = {"wallet": builders.WALLET, "token_id": builders.YES, "signal_id": "f1", "run_id": "backtest-1", "path": "x"}


@dataclass(frozen=True)
class Asked:
    """One method of one route."""

    method: str
    path: str
    policies: tuple[Policy | OpenToAll, ...]

    @property
    def policy(self) -> Policy | OpenToAll:
        [found] = self.policies
        return found

    @property
    def is_change(self) -> bool:
        return self.method not in ("GET", "HEAD")


def routes_of(api: FastAPI) -> list[Asked]:
    """All of them."""
    found = []
    for route in walk(api):
        policies = {one.call for one in route.dependant.dependencies if isinstance(one.call, Policy | OpenToAll)}
        path = re.sub(r"{(\w+)(?::path)?}", lambda name: _VALUES[name[1]], route.path)
        found += [Asked(method, path, tuple(policies)) for method in sorted(route.methods or ())]
    return found


def walk(api: FastAPI) -> list[APIRoute]:
    """The app's own routes, those of its routers among them."""
    found = [one for one in api.routes if isinstance(one, APIRoute)]
    others = [one for one in api.routes if not isinstance(one, APIRoute)]
    for one in others:
        inner = getattr(getattr(one, "original_router", None), "routes", None)
        assert inner is not None, f"a route that is none of ours: {one!r}"
        found += inner
    return found
