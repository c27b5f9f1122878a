"""Memory, saved agents and workflows: what outlives a run."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

import motadata_nb
from motadata_nb.agents.base import Step
from motadata_nb.agents.home import Agents
from motadata_nb.agents.loop import CallModel
from motadata_nb.agents.tools import Tool
from motadata_nb.agents.workflow import Flow, FlowWaits
from motadata_nb.errors import InvalidInput, UnknownName
from motadata_nb.workspace import Workspace


@pytest.fixture
def ws(workspace: Path) -> Any:
    with motadata_nb.open(workspace) as opened:
        yield opened


def test_a_fact_is_remembered_with_where_it_came_from_and_found_by_meaning(ws: Workspace) -> None:
    def model(messages: list[dict[str, Any]]) -> Any:
        if messages[-1]["role"] == "tool":
            return "Noted."
        return [("remember", {"text": "Ada is allergic to peanuts."})]

    ws.agent("a", model=model, memory=True, user="ada").run("I cannot eat peanuts", "t")
    memories = ws.agents.memory("ada")
    kept = memories.all()[0]
    assert (kept.text, kept.agent, kept.thread) == ("Ada is allergic to peanuts.", "a", "t")
    memories.remember("Ada drives a red bicycle to work.")
    memories.remember("When the export fails, run it again with --raw.", "procedure")
    assert memories.recall("Which nuts are dangerous for her?")[0].id == kept.id
    assert "export" in memories.recall("the export is broken")[0].text
    assert memories.recall("capital of Mongolia") == []


def test_what_fits_the_task_is_in_the_instructions_of_the_next_run(ws: Workspace) -> None:
    ws.agents.memory("ada").remember("Ada is allergic to peanuts.")
    seen: list[Any] = []
    ws.agent("a", "Cook.", lambda m: seen.extend(m) or "ok", memory=True, user="ada").run("peanuts for dinner?")
    assert seen[0]["content"].startswith("Cook.\n\nWhat you remember of this user")
    assert "allergic to peanuts" in seen[0]["content"]


def test_nothing_is_remembered_across_users_or_tenants(ws: Workspace) -> None:
    ws.agents.memory("ada").remember("Ada likes tea.")
    assert ws.agents.memory("bob").recall("likes tea") == []
    other = Agents(ws.catalog, ws.gateway, tenant="other")
    assert other.memory("ada").all() == []
    number = ws.agents.memory("ada").all()[0].id
    for foreign in (ws.agents.memory("bob"), other.memory("ada")):
        with pytest.raises(UnknownName):
            foreign.forget(number)
        with pytest.raises(UnknownName):
            foreign.edit(number, "changed")


def test_memories_can_be_edited_and_forgotten_and_are_kept_once(ws: Workspace) -> None:
    memories = ws.agents.memory()
    number = memories.remember("Likes tea.").id
    assert memories.remember("likes  TEA.").id == number
    assert memories.edit(number, "Likes coffee.").text == "Likes coffee."
    assert memories.recall("coffee?")[0].text == "Likes coffee."
    assert memories.forget(number) == 1
    assert memories.all() == []
    with pytest.raises(InvalidInput, match="nothing to remember"):
        memories.remember("  ")


def test_memories_are_found_through_an_index_that_no_list_shows(ws: Workspace, workspace: Path) -> None:
    memories = ws.agents.memory("ada")
    memories.remember("The export of invoices needs the flag --raw.", "procedure")
    assert [m.kind for m in memories.recall("exporting an invoice")] == ["procedure"]
    assert ws.indexes() == []
    with motadata_nb.open(workspace) as other:  # another kernel on the same workspace
        number = other.agents.memory("ada").remember("Ada prefers decimal commas in tables.").id
        assert memories.recall("which decimal separator")[0].id == number
        other.agents.memory("ada").edit(number, "Ada prefers decimal points in tables.")
        assert memories.recall("which decimal separator")[0].text == "Ada prefers decimal points in tables."
        other.agents.memory("ada").forget(number)
        assert memories.recall("which decimal separator") == []


def test_nothing_on_disk_has_a_byte_of_what_was_forgotten(ws: Workspace, workspace: Path) -> None:
    memories = ws.agents.memory("ada")
    number = memories.remember("The alarm code is quagmirezebra.").id
    memories.remember("Likes tea.")
    assert memories.recall("alarm code")
    memories.edit(number, "The alarm code is flamingotundra.")
    assert memories.recall("alarm code")
    memories.forget(number)
    left = [
        path
        for path in workspace.rglob("*")
        if path.is_file() and any(word in path.read_bytes() for word in (b"quagmirezebra", b"flamingotundra"))
    ]
    assert left == []
    assert [m.text for m in memories.recall("what does she drink, tea?")] == ["Likes tea."]


def test_a_user_whose_name_looks_like_anothers_index_is_still_apart(ws: Workspace) -> None:
    ws.ingest({"ada.txt": "Ada's document about rivers."}, into="ada")
    for user in ("ada", "~ada", "ada~ada", "../ada", "ada; drop table memories"):
        ws.agents.memory(user).remember(f"I am {user} and like rivers.")
    for user in ("ada", "~ada", "ada~ada", "../ada", "ada; drop table memories"):
        assert [m.text for m in ws.agents.memory(user).recall("who likes rivers")] == [f"I am {user} and like rivers."]
    ws.index("ada").purge()
    assert len(ws.agents.memory("ada").recall("rivers")) == 1


def test_memories_of_an_earlier_release_are_kept_and_found(workspace: Path) -> None:
    from sqlalchemy import create_engine, text

    from motadata_nb.catalog.migrations import upgrade

    workspace.mkdir(parents=True, exist_ok=True)
    engine = create_engine(f"sqlite:///{workspace / 'catalog.db'}")
    upgrade(engine, "0002")
    with engine.begin() as db:
        row = {"t": "Ada is allergic to peanuts.", "v": b"\0" * 8}
        columns = "user, text, agent, thread, vector, created_at, updated_at"
        db.execute(text(f"INSERT INTO memories ({columns}) VALUES ('ada', :t, 'a', 't', :v, 1, 1)"), row)
    engine.dispose()
    with motadata_nb.open(workspace) as ws:
        found = ws.agents.memory("ada").recall("peanut allergy")
        assert [(m.text, m.agent, m.thread) for m in found] == [("Ada is allergic to peanuts.", "a", "t")]


class Learner:
    """A model that answers, lists what it learned, and sums up."""

    name = "learner"

    def reply(self, request: CallModel, emit: Any) -> Step:
        asked = request.messages[-1]["content"]
        if asked.startswith("List what is worth"):
            return Step(kind="model", text=json.dumps([{"kind": "fact", "text": "Lives in Bonn."}]), cost=0.0)
        if asked.startswith("Sum up"):
            return Step(kind="model", text=f"{len(request.messages)} messages about words", cost=0.0)
        return Step(kind="model", text=f"heard {len(request.messages)}", cost=0.0)


def test_an_agent_that_learns_is_asked_after_the_run(ws: Workspace) -> None:
    ws.agent("a", model=Learner(), memory="learn").run("I live in Bonn")
    assert [m.text for m in ws.agents.memory().all()] == ["Lives in Bonn."]


def test_a_long_thread_is_summed_up(ws: Workspace) -> None:
    agent = ws.agent("a", model=Learner(), memory=True, history_tokens=200)
    for _ in range(12):
        agent.run("word " * 60, "long")
    seen: list[Any] = []
    ws.agent("b", model=lambda m: seen.extend(m) or "ok", history_tokens=200).run("what did we say?", "long")
    assert seen[0]["content"].startswith("(Summary of the conversation before this point)\n")
    assert "messages about words" in seen[0]["content"]
    assert len(seen) < 12


def reverse(text: str) -> str:
    """Reverses a text."""
    return text[::-1]


def test_agents_are_saved_with_versions_and_found_again(ws: Workspace) -> None:
    agent = ws.agent(
        "clerk",
        "Help.",
        "scripted",
        [reverse],
        approve="ask",
        memory=True,
        steps=7,
        options={"api_key": "sk-1", "seed": 1},
    )
    assert (agent.save(), agent.save()) == (1, 1)
    assert agent.changed(instructions="Help more.").save() == 2
    assert "sk-1" not in agent.yaml()
    ws.agents.variables = lambda: {"reverse": reverse}
    found = ws.agents.load("clerk")
    assert (found.instructions, found.limits.steps, found.approval) == ("Help more.", 7, "ask")
    assert ws.agents.load("clerk", 1).instructions == "Help."
    assert list(found.role.tools) == ["reverse", "remember", "recall"]
    assert ws.agents.load(agent.yaml()).tool_labels == ["reverse"]
    with pytest.raises(UnknownName, match=r"clark[\s\S]*clerk"):
        ws.agents.load("clark")
    assert Agents(ws.catalog, tenant="other").specs.versions() == {}


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("name: a\ninstruction: x\n", "instruction"),
        ("name: a\ntools: sql\n", "wrong type"),
        ("name: [\n", "cannot be read"),
        ("- a\n- b\n", "not an agent"),
        ("missing.yaml", "no file"),
        ("name: a\nlimits:\n  step: 3\n", "Try: steps"),
    ],
)
def test_a_wrong_yaml_says_what_is_wrong(ws: Workspace, text: str, said: str) -> None:
    with pytest.raises((InvalidInput, UnknownName), match=said):
        ws.agents.load(text)


def test_a_workflow_goes_on_after_its_last_step(ws: Workspace) -> None:
    done: list[str] = []
    broken = [True]

    async def part(name: str) -> str:
        done.append(name)
        return name.upper()

    def fragile() -> int:
        if broken:
            raise ConnectionError("later")
        return 7

    async def flow(flow: Flow, word: str) -> str:
        parts = await flow.parallel([flow.step(n, part, f"{word}-{n}") for n in "ab"])
        rounds = 0
        while await flow.step("count", lambda n: n + 1, rounds) < 3:
            rounds += 1
        return f"{parts} {await flow.step('fragile', fragile)}"

    with pytest.raises(ConnectionError):
        ws.agents.workflow(flow, "x", thread="case")
    broken.clear()
    run = ws.agents.workflow(flow, "x", thread="case")
    assert run.data == "['X-A', 'X-B'] 7"
    assert sorted(done) == ["x-a", "x-b"]
    assert [s.key for s in run.steps] == ["a#1", "b#1", "count#1", "count#2", "count#3", "fragile#1"]


def test_a_workflow_waits_for_approval_inside_it(ws: Workspace) -> None:
    paid: list[int] = []

    def pay() -> str:
        paid.append(1)
        return "paid"

    def model(messages: list[dict[str, Any]]) -> Any:
        return messages[-1]["content"] if messages[-1]["role"] == "tool" else [("pay", {})]

    agent = ws.agent("payer", model=model, tools=[Tool(pay, approve="ask")])

    async def flow(flow: Flow) -> str:
        run = await flow.step("pay", agent.arun, "pay")
        return f"the payer says: {run.text}"

    run = ws.agents.workflow(flow, thread="case")
    assert (run.status, paid) == ("waiting", [])
    assert ws.agents.threads is not None
    ws.agents.threads.decide(run.steps[0].child, None, "approved")
    assert ws.agents.workflow(flow, thread="case").text == "the payer says: paid"
    assert paid == [1]
    assert issubclass(FlowWaits, motadata_nb.errors.MotadataError)
