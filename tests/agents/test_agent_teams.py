"""Teams: members as tools, hand-off, broadcast, a list of tasks; limits and contexts hold for the whole tree."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from motadata_nb.agents.agent import Agent
from motadata_nb.agents.base import Step
from motadata_nb.agents.home import Agents
from motadata_nb.catalog.catalog import Catalog
from motadata_nb.errors import InvalidInput
from motadata_nb.gateway.base import Usage


def says(text: str) -> Any:
    return lambda messages: text


def member(name: str, **options: Any) -> Agent:
    return Agent(name, f"You are {name}.", lambda m: f"{name}: {m[-1]['content']}", **options)


def in_turn(*steps: Any) -> Any:
    """A model that makes these steps, one for each of its own messages in the turn."""

    def model(messages: list[dict[str, Any]]) -> Any:
        start = max(i for i, m in enumerate(messages) if m["role"] == "user")
        step = steps[sum(m["role"] == "assistant" for m in messages[start:])]
        return step(messages) if callable(step) else step

    return model


def last_tool(messages: list[dict[str, Any]]) -> str:
    return " | ".join(m["content"] for m in messages if m["role"] == "tool")


def test_a_leader_asks_its_members_side_by_side() -> None:
    model = in_turn([("ask_ann", {"task": "one"}), ("ask_bob", {"task": "two"})], last_tool)
    run = Agent("lead", model=model, team=[member("ann"), member("bob")]).run("go")
    assert run.text == "ann: one | bob: two"


def test_broadcast_asks_everybody_first() -> None:
    run = Agent("lead", model=last_tool, team=[member("ann"), member("bob")], mode="broadcast").run("what?")
    assert run.text == "ann: what? | bob: what?"


def test_route_hands_the_conversation_over_and_back() -> None:
    bill = Agent("bill", "Bills.", in_turn(None, [("transfer_to_lead", {})]))
    lead = Agent("lead", "Leads.", in_turn([("transfer_to_bill", {})], None, lambda m: m[0]["content"]), team=[bill],
                 mode="route")  # fmt: skip
    run = lead.run("a bill, please")
    assert run.text == "Leads."
    assert [s.agent for s in run.steps if s.kind == "model"] == ["lead", "bill", "lead"]


def test_a_list_of_tasks_is_worked_down_in_order() -> None:
    tasks = [{"task": "first", "member": "ann"}, {"task": "second", "member": "bob"}]
    model = in_turn([("work_down", {"tasks": tasks})], last_tool)
    text = Agent("lead", model=model, team=[member("ann"), member("bob")], mode="tasks").run("go").text
    assert text.startswith("1. first\nann: first\n\n2. second\nbob: second")
    assert "What was done before:\nfirst\n→ ann: first" in text


def test_an_unknown_member_of_the_list_can_be_repaired() -> None:
    model = in_turn([("work_down", {"tasks": [{"task": "x", "member": "zoe"}]})], last_tool)
    assert "There is no member 'zoe'" in Agent("lead", model=model, team=[member("ann")], mode="tasks").run("go").text


def test_agents_are_tools_with_private_or_shared_context() -> None:
    hears = Agent("ear", "Hears.", lambda m: str([x["content"] for x in m if x["role"] == "user"]))
    for share, heard in ((False, "['tell']"), (True, "['the secret is 7', 'tell']")):
        model = in_turn([("ask_ear", {"task": "tell"})], last_tool)
        run = Agent("lead", model=model, tools=[hears.as_tool(share=share)]).run("the secret is 7")
        assert run.text == heard


def endless(messages: list[dict[str, Any]]) -> Step:
    calls = FunctionCalls(len(messages))
    return Step(kind="model", calls=calls, usage=Usage(input_tokens=10), cost=0.01)


def FunctionCalls(n: int) -> Any:  # noqa: N802  reads as what it makes
    from motadata_nb.gateway.base import ToolCall

    return (ToolCall(id=f"c{n}", name="tick", arguments=f'{{"n": {n}}}'),)


def tick(n: int) -> int:
    return n


@pytest.mark.parametrize(
    ("limit", "said"),
    [({"steps": 6}, "limit steps=6"), ({"tokens": 40}, "limit tokens=40"), ({"cost": 0.035}, "limit cost=0.035")],
)
def test_the_leaders_limits_hold_for_the_whole_tree(limit: dict[str, Any], said: str) -> None:
    workers = [Agent(f"w{i}", model=endless, tools=[tick]) for i in range(2)]
    model = in_turn([("ask_w0", {"task": "x"}), ("ask_w1", {"task": "x"})], says("end"))
    run = Agent("lead", model=model, team=workers, **limit).run("go")
    assert run.status == "limit"
    assert said in run.reason
    used = [s.model_calls for s in run.steps if s.kind == "tool"]
    assert sum(used) <= 8  # both stopped soon after the limit, not after their own 25 steps


def test_a_member_that_fails_is_a_step_of_its_leader() -> None:
    def broken(messages: list[dict[str, Any]]) -> str:
        raise RuntimeError("no power")

    model = in_turn([("ask_bob", {"task": "x"})], last_tool)
    run = Agent("lead", model=model, team=[Agent("bob", model=broken)]).run("go")
    assert run.status == "done"
    assert "RuntimeError: no power" in run.text


def test_two_members_of_one_name_and_an_unknown_mode() -> None:
    with pytest.raises(InvalidInput, match="same name"):
        Agent("lead", model=says("x"), team=[member("ann"), member("ann")]).run("go")
    with pytest.raises(InvalidInput, match="mode='vote'"):
        Agent("lead", model=says("x"), team=[member("ann")], mode="vote").run("go")


def test_a_members_run_is_in_the_catalog_under_the_call_that_started_it(tmp_path: Path) -> None:
    agents = Agents(Catalog(tmp_path / "catalog.db"))
    ann = agents.agent("ann", "Helps.", lambda m: "done")
    run = agents.agent("lead", model=in_turn([("ask_ann", {"task": "x"})], last_tool), team=[ann]).run("go", "t")
    call = next(s for s in run.steps if s.kind == "tool")
    assert call.child == f"{run.id}:1.0"
    assert agents.threads is not None
    assert [s.text for s in agents.threads.run_steps(call.child)] == ["x", "done"]
    assert [r["id"] for r in agents.threads.runs()] == [run.id]
