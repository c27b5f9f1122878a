"""An agent: instructions, a model, tools and limits; `run` gives it a task.

agent = ws.agent("clerk", "You answer customers.", tools=["rag:handbook", refund])
run = agent.run("May I return a lamp after three weeks?", thread="customer-7")
"""

from __future__ import annotations

from collections.abc import AsyncGenerator, Callable, Iterator, Mapping, Sequence
from dataclasses import fields
from functools import cached_property
from inspect import iscoroutinefunction
from typing import TYPE_CHECKING, Any, TypeAlias

from motadata_nb import aio
from motadata_nb.agents.base import APPROVALS, Approval, Approver, Limits, Model, limits_from
from motadata_nb.agents.live import Live
from motadata_nb.agents.loop import Role
from motadata_nb.agents.models import FunctionModel, model_of
from motadata_nb.agents.relay import step_through
from motadata_nb.agents.result import AgentRun
from motadata_nb.agents.running import continued, execute
from motadata_nb.agents.tools.base import Tool, tool_of
from motadata_nb.errors import InvalidInput
from motadata_nb.gateway.base import Message

if TYPE_CHECKING:
    from motadata_nb.agents.engines.base import Engine
    from motadata_nb.agents.remembering import Remembering
    from motadata_nb.agents.specs import AgentCard
    from motadata_nb.agents.streaming import Event
    from motadata_nb.agents.threads import Threads
    from motadata_nb.agents.tools.schema import Shape

__all__ = ["Agent", "ToolLike"]

ToolLike: TypeAlias = "Tool | Callable[..., Any] | str | Mapping[str, Any]"
Watch: TypeAlias = Callable[[Live], None]


class Agent:
    """Made by `ws.agent(...)`; without a workspace, `model` is a function and nothing is stored.

    `tools` are functions, `Tool`s, names of built-in tools (`rag:INDEX`, `sql`, `http:HOST`, `files:FOLDER`, …), MCP
    servers, other agents, or mappings of names to DataFrames. `approve` is the strictest mode of the run, `approvals`
    sets modes by tool name. `engine` is an agent of Agno or pydantic-ai, which
    then thinks, and calls its own tools. `output` is the shape of the answer: a type, a dataclass, a pydantic model,
    a JSON schema, or in short "name, age int".
    `options` go to the gateway with each call: `api_base`, `temperature` … Limits are keywords, see `Limits`.
    """

    def __init__(
        self,
        name: str | None = None,
        instructions: str = "",
        model: Any = None,
        tools: Sequence[ToolLike] = (),
        *,
        output: Any = None,
        approve: Approval = "auto",
        approvals: Mapping[str, Approval] | None = None,
        description: str = "",
        team: Sequence[Agent] = (),
        mode: str = "coordinate",
        memory: Any = None,
        user: str = "default",
        options: Mapping[str, Any] | None = None,
        engine: Any = None,
        home: Any = None,
        **limits: Any,
    ) -> None:
        self.name = name or "agent"
        self.instructions = instructions
        self.model = model
        self.tools = tools
        self.output = output
        self.approval = approve
        self.approvals = approvals or {}
        self.description = description
        self.team = team
        self.mode = mode
        self.user = user
        self.home = home
        self.options = options
        self._engine = engine
        self.remembers = memory
        self.limits: Limits = limits_from(limits)

    def as_tool(self, name: str | None = None, description: str | None = None, *, share: bool = False) -> Tool:
        """A tool that gives this agent a task; with `share`, it knows what was said so far."""
        from motadata_nb.agents.teams import member_tool

        return member_tool(self, name, description, share=share)

    def __repr__(self) -> str:
        return f"Agent({self.name!r}, model={self.model!r}, tools=[{', '.join(map(_label, self.tools))}])"

    # -- what the loop is given -----------------------------------------------------------------------------------

    @cached_property
    def role(self) -> Role:
        """The agent as the loop sees it: tools found, schemas made. Raises InvalidInput or UnknownName."""
        for mode in (self.approval, *self.approvals.values()):
            if mode not in APPROVALS:
                raise InvalidInput(f"approve={mode!r} is not a mode.", "Use 'auto', 'ask' or 'never'.")
        tools: dict[str, Tool] = {}
        remembered = self.memory.tools() if self.memory is not None else ()
        for given in (*self.tools, *self._team_tools(), *remembered):
            for found in self._found(given):
                if found.name in tools and tools[found.name] is not found:
                    raise InvalidInput(
                        f"Two tools are called '{found.name}'.", "Give one another name: Tool(function, name='…')"
                    )
                tools[found.name] = found
        return Role(
            name=self.name,
            instructions=self.instructions,
            tools=tools,
            output=self._shape(),
            approve=self.approval,
            approvals=self.approvals,
            specs=tuple(t.spec for t in tools.values()),
            model=self.thinker,
        )

    def _team_tools(self) -> Sequence[Tool]:
        if not self.team:
            return ()
        from motadata_nb.agents.teams import team_tools

        return team_tools(self)

    def _found(self, given: ToolLike) -> list[Tool]:
        if isinstance(given, Tool):
            return [given]
        if isinstance(given, Agent):
            from motadata_nb.agents.teams import member_tool

            return [member_tool(given)]
        if isinstance(given, str | Mapping) or not callable(given):
            if self.home is None:
                raise InvalidInput(
                    f"An agent without a workspace cannot look up the tool {given!r}.", "Type: ws.agent(…)"
                )
            found: list[Tool] = self.home.tools(given)
            return found
        return [tool_of(given)]

    def _shape(self) -> Shape | None:
        if self.output is None:
            return None
        from motadata_nb.agents.tools.schema import Shape

        return self.output if isinstance(self.output, Shape) else Shape(self.output)

    @cached_property
    def thinker(self) -> Model:
        """The model that answers."""
        if self.engine is not None:
            return FunctionModel(_no_model, self.engine.name)
        model = model_of(self.model, getattr(self.home, "gateway", None), self.options)
        if self.team and self.mode == "broadcast":
            from motadata_nb.agents.teams import Broadcast

            return Broadcast(model, self.team)
        return model

    @cached_property
    def roles(self) -> Mapping[str, Role]:
        """The roles that a hand-off can reach, by agent name."""
        if not self.team or self.mode != "route":
            return {}
        from motadata_nb.agents.teams import reachable

        return reachable(self)

    @cached_property
    def engine(self) -> Engine | None:
        """Another framework's loop that this agent runs on; None for ours."""
        if self._engine is None:
            return None
        from motadata_nb.agents.engines.registry import engine_of

        return engine_of(self._engine)

    @property
    def threads(self) -> Threads | None:
        """Where the agent's conversations are kept; None without a workspace."""
        return None if self.home is None else self.home.threads

    @property
    def tenant(self) -> str:
        """Whose rows the agent reads and writes."""
        return "default" if self.home is None else self.home.tenant

    @cached_property
    def memory(self) -> Remembering | None:
        """What the agent remembers of its user across threads; None when it does not."""
        if not self.remembers:
            return None
        if self.home is None:
            raise InvalidInput("An agent without a workspace has no memory.", "Type: ws.agent(…, memory=True)")
        if self.remembers not in (True, "learn"):
            raise InvalidInput(f"memory={self.remembers!r} is not known.", "Use memory=True or memory='learn'.")
        from motadata_nb.agents.remembering import Remembering

        return Remembering(self.home.memory(self.user), learns=self.remembers == "learn")

    # -- as data ------------------------------------------------------------------------------------------------------

    @cached_property
    def spec(self) -> dict[str, Any] | None:
        """The agent as data, from which another kernel can make it again; None when its model is an object."""
        from motadata_nb.agents.specs import spec_of

        try:
            return spec_of(self)
        except InvalidInput:
            return None

    @property
    def tool_labels(self) -> list[str]:
        """The tools by name, as a spec has them."""
        return [label for given in self.tools for label in (given if isinstance(given, dict) else [_label(given)])]

    def changed(self, **changes: Any) -> Agent:
        """The same agent with other settings."""
        limits = {f.name: getattr(self.limits, f.name) for f in fields(self.limits)}
        kept: dict[str, Any] = {
            "name": self.name, "instructions": self.instructions, "model": self.model, "tools": self.tools,
            "output": self.output, "approve": self.approval, "approvals": self.approvals, "team": self.team,
            "description": self.description, "mode": self.mode, "memory": self.remembers, "user": self.user,
            "options": self.options, "engine": self._engine, "home": self.home,
        }  # fmt: skip
        return Agent(**(kept | limits | changes))

    def card(self) -> AgentCard:
        """What the agent is made of, to look at."""
        from motadata_nb.agents.specs import AgentCard

        return AgentCard(agent=self)

    def save(self) -> int:
        """Save the agent under its name; the version. Functions are saved by name."""
        if self.home is None:
            raise InvalidInput("An agent without a workspace cannot be saved.", "Type: ws.agent(…)")
        version: int = self.home.save(self)
        return version

    def yaml(self) -> str:
        """The agent as YAML, which `ws.agents.load` reads."""
        from motadata_nb.agents.specs import to_yaml

        return to_yaml(self)

    def chat(self, thread: str | None = None) -> Any:
        """A chat with the agent, with approval of its calls."""
        from motadata_nb.explorers.registry import explore

        return explore("chat", self, thread)

    # -- running --------------------------------------------------------------------------------------------------

    async def arun(
        self,
        task: str | Message,
        thread: str | None = None,
        *,
        approver: Approver | None = None,
        watch: Watch | None = None,
    ) -> AgentRun:
        """Do the task; earlier turns of the thread are known to the agent. See `AgentRun` for what comes back.

        Raises errors of the model call (the run stays in its thread and can be resumed); a tool's errors are steps.
        """
        return await execute(self, task, thread, approver=approver, watch=watch)

    def run(
        self,
        task: str | Message,
        thread: str | None = None,
        *,
        approver: Approver | None = None,
        watch: Watch | None = None,
    ) -> AgentRun:
        """The plain twin of `arun`."""
        if approver is None and self._immediate and self.memory is None:
            return step_through(execute(self, task, thread, watch=watch, blocking=True))
        return aio.run(execute(self, task, thread, approver=approver, watch=watch))

    def astream(self, task: str | Message, thread: str | None = None) -> AsyncGenerator[Event]:
        """The run as it goes: `Live` when something changed, `Asking` when a call needs a decision, the result last."""
        from motadata_nb.agents.streaming import watched

        return watched(lambda watch, approver: self.arun(task, thread, approver=approver, watch=watch))

    def stream(self, task: str | Message, thread: str | None = None) -> Iterator[Event]:
        """The plain twin of `astream`."""
        return aio.iterate(self.astream(task, thread))

    async def aresume(
        self, run: AgentRun | str, *, approver: Approver | None = None, watch: Watch | None = None
    ) -> AgentRun:
        """Go on with a run, or with the last run of the thread of that name: no tool call that was done is made again.

        Raises UnknownName, or InvalidInput when the run is done.
        """
        return await continued(self, await self._run_id(run), approver=approver, watch=watch)

    resume = aio.plain(aresume)

    async def aapprove(self, run: AgentRun | str, key: str | None = None, *, arguments: Any = None) -> AgentRun:
        """Allow the calls that wait (or the one with that key, with edited arguments), and go on."""
        return await self._decided(run, key, "approved", arguments=arguments)

    approve = aio.plain(aapprove)

    async def adeny(self, run: AgentRun | str, reason: str = "", key: str | None = None) -> AgentRun:
        """Refuse the calls that wait, telling the model why, and go on."""
        return await self._decided(run, key, "denied", reason=reason)

    deny = aio.plain(adeny)

    async def _decided(
        self, run: AgentRun | str, key: str | None, state: str, *, arguments: Any = None, reason: str = ""
    ) -> AgentRun:
        found = await self._run_id(run)
        if arguments is not None and not isinstance(arguments, str):
            import orjson

            arguments = orjson.dumps(arguments).decode()
        threads = self._kept()
        await threads.journal.later(lambda: threads.decide(found, key, state, arguments=arguments, reason=reason))
        return await self.aresume(found)

    async def _run_id(self, run: AgentRun | str) -> str:
        threads = self._kept()
        if isinstance(run, AgentRun):
            return run.id
        return (
            run
            if await threads.journal.later(threads.exists, run)
            else await threads.journal.later(threads.unfinished, run)
        )

    def _kept(self) -> Threads:
        if self.threads is None:
            raise InvalidInput("An agent without a workspace keeps no runs to go on with.", "Type: ws.agent(…)")
        return self.threads

    @cached_property
    def _immediate(self) -> bool:
        """Whether nothing in a run has to be awaited."""
        model = self.thinker
        if self.engine is not None:
            return False
        plain = isinstance(model, FunctionModel) and not iscoroutinefunction(model.function)
        return plain and not any(t.asynchronous for t in self.role.tools.values())


def _no_model(messages: list[Message]) -> str:
    raise InvalidInput("This agent runs on an engine, which has its own model.", "Call agent.run(…)")


def _label(given: Any) -> str:
    return given if isinstance(given, str) else getattr(given, "name", getattr(given, "__name__", repr(given)))
