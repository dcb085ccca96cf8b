"""Dagster's own pages, asked by somebody who may only look: everything is answered, and nothing changes."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterator
from typing import Any

import dagster as dg
import httpx
import pytest
from dagster._core.workspace.context import WorkspaceProcessContext
from dagster._core.workspace.load_target import EmptyWorkspaceTarget
from starlette.applications import Starlette
from websockets.asyncio.client import connect
from websockets.typing import Subprotocol

from copytrade_live.door_word import LOOK, MAY_HEADER, OPERATE
from copytrade_pipelines.looking import app_of
from tests.dagster_door.conftest import on_loopback, serving

PERMISSIONS = "{permissions{permission value}}"
# It asks for no permission, so that --read-only lets it pass.
UNGUARDED = "mutation{setNuxSeen}"


@pytest.fixture(scope="module")
def app(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Starlette]:
    with (
        dg.DagsterInstance.local_temp(str(tmp_path_factory.mktemp("dagster"))) as instance,
        WorkspaceProcessContext(instance, EmptyWorkspaceTarget(), version="", read_only=False) as context,
    ):
        yield app_of(context)


def ask(app: Starlette, query: str, may: str | None) -> tuple[int, Any]:
    async def post() -> httpx.Response:
        transport = httpx.ASGITransport(app)
        async with httpx.AsyncClient(transport=transport, base_url="http://dagster") as client:
            headers = {} if may is None else {MAY_HEADER: may}
            return await client.post("/graphql", json={"query": query}, headers=headers)

    answer = asyncio.run(post())
    return answer.status_code, answer.json()


def test_who_may_look_is_answered_and_has_no_permission(app: Starlette) -> None:
    status, said = ask(app, PERMISSIONS, LOOK)
    assert status == 200
    assert {one["value"] for one in said["data"]["permissions"]} == {False}
    for may in (OPERATE, None):
        _, said = ask(app, PERMISSIONS, may)
        assert True in {one["value"] for one in said["data"]["permissions"]}


@pytest.mark.parametrize(
    "query",
    [
        UNGUARDED,
        "query Q{version} mutation M{setNuxSeen}",
        "fragment F on Query{version} mutation{setNuxSeen}",
        "  # a remark\n mutation M @skip(if:false) {setNuxSeen}",
    ],
)
def test_no_mutation_of_who_may_only_look_is_run_however_it_is_written(app: Starlette, query: str) -> None:
    status, said = ask(app, query, LOOK)
    assert (status, said["data"]) == (403, None)
    assert "operator's key" in said["errors"][0]["message"]


def test_no_mutation_is_run_over_a_websocket_whoever_asks(app: Starlette) -> None:
    seen = "{shouldShowNux}"
    before = ask(app, seen, OPERATE)
    listener, address = on_loopback()

    async def talk() -> Any:
        async with connect(
            address.replace("http", "ws") + "/graphql", subprotocols=[Subprotocol("graphql-ws")]
        ) as line:
            await line.send(json.dumps({"type": "start", "id": "1", "payload": {"query": UNGUARDED}}))
            return json.loads(await asyncio.wait_for(line.recv(), 10))

    with serving(app, listener):
        answer = asyncio.run(talk())
    assert answer["type"] == "error"
    assert "setNuxSeen" in answer["payload"]["message"]
    assert ask(app, seen, OPERATE) == before


def test_an_operator_and_a_program_on_the_socket_change_things(app: Starlette) -> None:
    for may in (OPERATE, None):
        assert ask(app, UNGUARDED, may)[0] == 200


def test_another_word_than_operate_is_to_look(app: Starlette) -> None:
    assert ask(app, UNGUARDED, "Operate")[0] == 403
    assert ask(app, UNGUARDED, "")[0] == 403


def test_what_is_no_question_is_answered_as_ever(app: Starlette) -> None:
    assert ask(app, "mutation{", LOOK)[0] == 400
