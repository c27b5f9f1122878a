"""What a run leaves: the answer first, then the timeline of its steps."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from motadata_nb.agents.base import NO_USAGE, Step
from motadata_nb.cards import Card, Cell, Section, Table
from motadata_nb.gateway.base import Message, Usage
from motadata_nb.results import Result, Tabular

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["AgentRun", "RunTrace", "run_card"]

_SHOWN = 200


@dataclass(frozen=True, kw_only=True)
class AgentRun(Result, Tabular):
    """The result of `agent.run(task)`."""

    text: str
    """The answer; what there is of it when the run did not finish."""
    status: str
    """`done`, `waiting` (for approval), `limit`, `failed` or `interrupted`."""
    reason: str = ""
    """Why it ended, when it is not done."""
    data: Any = None
    """The answer as data, when the agent has an output shape."""
    steps: tuple[Step, ...] = ()
    agent: str = ""
    thread: str = ""
    id: str = ""
    model: str = ""
    usage: Usage = NO_USAGE
    """Tokens of the whole tree."""
    cost: float | None = 0.0
    """US dollars of the whole tree; None when a price is not known."""
    seconds: float = 0.0
    messages: tuple[Message, ...] = ()
    """The conversation as the model saw it, with this run at its end."""
    children: Callable[[str], tuple[Step, ...]] | None = field(default=None, repr=False, compare=False)

    @property
    def pending(self) -> tuple[Step, ...]:
        """Calls that wait for approval: `agent.approve(run)` or `agent.deny(run, reason)` lets the run go on."""
        return tuple(_waiting(self.steps, self.children, ""))

    @property
    def df(self) -> pd.DataFrame:
        """One row a step: key, kind, agent, name, arguments, text, state, note, tokens, cost, seconds."""
        import pandas as pd

        columns = ["key", "kind", "agent", "name", "arguments", "text", "state", "note"]
        rows = [
            [*(getattr(s, c) for c in columns), s.usage.input_tokens, s.usage.output_tokens, s.cost, s.seconds]
            for s in self.steps
        ]
        return pd.DataFrame(rows, columns=[*columns, "input_tokens", "output_tokens", "cost", "seconds"])

    def explore(self) -> Any:
        """The timeline of the run, to open, filter and search."""
        from motadata_nb.explorers.registry import explore

        return explore("agent_run", self)

    @property
    def trace(self) -> RunTrace:
        """The steps as a tree, with those of team members inside the calls that started them."""
        return RunTrace(agent=self.agent, rows=tuple(_tree(self.steps, self.children, 0)))

    def _card(self) -> Card:
        return run_card(self)

    def _repr_llm_(self) -> str:
        return self.text


@dataclass(frozen=True, kw_only=True)
class RunTrace(Result, Tabular):
    """A run as a tree of steps, each with its depth."""

    agent: str
    rows: tuple[tuple[int, Step], ...]

    @property
    def df(self) -> pd.DataFrame:
        """One row a step, with its depth in the tree."""
        import pandas as pd

        return pd.DataFrame(
            [(d, s.agent, s.kind, s.name, s.state, s.seconds, s.cost) for d, s in self.rows],
            columns=["depth", "agent", "kind", "name", "state", "seconds", "cost"],
        )

    def _card(self) -> Card:
        rows = [[" " * 2 * depth + _what(s), s.state, *_numbers(s)] for depth, s in self.rows]
        headers = ("step", "state", "tokens", "seconds")
        return Card(title=self.agent, summary=Table(headers, rows, frozenset(headers[2:])))


def _waiting(steps: tuple[Step, ...], children: Any, inside: str) -> list[Step]:
    found: list[Step] = []
    for step in steps:
        if step.kind == "approval" and step.state == "waiting":
            found.append(replace(step, key=f"{inside}:{step.key}") if inside else step)
        elif step.kind == "tool" and step.state == "waiting" and step.child and children is not None:
            found += _waiting(children(step.child), children, step.child)
    return found


def _tree(steps: tuple[Step, ...], children: Any, depth: int) -> list[tuple[int, Step]]:
    rows: list[tuple[int, Step]] = []
    for step in steps:
        rows.append((depth, step))
        if step.child and children is not None:
            rows += _tree(children(step.child), children, depth + 1)
    return rows


def run_card(run: AgentRun) -> Card:
    """The card of a run: the answer, one quiet line, the calls that wait, the timeline."""
    return Card(
        body=run.text or _nothing(run),
        status=tuple(_status(run)),
        attention=tuple(_attention(run)),
        summary=_pending(run),
        sections=tuple(_sections(run)),
    )


def _nothing(run: AgentRun) -> str:
    return "" if run.status in ("running", "waiting") else "There is no answer."


def _status(run: AgentRun) -> list[str]:
    calls = sum(s.kind == "tool" for s in run.steps)
    models = sum(s.kind == "model" for s in run.steps)
    tokens = run.usage.input_tokens + run.usage.output_tokens
    line = [
        run.agent if run.agent == "agent" else f"agent {run.agent}",
        run.model,
        _count(models, "model call"),
        _count(calls, "tool call") if calls else "",
    ]
    line += [f"{tokens:,} tokens" if tokens else "", f"{run.seconds:.1f} s", _price(run.cost, tokens)]
    line += [f"thread {run.thread}" if run.thread else ""]
    return [part for part in line if part]


def _count(n: int, what: str) -> str:
    return f"{n} {what}" + ("" if n == 1 else "s")


def _price(cost: float | None, tokens: int) -> str:
    if cost:
        return f"${cost:.4f}"
    return "free" if cost == 0 else ""


_WORDS = {
    "waiting": "waiting for approval",
    "limit": "stopped at a limit",
    "failed": "failed",
    "interrupted": "interrupted",
}


def _attention(run: AgentRun) -> list[str]:
    if run.status in ("done", "running"):
        return ["extractive: no language model"] if run.model == "extractive" else []
    words = _WORDS.get(run.status, run.status)
    return [f"{words}: {run.reason}" if run.reason and run.status != "waiting" else words]


def _pending(run: AgentRun) -> Table | None:
    if not run.pending:
        return None
    return Table(("waits for approval", "arguments"), [[s.name, _readable(s.arguments)] for s in run.pending])


def _sections(run: AgentRun) -> list[Section]:
    if not run.steps:
        return []
    headers = ("step", "what", "result", "tokens", "seconds")
    rows: list[list[Cell]] = [[s.key, _what(s), _result(s), *_numbers(s)] for s in run.steps]
    return [
        Section(title=f"Timeline ({_count(len(rows), 'step')})", content=Table(headers, rows, frozenset(headers[3:])))
    ]


def _what(step: Step) -> str:
    if step.kind == "tool":
        return f"{step.name}({_cut(_readable(step.arguments).strip().removeprefix('{').removesuffix('}'))})"
    if step.kind == "model":
        return f"{step.agent} thinks" if step.calls else f"{step.agent} answers"
    return f"approval of {step.name}" if step.kind == "approval" else step.kind


def _result(step: Step) -> str:
    if step.kind == "model" and step.calls:
        return "calls " + ", ".join(c.name for c in step.calls)
    text = _cut(step.text)
    if step.state in ("done", "approved"):
        return f"{text} ({step.note})" if step.note else text or step.state
    return f"{step.state}: {step.note or text}" if step.note or text else step.state


def _numbers(step: Step) -> list[Cell]:
    tokens = step.usage.input_tokens + step.usage.output_tokens
    return [tokens or None, round(step.seconds, 3) if step.seconds else None]


def _readable(arguments: str) -> str:
    """The JSON text with its letters as they are: models like to write é as \\u00e9."""
    if "\\u" not in arguments:
        return arguments
    try:
        return json.dumps(json.loads(arguments), ensure_ascii=False)
    except ValueError:
        return arguments


def _cut(text: str) -> str:
    text = " ".join(text[: _SHOWN * 2].split())
    return text if len(text) <= _SHOWN else text[: _SHOWN - 1] + "…"
