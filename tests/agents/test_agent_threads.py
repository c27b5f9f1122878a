"""Threads: what was written survives a kill, two kernels, a branch and a rewind."""

from __future__ import annotations

import json
import random
import signal
import sqlite3
import subprocess
import sys
import time
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from motadata_nb.agents.base import Step
from motadata_nb.agents.home import Agents
from motadata_nb.agents.threads import Threads
from motadata_nb.catalog.catalog import Catalog
from motadata_nb.errors import InvalidInput, UnknownName, WorkspaceError
from tests.agents import desks
from tests.agents.conftest import threads_of

ROOT = Path(__file__).resolve().parents[2]


def echo(messages: list[dict[str, Any]]) -> str:
    users = [m["content"] for m in messages if m["role"] == "user"]
    return f"{len(users)}: {users[-1]}"


def test_a_thread_knows_its_earlier_turns_and_another_does_not(agents: Agents) -> None:
    agent = agents.agent("a", model=echo)
    assert agent.run("one", "t").text == "1: one"
    assert agent.run("two", "t").text == "2: two"
    assert agent.run("three", "other").text == "1: three"
    assert agents.agent("b", model=echo).run("four", "t").text == "3: four"
    assert [m["content"] for m in threads_of(agents).messages("t")] == [
        "one", "1: one", "two", "2: two", "four", "3: four",
    ]  # fmt: skip


def test_a_run_without_a_thread_gets_one_that_can_be_found(agents: Agents) -> None:
    run = agents.agent("a", model=echo).run("one")
    assert threads_of(agents).names() == [run.thread]
    assert threads_of(agents).runs(run.thread)[0]["text"] == "1: one"


def test_a_step_is_on_disk_before_the_next_begins(agents: Agents, tmp_path: Path) -> None:
    seen: list[list[tuple[str, str]]] = []

    def look() -> str:
        with sqlite3.connect(tmp_path / "catalog.db") as db:
            seen.append(db.execute("SELECT kind, state FROM steps ORDER BY id").fetchall())
        return "x"

    def model(messages: list[dict[str, Any]]) -> Any:
        looked = sum(m["role"] == "tool" for m in messages)
        return "end" if looked == 2 else [("look", {})]

    agents.agent("a", model=model, tools=[look]).run("go")
    assert seen[0] == [("task", "done"), ("model", "done"), ("tool", "started")]
    assert seen[1] == [*seen[0][:2], ("tool", "done"), ("model", "done"), ("tool", "started")]


def test_old_turns_leave_when_there_is_no_more_room(agents: Agents) -> None:
    agent = agents.agent("a", model=lambda m: f"{len(m)}", history_tokens=60)
    counts = [int(agent.run("word " * 10, "t").text) for _ in range(12)]
    assert counts[-1] == counts[-2] < 8
    fresh = Agents(agents.catalog).agent("a", model=lambda m: f"{len(m)}", history_tokens=60)
    assert int(fresh.run("word " * 10, "t").text) == counts[-1]


KILLS = """
import os, signal, sqlite3, sys
from pathlib import Path
from motadata_nb.agents.home import Agents
from motadata_nb.agents.journal import Journal
from motadata_nb.catalog.catalog import Catalog

folder = Path(sys.argv[1])
writes, die_at = 0, -1

def counted(name):
    real = getattr(Journal, name)
    def write(self, *a, **k):
        global writes
        writes += 1
        if writes == die_at:
            os.kill(os.getpid(), signal.SIGKILL)
        return real(self, *a, **k)
    setattr(Journal, name, write)

for name in ("_begin", "_resume", "write", "finish"):
    counted(name)

def effect(n: int) -> str:
    "Leaves a mark."
    with sqlite3.connect(folder / f"{first}.db") as db:
        db.execute("CREATE TABLE IF NOT EXISTS e (n INTEGER)")
        db.execute("INSERT INTO e VALUES (?)", (n,))
    return f"did {n}"

def model(messages):
    done = sum(m["role"] == "tool" for m in messages)
    return "end" if done >= 3 else [("effect", {"n": done})]

def in_a_process_of_its_own(function):
    pid = os.fork()
    if not pid:
        function()
        os._exit(0)
    return os.waitpid(pid, 0)[1]

def run():
    agents = Agents(Catalog(folder / "catalog.db"))
    agent = agents.agent("a", model=model, tools=[effect])
    runs = agents.threads.runs(f"t{first}")
    run = agent.resume(runs[0]["id"]) if runs else agent.run("go", f"t{first}")
    assert run.status == "done"

Catalog(folder / "catalog.db").database.close()
for first in range(1, 12):
    die_at = first
    status = in_a_process_of_its_own(run)
    if status:
        die_at = -1
        assert status == signal.SIGKILL and in_a_process_of_its_own(run) == 0
    with sqlite3.connect(folder / f"{first}.db") as db:
        print(first, status, sorted(n for (n,) in db.execute("SELECT n FROM e")), flush=True)
"""


def test_a_kill_before_any_write_repeats_and_loses_nothing(tmp_path: Path) -> None:
    done = subprocess.run([sys.executable, "-c", KILLS, str(tmp_path)], capture_output=True, text=True, cwd=ROOT)
    assert done.returncode == 0, done.stderr[-3000:]
    # Task, then model step, mark and result of three calls, then the answer with the end: eleven writes, one early.
    assert done.stdout.splitlines() == [f"{n} {9 if n < 12 else 0} [0, 1, 2]" for n in range(1, 12)]


@pytest.mark.slow
def test_fifty_tasks_under_random_kills_repeat_and_lose_nothing(tmp_path: Path) -> None:
    rng = random.Random(7)
    desks.work(tmp_path, [])  # the catalog's tables
    for delay in [*(rng.random() * 0.4 for _ in range(8)), None]:
        command = [sys.executable, "-m", "tests.agents.desks", str(tmp_path)]
        with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as child:
            assert child.stdout is not None
            assert child.stdout.readline() == "ready\n"
            if delay is not None:
                time.sleep(delay)
                child.kill()
        assert child.returncode == (0 if delay is None else -signal.SIGKILL)
    _check_all(tmp_path)


def _check_all(folder: Path) -> None:
    wanted: dict[str, list[str]] = {"shop": [], "airline": []}
    for task in desks.tasks():
        wanted[task.desk] += task.effects
    assert {name: desks.Desk(folder / f"{name}.db").effects() for name in wanted} == {
        name: sorted(effects) for name, effects in wanted.items()
    }
    catalog = Catalog(folder / "catalog.db")
    threads = Threads(lambda: catalog.database)
    assert [run["status"] for run in threads.runs()] == ["done"] * 50
    for task in desks.tasks():
        steps = [s for s in threads.steps(task.name) if s.kind == "tool" and s.state == "done"]
        made = Counter((s.name, s.arguments) for s in steps)
        planned = Counter((n, json.dumps(a, separators=(",", ":"))) for lines in task.plan for n, a in lines)
        for call, times in made.items():
            assert call[0] == "happened" or times <= planned[call], (task.name, call)
    catalog.close()


def test_fifty_tasks_without_kills(tmp_path: Path) -> None:
    runs = desks.work(tmp_path, desks.tasks())
    assert {run.status for run in runs} == {"done"}
    assert sum(s.state == "refused" for run in runs for s in run.steps) == 5  # refunds above 100
    _check_all(tmp_path)


KERNEL = """
import sys, time
from pathlib import Path
from motadata_nb.agents.home import Agents
from motadata_nb.catalog.catalog import Catalog

def think(messages):
    time.sleep(0.01)
    return f"{sum(m['role'] == 'user' for m in messages)}"

agents = Agents(Catalog(Path(sys.argv[1]) / "catalog.db"))
agent = agents.agent(sys.argv[2], model=think)
for n in range(10):
    agent.run(f"{sys.argv[2]} {n}", "shared")
"""


def test_two_kernels_on_one_thread_take_turns(tmp_path: Path, agents: Agents) -> None:
    agents.agent("a", model=echo).run("begin", "shared")
    kernels = [subprocess.Popen([sys.executable, "-c", KERNEL, str(tmp_path), name], cwd=ROOT) for name in "xy"]
    assert [kernel.wait(120) for kernel in kernels] == [0, 0]
    messages = threads_of(agents).messages("shared")
    assert [m["role"] for m in messages] == ["user", "assistant"] * 21
    # Each turn saw all turns before it, whichever kernel had them.
    assert [m["content"] for m in messages[3::2]] == [str(n) for n in range(2, 22)]


def test_a_thread_that_another_run_keeps_is_an_error_with_its_owner(agents: Agents) -> None:
    journal = threads_of(agents).journal
    task = Step(kind="task", key="0", text="x")
    opened = journal.begin(thread="t", agent="a", task=task)
    with pytest.raises(WorkspaceError, match="in use by another run"):
        journal.begin(0.2, thread="t", agent="b", task=task)
    with sqlite3.connect(opened.journal._database().path or "") as db:
        db.execute("UPDATE threads SET lease = 'stolen'")
    with pytest.raises(WorkspaceError, match="taken over"):
        opened.write([Step(kind="model", key="1", text="late")])
    assert [s.kind for s in threads_of(agents).steps("t")] == ["task"]


def test_branch_rewind_search_and_delete(agents: Agents) -> None:
    agent, threads = agents.agent("a", model=echo), threads_of(agents)
    for word in ("red lamp", "blue lamp", "green chair"):
        agent.run(word, "t")
    assert threads.branch("t", "early", upto=1) == "early"
    assert agent.run("more", "early").text == "2: more"
    kept = threads.rewind("t")
    assert [m["content"] for m in threads.messages("t")] == ["red lamp", "1: red lamp", "blue lamp", "2: blue lamp"]
    assert len(threads.messages(kept)) == 6
    assert agent.run("again", "t").text == "3: again"
    assert {hit["thread"] for hit in threads.search("LAMP blue")} == {"t", kept}
    threads.delete("early")
    assert sorted(threads.names()) == ["t", kept]
    with pytest.raises(UnknownName, match="early"):
        threads.messages("early")
    with pytest.raises(InvalidInput, match="3 turns"):
        threads.rewind("t", 4)


def test_tenants_see_nothing_of_each_other(agents: Agents) -> None:
    run = agents.agent("a", model=echo).run("secret", "t")
    other = Agents(agents.catalog, tenant="other")
    assert threads_of(other).names() == []
    assert threads_of(other).search("secret") == []
    for attempt in (lambda: threads_of(other).messages("t"), lambda: threads_of(other).run_steps(run.id)):
        with pytest.raises(UnknownName):
            attempt()
    with pytest.raises(UnknownName):
        other.agent("a", model=echo).resume(run.id)


def test_an_interrupted_run_keeps_what_was_done_and_goes_on(agents: Agents) -> None:
    calls = []

    def first() -> str:
        calls.append("first")
        return "one"

    def model(messages: list[dict[str, Any]]) -> Any:
        if messages[-1]["role"] == "tool":
            if len(calls) == 1 and not going_on:
                raise KeyboardInterrupt
            return "end"
        return [("first", {})]

    going_on: list[bool] = []
    agent = agents.agent("a", model=model, tools=[first])
    with pytest.raises(KeyboardInterrupt):
        agent.run("go", "t")
    assert threads_of(agents).runs("t")[0]["status"] == "interrupted"
    going_on.append(True)
    assert agent.resume("t").text == "end"
    assert calls == ["first"]
    with pytest.raises(InvalidInput, match="nothing to resume"):
        agent.resume("t")


def test_after_a_broken_turn_the_next_one_still_makes_sense_to_a_model(agents: Agents) -> None:
    def broken(messages: list[dict[str, Any]]) -> Any:
        if messages[-1]["role"] == "tool":
            raise RuntimeError("the model's computer burns")
        return [("tool", {}), ("tool", {})]

    def tool() -> str:
        return "x"

    with pytest.raises(RuntimeError):
        agents.agent("a", model=broken, tools=[tool]).run("go", "t")
    assert threads_of(agents).runs("t")[0]["status"] == "failed"
    seen: list[Any] = []
    agents.agent("a", model=lambda m: seen.extend(m) or "ok").run("again", "t")
    assert [m["role"] for m in seen] == ["user", "assistant", "tool", "tool", "assistant", "user"]
