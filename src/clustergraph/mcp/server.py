"""The graph for language models: a server for the Model Context Protocol (https://modelcontextprotocol.io).

Questions and queries are the same jobs as those of the service, done in workers under the same limits. Answers are kept
small: rows are cut at a limit, and the answer says how many there are in all.
"""

import json
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass
from functools import partial, wraps
from pathlib import Path
from typing import Any, Final

from mcp.server.mcpserver import Context, MCPServer
from mcp.server.mcpserver.exceptions import ResourceError, ToolError
from mcp.server.transport_security import TransportSecuritySettings
from mcp.types import CallToolResult, InputRequiredResult, TextContent, ToolAnnotations
from pydantic import ValidationError
from starlette.applications import Starlette

from clustergraph import __version__
from clustergraph.engine.pool import Pool
from clustergraph.errors import ClustergraphError
from clustergraph.mcp.prompts import PROMPTS
from clustergraph.mcp.resources import Resources
from clustergraph.mcp.tools import Result, Serving, Tools
from clustergraph.preparation import opened, prepare
from clustergraph.questions.names import nearest
from clustergraph.release.manifest import Release
from clustergraph.settings import Settings

_INSTRUCTIONS: Final = """A knowledge graph of European clusters, their regions, smart-specialisation priorities,
partnerships, pilots, projects and funding schemes, read from documents. Every statement has a certainty (stated,
unconfirmed, ambiguous), a scope, a phase, an origin, and the section of the document that makes it: give what is not
plain, and the section, with an answer. Begin with list_questions; ask one with ask_question (labels do for IRIs); look
names up with search_names. Only where no question fits, read show_schema and write SPARQL for run_sparql."""


@dataclass
class _Alone:
    """A release that nothing else serves."""

    release: Release
    pool: Pool

    async def do(self, job: Callable[..., Result], *given: Any) -> Result:  # noqa: ANN401 - what the job takes
        return await self.pool.run(self.release.path, job, *given)


class Server(MCPServer[Any]):
    """A server that tells what is wrong with a call in our words, a misspelt argument too."""

    async def call_tool(
        self, name: str, arguments: dict[str, Any], context: Context[Any, Any] | None = None
    ) -> CallToolResult | InputRequiredResult:
        """Call a tool by name with arguments; ToolError if they do not fit."""
        tools = {tool.name: tool for tool in await self.list_tools()}
        if name not in tools:
            raise ToolError(f"there is no tool {name!r}; there are {', '.join(tools)}")
        known = tools[name].input_schema.get("properties", {})
        for each in arguments.keys() - known.keys():
            near = nearest(each, known, 1)
            hint = f"did you mean {near[0]!r}? " if near else ""
            raise ToolError(f"{name} has no argument {each!r}; {hint}its arguments: {', '.join(known) or 'none'}")
        try:
            return await super().call_tool(name, arguments, context)
        except ToolError as error:
            raise ToolError(_told(name, error)) from error


def _told(name: str, error: ToolError) -> str:
    if not isinstance(error.__cause__, ValidationError):
        return str(error).removeprefix(f"Error executing tool {name}: ")
    wrong = error.__cause__.errors()
    return "; ".join(f"{name}: {'.'.join(map(str, each['loc']))}: {each['msg']}" for each in wrong)


def create_server(release: Path, settings: Settings) -> MCPServer[Any]:
    """Return a server for a release, with workers of its own.

    Raises:
        ReleaseError: the release cannot be opened.
    """
    alone = _Alone(
        Release.read(release),
        Pool(settings, partial(opened, memory_quads=settings.memory_quads, columns=settings.columns), [prepare]),
    )

    @asynccontextmanager
    async def lifespan(_: MCPServer[Any]) -> AsyncIterator[None]:
        async with alone.pool:
            yield

    return server_of(lambda: alone, settings, lifespan)


def server_of(
    serving: Callable[[], Serving],
    settings: Settings,
    lifespan: Callable[[MCPServer[Any]], AbstractAsyncContextManager[None]] | None = None,
) -> MCPServer[Any]:
    """Return a server for what is being served whenever a tool is called."""
    server = Server(
        "clustergraph", version=__version__, instructions=_INSTRUCTIONS, lifespan=lifespan, log_level="WARNING"
    )
    tools, resources = Tools(serving, settings), Resources(serving)
    reads = ToolAnnotations(read_only_hint=True, open_world_hint=False)
    for name in vars(Tools):
        if not name.startswith("_"):
            server.tool(annotations=reads)(_telling(getattr(tools, name)))
    server.resource("clustergraph://ontology", mime_type="text/turtle")(_telling_of(resources.ontology))
    server.resource("clustergraph://documents", mime_type="application/json")(_telling_of(resources.documents))
    section = "clustergraph://documents/{document}/{section}"
    server.resource(section, mime_type="text/turtle")(_telling_of(resources.section))
    for prompt in PROMPTS:
        server.prompt()(prompt)
    return server


def over_http(server: MCPServer[Any]) -> Starlette:
    """Return an application that answers at /mcp: each request by itself, and like /sparql whoever asks."""
    anybody = TransportSecuritySettings(enable_dns_rebinding_protection=False)
    return server.streamable_http_app(json_response=True, stateless_http=True, transport_security=anybody)


def _telling(tool: Callable[..., Awaitable[Mapping[str, Any]]]) -> Callable[..., Awaitable[CallToolResult]]:
    """Return a tool that answers in as few characters as can be, and tells the model what is wrong."""

    @wraps(tool)
    async def telling(*given: object, **named: object) -> CallToolResult:
        try:
            found = dict(await tool(*given, **named))
        except ClustergraphError as error:
            raise ToolError(f"{error}\n{getattr(error, 'excerpt', '')}".strip()) from error
        text = json.dumps(found, ensure_ascii=False, separators=(",", ":"))
        return CallToolResult(content=[TextContent(type="text", text=text)], structured_content=found)

    return telling


def _telling_of(resource: Callable[..., Awaitable[str]]) -> Callable[..., Awaitable[str]]:
    """Return a resource that tells the model what is wrong."""

    @wraps(resource)
    async def telling(**named: str) -> str:
        try:
            return await resource(**named)
        except ClustergraphError as error:
            raise ResourceError(str(error)) from error

    return telling
