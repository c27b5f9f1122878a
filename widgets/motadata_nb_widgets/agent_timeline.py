"""AgentTimeline: what an agent did, step by step: calls, results, thinking, tokens, time."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from motadata_nb.cards import Card
from motadata_nb_widgets.base import Explorer, script, style

if TYPE_CHECKING:
    from motadata_nb.agents.base import Step
    from motadata_nb.agents.result import AgentRun

__all__ = ["AgentTimeline", "timeline"]


class AgentTimeline(Explorer):
    """The steps of a run, as bars on one time line, each with its arguments and result.

    AgentTimeline(agent.run("Where is churn highest?"))
    """

    _esm = script("agent_timeline.js")
    _css = style("agent_timeline.css")

    def __init__(self, run: AgentRun) -> None:
        self.run = run
        super().__init__(
            agent=run.agent, status=run.status, reason=run.reason, text=run.text, seconds=run.seconds, cost=run.cost,
            tokens=run.usage.input_tokens + run.usage.output_tokens, steps=timeline(run),
        )  # fmt: skip

    def card(self) -> Card:
        """The card of the run itself."""
        return self.run._card()


def timeline(run: AgentRun) -> list[dict[str, Any]]:
    """The steps, also those of team members, with start and length in seconds from the start of the run."""
    rows = run.trace.rows
    ends = [step.at for _, step in rows if step.at]
    first = min((step.at - step.seconds for _, step in rows if step.at), default=0.0)
    return [{**_step(step), "depth": depth, "start": max(0.0, step.at - step.seconds - first) if ends else 0.0}
            for depth, step in rows]  # fmt: skip


def _step(step: Step) -> dict[str, Any]:
    return {
        "kind": step.kind, "key": step.key, "agent": step.agent, "name": step.name, "arguments": step.arguments,
        "text": step.text, "thinking": step.thinking, "state": step.state, "note": step.note,
        "printed": step.printed, "seconds": step.seconds, "cost": step.cost,
        "tokens": step.usage.input_tokens + step.usage.output_tokens,
    }  # fmt: skip
