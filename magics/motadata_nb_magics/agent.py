"""%%agent gives an agent a task; %agent looks after agents, their threads and what they remember."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from motadata_nb.errors import InvalidInput
from motadata_nb_magics.display import interrupted
from motadata_nb_magics.grammar import OUT, SHARED, Call, Command, flag, option
from motadata_nb_magics.tables import TableResult

if TYPE_CHECKING:
    from motadata_nb.agents.agent import Agent
    from motadata_nb.agents.home import Agents
    from motadata_nb.agents.result import AgentRun
    from motadata_nb.agents.streaming import Event

__all__ = ["CELL", "LINE"]

_NAME = option("name", "an agent: saved, a variable, or a new one.", default="", completes="agent")
_THREAD = option("thread", "a thread.", completes="thread")


def _home(call: Call) -> Agents:
    home = call.session.workspace.agents
    home.variables = lambda: call.session.shell.user_ns
    home.insert_cell = lambda source, kind: _insert(call, source, kind)
    return home


def _insert(call: Call, source: str, kind: str) -> None:
    """Through the front end's own payload: the cell below, never run."""
    text = source if kind == "code" else "%%markdown\n" + source
    call.session.shell.set_next_input(text, replace=False)


def _agent(call: Call) -> Agent:
    home = _home(call)
    name = call.get("name") or ""
    known = home.find(name, None) if name else None
    return _changed(call, known if known is not None else home.agent(name or None))


def _changed(call: Call, agent: Agent) -> Agent:
    """The agent with what the cell's options say."""
    changes: dict[str, Any] = {}
    if call.get("model"):
        changes["model"] = call["model"]
    if call.get("tools"):
        changes["tools"] = _names(call["tools"])
    if call.get("team"):
        changes["team"] = [_home(call).find(member) for member in _names(call["team"])]
    if call.get("approve"):
        changes["approve"] = call["approve"]
    if call.get("instructions"):
        changes["instructions"] = call["instructions"]
    if call.get("no_cache"):
        changes["options"] = {"cache": False}
    # Made anew, so that its tools are looked up now: a function may have been mended since.
    return agent.changed(**changes)


def _names(given: str) -> list[str]:
    return [part.strip() for part in given.split(",") if part.strip()]


def _run(call: Call) -> AgentRun | Any:
    agent = _agent(call)
    if call["dry_run"]:
        role = agent.role
        model = agent.model if isinstance(agent.model, str) else None
        return call.session.workspace.gateway.preview(
            call.body, model, system=role.instructions or None, tools=role.specs
        )
    return _watch(call, agent, agent.stream(call.body, call["thread"]))


def _watch(call: Call, agent: Agent, events: Iterator[Event]) -> AgentRun:
    from motadata_nb.agents.live import Live as Going
    from motadata_nb.agents.result import AgentRun
    from motadata_nb.agents.streaming import snapshot
    from motadata_nb_magics.asking import answer

    live = call.live()
    going: Going | None = None
    result: AgentRun | None = None
    try:
        for event in events:
            if isinstance(event, AgentRun):
                result = event
            elif isinstance(event, Going):
                going = event
                live.card(snapshot(agent, event)._card())
            else:
                answer(call.session, event)
    except KeyboardInterrupt as error:
        if going is not None:
            interrupted(call, live, snapshot(agent, going, "interrupted"), error)
        raise
    live.end()
    assert result is not None  # a stream ends with its result, or raises
    return result


def _ls(call: Call) -> TableResult:
    home = _home(call)
    rows = [[a.name, str(v), _model(a), ", ".join(a.tool_labels), a.instructions[:80]] for a, v in home.known()]
    headers = ["Agent", "Version", "Model", "Tools", "Instructions"]
    return TableResult(title="Agents", headers=headers, rows=rows, empty="Make one: ws.agent('clerk', …).save()")


def _model(agent: Agent) -> str:
    return agent.model if isinstance(agent.model, str) else getattr(agent.model, "__name__", "") or "default"


def _show(call: Call) -> Any:
    return _home(call).find(call["name"]).card()


def _threads(call: Call) -> TableResult:
    threads = _home(call).threads
    if threads is None:
        raise InvalidInput("There is no workspace to keep threads.", "Open one: %motadata")
    if call["thread"]:
        rows: list[list[Any]] = [
            [s.key, s.kind, s.agent, s.name, s.state, s.text[:200]] for s in threads.steps(call["thread"])
        ]
        return TableResult(title=call["thread"], headers=["Step", "Kind", "Agent", "Name", "State", "Text"], rows=rows)
    if call["search"]:
        hits = [[h["thread"], h["kind"], h["text"][:200]] for h in threads.search(call["search"])]
        return TableResult(
            title="Found", headers=["Thread", "Kind", "Text"], rows=hits, empty="No message has these words."
        )
    rows = [[t["name"], t["agent"], t["runs"], t["status"]] for t in threads.recent()]
    headers = ["Thread", "Agent", "Runs", "Last run"]
    return TableResult(title="Threads", headers=headers, rows=rows, empty="Begin one: %%agent --thread NAME")


def _resume(call: Call) -> AgentRun:
    from motadata_nb.agents.streaming import watched

    home = _home(call)
    thread = call["thread"]
    threads = home.threads
    if threads is None:
        raise InvalidInput("There is no workspace to keep threads.", "Open one: %motadata")
    run = threads.unfinished(thread)
    agent = _changed(call, home.find(call["agent"]) if call["agent"] else home.agent_of(run))
    agent.role  # noqa: B018  # a tool that is not there is said before anything is decided
    if call["allow"] or call["deny"]:
        threads.decide(run, None, "approved" if call["allow"] else "denied")
    from motadata_nb import aio

    events = watched(lambda watch, approver: agent.aresume(run, approver=approver, watch=watch))
    return _watch(call, agent, aio.iterate(events))


def _memory(call: Call) -> TableResult:
    memory = _home(call).memory(call["user"])
    if call["forget"]:
        memory.forget(None if call["forget"] == "all" else _number(call["forget"]))
    if call["edit"]:
        number, _, text = call["edit"].partition(" ")
        memory.edit(_number(number), text)
    found = memory.recall(call["search"]) if call["search"] else memory.all()
    rows: list[list[Any]] = [[m.id, m.kind, m.text, m.agent, m.thread] for m in found]
    headers = ["Number", "Kind", "What is remembered", "Agent", "Thread"]
    return TableResult(title="Memory", headers=headers, rows=rows, empty="Nothing is remembered.")


def _number(text: str) -> int:
    if not text.isdigit():
        raise InvalidInput(f"{text!r} is not the number of a memory.", "See them: %agent memory")
    return int(text)


_MAKING = (
    option("--tools", "Tools by name, with commas: sql,rag:handbook,my_function.", completes="tool"),
    option("--team", "Members by name, with commas.", completes="agent"),
    option("--approve", "How tools are called.", choices=("auto", "ask", "never")),
    option("--instructions", "What the agent is told to be."),
)
CELL = Command(
    run=_run,
    summary="Give an agent a task: the body is the task, the result an answer with its timeline.",
    arguments=(_NAME,),
    options=(*SHARED, *_MAKING),
    examples=(
        "%%agent --tools sql --out run\nWhich region grew fastest in sales?",
        "%%agent clerk --tools rag:handbook,refund --approve ask --thread ada\nPlease refund order {{ order }}.",
    ),
    body=True,
)
LINE = Command(
    summary="Look after agents.",
    actions={
        "ls": Command(run=_ls, summary="Saved agents and those of the notebook.", options=(OUT,)),
        "show": Command(
            run=_show, summary="What an agent is made of.", options=(OUT,),
            arguments=(option("name", "an agent.", completes="agent"),),
        ),
        "threads": Command(
            run=_threads, summary="All threads, or the steps of one.",
            arguments=(option("thread", "a thread.", default="", completes="thread"),),
            options=(OUT, option("--search", "Messages with these words.")),
        ),
        "resume": Command(
            run=_resume, summary="Go on with the last run of a thread: killed, stopped or waiting.",
            arguments=(_THREAD,),
            options=(
                *SHARED, *_MAKING, option("--agent", "Another agent than the one that began it.", completes="agent"),
                flag("--allow", "Approve what waits."), flag("--deny", "Refuse what waits."),
            ),
        ),
        "memory": Command(
            run=_memory, summary="What is remembered of a user.",
            options=(
                OUT, option("--user", "Of whom.", default="default"), option("--search", "What fits these words."),
                option("--forget", "Number of a memory to forget, or all."),
                option("--edit", 'Number and new text, in quotes: "3 Prefers tea".'),
            ),
        ),
    },
    examples=("%agent ls", "%agent threads", "%agent resume ada --allow", "%agent memory --forget 3"),
)  # fmt: skip
