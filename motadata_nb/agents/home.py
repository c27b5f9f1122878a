"""What agents of a workspace share: threads, specs, memory, the gateway, and where tools are found by name."""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping
from functools import cached_property
from types import FunctionType
from typing import TYPE_CHECKING, Any

from motadata_nb.agents.agent import Agent
from motadata_nb.agents.result import AgentRun
from motadata_nb.agents.threads import Threads
from motadata_nb.agents.tools.base import Tool, tool_of
from motadata_nb.aio import plain
from motadata_nb.errors import InvalidInput, UnknownName

if TYPE_CHECKING:
    from motadata_nb.agents.memory import Keep, Memories
    from motadata_nb.agents.specs import Specs
    from motadata_nb.catalog.catalog import Catalog
    from motadata_nb.config import Config
    from motadata_nb.ingestion.sources import Sources
    from motadata_nb.rag.index import Index

__all__ = ["Agents"]


class Agents:
    """The agents of a workspace. `index` finds an index by name; `indexes` lists their names."""

    def __init__(
        self,
        catalog: Catalog | None = None,
        gateway: Any = None,
        index: Callable[[str], Any] | None = None,
        config: Config | None = None,
        tenant: str = "default",
        variables: Callable[[], Mapping[str, Any]] | None = None,
        insert_cell: Callable[[str, str], None] | None = None,
        keep: Keep | None = None,
    ) -> None:
        self.catalog = catalog
        self.gateway = gateway
        self.index = index
        self.config = config
        self.tenant = tenant
        self.variables = variables or _of_the_notebook
        """The notebook's variables: its functions and DataFrames are tools by name."""
        self.insert_cell = insert_cell
        self.keep = keep
        """Finds, makes and fills hidden indexes: what is remembered is found through them."""
        self.mcp_servers: dict[str, Any] = {}
        self._memories: dict[str, Memories] = {}

    @cached_property
    def threads(self) -> Threads | None:
        """Conversations, kept in the catalog."""
        catalog = self.catalog
        return None if catalog is None else Threads(lambda: catalog.database, self.tenant)

    def agent(
        self, name: str | None = None, instructions: str = "", model: Any = None, tools: Any = (), **options: Any
    ) -> Agent:
        """A new agent, see `Agent`."""
        return Agent(name, instructions, model, tools, home=self, **options)

    def close(self) -> None:
        """End the MCP servers that were started."""
        for server in self.mcp_servers.values():
            server.close()
        self.mcp_servers.clear()

    # -- specs --------------------------------------------------------------------------------------------------------

    @cached_property
    def specs(self) -> Specs:
        """Saved agents. Raises InvalidInput without a workspace."""
        from motadata_nb.agents.specs import Specs

        return Specs(lambda: self._catalog().database, self.tenant)

    def _catalog(self) -> Catalog:
        if self.catalog is None:
            raise InvalidInput("There is no workspace to keep agents in.", "Type: ws = motadata_nb.open()")
        return self.catalog

    def save(self, agent: Agent) -> int:
        """Save an agent; the version."""
        from motadata_nb.agents.specs import spec_of

        return self.specs.save(spec_of(agent))

    def load(self, source: str, version: int | None = None) -> Agent:
        """A saved agent by name, or one from a YAML text or file."""
        from motadata_nb.agents.specs import agent_from, from_yaml

        if "\n" in source or source.endswith((".yaml", ".yml")):
            return from_yaml(source, self)
        spec = self.specs.get(source, version)
        if spec is None:
            known = self.specs.versions()
            raise UnknownName("agent", source, known, example="ws.agents.load('{}')", empty="Save one: agent.save()")
        return agent_from(spec, self)

    def find(self, name: str, default: Any = ...) -> Any:
        """The notebook's agent of that name, or the saved one. Raises UnknownName without a default."""
        found = self.variables().get(name)
        if isinstance(found, Agent):
            return found
        for value in self.variables().values():
            if isinstance(value, Agent) and value.name == name:
                return value
        if default is ... or self.specs.get(name) is not None:
            return self.load(name)
        return default

    def agent_of(self, run: str) -> Agent:
        """The agent that can go on with a run: the notebook's of that name, else as it was when the run began.

        Raises UnknownName when there is none, or when the notebook lacks a function that was its tool.
        """
        from motadata_nb.agents.specs import agent_from

        name, spec = self._threads().origin(run)
        mine = (v for v in self.variables().values() if isinstance(v, Agent) and v.name == name)
        found: Agent | None = next(mine, None)
        if found is not None:
            return found
        if spec is None and self.specs.get(name) is None:
            raise UnknownName(
                "agent", name, [agent.name for agent, _ in self.known()], example="%agent resume … --agent {}",
                empty="Run the cell that makes it, and resume again.",
            )  # fmt: skip
        return self.load(name) if spec is None else agent_from(spec, self)

    def _threads(self) -> Threads:
        if self.threads is None:
            raise InvalidInput("There is no workspace to keep threads.", "Type: ws = motadata_nb.open()")
        return self.threads

    def known(self) -> list[tuple[Agent, int | str]]:
        """Saved agents with their versions, and those of the notebook that are not saved."""
        saved = self.specs.versions()
        found: list[tuple[Agent, int | str]] = [(self.load(name), version) for name, version in saved.items()]
        mine = {id(v): v for n, v in self.variables().items() if isinstance(v, Agent) and not n.startswith("_")}
        return found + [(agent, "not saved") for agent in mine.values() if agent.name not in saved]

    # -- memory and workflows -----------------------------------------------------------------------------------------

    def memory(self, user: str = "default") -> Memories:
        """What is remembered of a user."""
        from motadata_nb.agents.memory import Memories

        if user not in self._memories:
            self._memories[user] = Memories(self._catalog, self.tenant, user, self._keep)
        return self._memories[user]

    def _keep(self, name: str, sources: Sources | None) -> Index:
        if self.keep is None:
            raise InvalidInput("There is no workspace to keep an index in.", "Type: ws = motadata_nb.open()")
        return self.keep(name, sources)

    async def aworkflow(self, function: Callable[..., Any], *arguments: Any, thread: str) -> AgentRun:
        """Run a workflow in a thread, or go on with it where it was stopped; see `motadata_nb.agents.workflow`."""
        from motadata_nb.agents.workflow import run_workflow

        threads = self.threads
        if threads is None:
            raise InvalidInput("A workflow needs a workspace for its checkpoints.", "Type: ws = motadata_nb.open()")
        return await run_workflow(threads, function, arguments, thread)

    workflow = plain(aworkflow)

    # -- tools --------------------------------------------------------------------------------------------------------

    def named_tool(self, name: str) -> list[Tool]:
        """The notebook's function, DataFrame or agent of that name as tools; empty when there is none."""
        found = self.variables().get(name)
        if found is None:
            return []
        if isinstance(found, Agent):
            return [found.as_tool()]
        if isinstance(found, Tool):
            return [found]
        from motadata_nb.agents.tools.sql import is_table, sql_tools

        if is_table(found):
            return sql_tools({name: found}, self)
        return [tool_of(found)] if callable(found) and not isinstance(found, type) else []

    def tool_names(self) -> list[str]:
        """Names of the notebook's variables that can be tools."""
        return [
            name
            for name, value in self.variables().items()
            if not name.startswith("_")
            and (isinstance(value, Agent | Tool) or hasattr(value, "columns") or _own(value))
        ]

    def tools(self, given: Any) -> list[Tool]:
        """The tools behind a name, a DataFrame mapping, an MCP server or an agent."""
        from motadata_nb.agents.tools.registry import find

        return find(given, self)


def _own(value: Any) -> bool:
    """Whether it is a function, and none that IPython puts among the variables."""
    return isinstance(value, FunctionType) and not str(value.__globals__.get("__name__")).startswith("IPython")


def _of_the_notebook() -> Mapping[str, Any]:
    """The variables of the notebook or shell that this process is; none elsewhere."""
    module = sys.modules.get("IPython.core.getipython")
    shell = module.get_ipython() if module is not None else None
    variables: Mapping[str, Any] = {} if shell is None else shell.user_ns
    return variables
