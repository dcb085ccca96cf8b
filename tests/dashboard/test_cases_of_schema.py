"""What the API's description allows, and what it does not, never breaks the server and never lets anybody past it.

A few cases an operation here; make soak asks for a thousand of each, as nobody, a viewer, an operator and an admin.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest
import requests
import schemathesis
from hypothesis import HealthCheck, Phase, given, seed, settings
from schemathesis import APIOperation, Case, GenerationMode
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from copytrade_live.dashboard import openapi
from copytrade_live.dashboard.access.keys import KeyRing
from copytrade_live.dashboard.access.lockout import Lockout
from copytrade_live.dashboard.schemas.session import Role
from tests.dashboard.conftest import Stand, home_in, stands
from tests.dashboard.test_stream import listening

# Of one operation as one of them: together a thousand.
FEW, MANY = 2, 250
NOBODY = "nobody"
WHO = [NOBODY, Role.VIEWER, Role.OPERATOR, Role.ADMIN]
SCHEMA = schemathesis.openapi.from_dict(openapi.description())
OPERATIONS: dict[str, APIOperation] = {
    found.ok().label: found.ok() for found in SCHEMA.get_all_operations() if found.ok() is not None
}
STREAM = "GET /api/events"
OPEN = ("POST /api/session", "GET /healthz")
CHECKS = [not_a_server_error, status_code_conformance, content_type_conformance, response_schema_conformance]


@pytest.fixture(scope="module")
def crowded(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stand]:
    """A dashboard that has one stream, and whose trials end at once."""
    with stands(home_in(tmp_path_factory.mktemp("cases"))) as make:
        yield make(streams=1, streams_per_session=1, trial_seconds=0.05)


@contextmanager
def crowded_out(stand: Stand, label: str) -> Iterator[None]:
    """The only stream is taken while streams are asked for: an open one would never end."""
    if label != STREAM:
        yield
        return
    with listening(stand.client(Role.ADMIN)):
        yield


def enter(stand: Stand, who: str) -> dict[str, Any]:
    """What a browser of theirs sends along."""
    headers = {"Origin": stand.url}
    if who == NOBODY:
        return {"headers": headers, "cookies": {}}
    record = KeyRing(stand.home, {}).find(stand.keys[Role(who)])
    assert record is not None
    token, session = stand.desk.sessions.begin(record)
    return {"headers": headers | {"X-CSRF-Token": session.csrf}, "cookies": {"copytrade_session": token}}


def is_let_past(case: Case, who: str) -> bool:
    """Whether they may do it at all."""
    label = case.operation.label
    if label in OPEN:
        return True
    policy = Role.OPERATOR if case.method == "POST" else Role.VIEWER
    return who != NOBODY and Role(who).power >= policy.power


def ask_many(stand: Stand, operation: APIOperation, who: str, mode: GenerationMode, many: int, turn: int = 0) -> int:
    """Ask for so many cases of an operation. Returns: how many were asked."""
    asked = 0
    carried = enter(stand, who)
    connection = requests.Session()

    @seed(turn)
    @settings(
        max_examples=many,
        deadline=None,
        database=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(case=operation.as_strategy(generation_mode=mode))
    def ask(case: Case) -> None:
        nonlocal asked, carried
        asked += 1
        stand.desk.lockout = Lockout(stand.desk.clock)
        if operation.label == "DELETE /api/session":
            carried = enter(stand, who)
        answer = case.call(base_url=stand.url, session=connection, timeout=20, **carried)
        case.validate_response(answer, checks=CHECKS)
        if not is_let_past(case, who):
            assert answer.status_code >= 400, f"{who} got past {operation.label}"

    try:
        ask()
    finally:
        connection.close()
    return asked


def modes_of(operation: APIOperation) -> list[GenerationMode]:
    """Valid cases, and where anything is given at all cases that are not."""
    is_given = bool(list(operation.iter_parameters()) or list(operation.body))
    return [GenerationMode.POSITIVE, *([GenerationMode.NEGATIVE] if is_given else [])]


@pytest.mark.parametrize("who", [NOBODY, Role.OPERATOR])
@pytest.mark.parametrize("label", OPERATIONS)
def test_no_case_of_the_description_breaks_the_server_or_gets_past_it(crowded: Stand, label: str, who: str) -> None:
    with crowded_out(crowded, label):
        for mode in modes_of(OPERATIONS[label]):
            ask_many(crowded, OPERATIONS[label], who, mode, FEW)


@pytest.mark.slow
@pytest.mark.parametrize("who", WHO)
@pytest.mark.parametrize("label", OPERATIONS)
def test_a_thousand_cases_an_operation(
    crowded: Stand, label: str, who: str, record_property: Callable[[str, object], None]
) -> None:
    modes = modes_of(OPERATIONS[label])
    asked = turn = 0
    with crowded_out(crowded, label):
        while asked < MANY:
            # Where little can be given, cases run out before the number does.
            left = -(-(MANY - asked) // len(modes))
            asked += sum(ask_many(crowded, OPERATIONS[label], who, mode, left, turn) for mode in modes)
            turn += 1
    record_property("asked", asked)
    print(f"{who} {label}: {asked}")
