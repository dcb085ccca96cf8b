"""Dagster's pages for who may only look: every permission says no, and no mutation is run, whatever it asks of itself.

`--read-only` of dagster-webserver is for all visitors alike, and some mutations do not look at it.
"""

from typing import Any

from dagster._core.workspace.context import WorkspaceProcessContext, WorkspaceRequestContext
from dagster_webserver.webserver import DagsterWebserver
from graphql import GraphQLError, OperationDefinitionNode, OperationType, parse
from starlette.applications import Starlette
from starlette.requests import HTTPConnection
from starlette.responses import JSONResponse

from copytrade_live.door_word import MAY_HEADER, OPERATE


def app_of(context: WorkspaceProcessContext) -> Starlette:
    """The webserver's app."""
    return _ByVisitor(context).create_asgi_app()


class _ByVisitor(DagsterWebserver):  # type: ignore[type-arg]
    def _make_request_context(self, conn: HTTPConnection) -> WorkspaceRequestContext:
        context: WorkspaceRequestContext = super()._make_request_context(conn)
        if conn.headers.get(MAY_HEADER, OPERATE) != OPERATE:
            context._read_only = True
        return context

    async def gen_graphql_response(
        self,
        request_context: WorkspaceRequestContext,
        query: str,
        variables: dict[str, Any] | None,
        operation_name: str | None,
    ) -> JSONResponse:
        """Answer a question; a change only of who may."""
        if request_context.read_only and _changes(query):
            said = {"message": "This changes something: log in with an operator's key."}
            return JSONResponse({"data": None, "errors": [said]}, status_code=403)
        return await super().gen_graphql_response(request_context, query, variables, operation_name)


def _changes(query: str) -> bool:
    try:
        document = parse(query)
    except GraphQLError:
        return False  # nor can it be run
    operations = (one for one in document.definitions if isinstance(one, OperationDefinitionNode))
    return any(one.operation is OperationType.MUTATION for one in operations)
