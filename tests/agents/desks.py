"""Two desks for agents to work at, a shop and an airline: databases, policies, side effects, and 50 scripted tasks.

    python -m tests.agents.desks FOLDER        does all tasks, going on where an earlier process was killed

Half of the tools that change something are idempotent by the call's key; the other half are not, and the scripted clerk
looks before it calls such a tool again, as its instructions would tell a model to.
"""

from __future__ import annotations

import json
import random
import sqlite3
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from motadata_nb.agents.base import ToolContext
from motadata_nb.agents.home import Agents
from motadata_nb.agents.result import AgentRun
from motadata_nb.agents.tools import Tool
from motadata_nb.catalog.catalog import Catalog
from motadata_nb.errors import NotPermitted

Plan = list[list[tuple[str, dict[str, Any]]]]


@dataclass
class Task:
    """What is asked, the calls that a good clerk makes, round by round, and the marks they leave."""

    name: str
    desk: str
    words: str
    plan: Plan
    effects: list[str]


class Desk:
    """A database with side effects that are counted: `effects` has one row for each time something happened."""

    def __init__(self, path: Path) -> None:
        self.path = path
        with self.open() as db:
            db.execute("CREATE TABLE IF NOT EXISTS effects (what TEXT)")
            db.execute("CREATE TABLE IF NOT EXISTS keys (key TEXT PRIMARY KEY, result TEXT)")

    def open(self) -> sqlite3.Connection:
        return sqlite3.connect(self.path, timeout=30, isolation_level="IMMEDIATE")

    def once(self, key: str, what: str) -> str:
        """Do a thing at most once for each key."""
        with self.open() as db:
            done = db.execute("SELECT result FROM keys WHERE key = ?", (key,)).fetchone()
            if done:
                return str(done[0])
            db.execute("INSERT INTO effects VALUES (?)", (what,))
            db.execute("INSERT INTO keys VALUES (?, ?)", (key, what))
        return what

    def again(self, what: str) -> str:
        """Do a thing each time it is asked for."""
        with self.open() as db:
            db.execute("INSERT INTO effects VALUES (?)", (what,))
        return what

    def count(self, what: str) -> int:
        with self.open() as db:
            return int(db.execute("SELECT count(*) FROM effects WHERE what = ?", (what,)).fetchone()[0])

    def effects(self) -> list[str]:
        with self.open() as db:
            return sorted(str(row[0]) for row in db.execute("SELECT what FROM effects"))


def shop(desk: Desk) -> list[Tool]:
    """The shop's tools: orders can be looked up, refunded (at most 100), sent again and noted."""

    def lookup(order: str) -> dict[str, Any]:
        """Says what is known of an order."""
        _pause()
        return {"order": order, "paid": 40 + int(order[1:]), "delivered": True}

    def refund(order: str, amount: float, context: ToolContext) -> str:
        """Pays money back, at most 100."""
        _pause()
        if amount > 100:
            raise NotPermitted("Refunds above 100 need a manager.")
        return desk.once(context.key, f"refund {order} {amount:g}")

    def send_again(order: str) -> str:
        """Sends the goods again."""
        _pause()
        return desk.again(f"send {order}")

    return [Tool(lookup, idempotent=True), Tool(refund, idempotent=True), Tool(send_again), _happened(desk)]


def airline(desk: Desk) -> list[Tool]:
    """The airline's tools: seats are booked and given back, bags are added, travellers are told."""

    def book(flight: str, seat: str, context: ToolContext) -> str:
        """Books a seat."""
        _pause()
        return desk.once(context.key, f"book {flight} {seat}")

    def cancel(flight: str, seat: str) -> str:
        """Gives a seat back."""
        _pause()
        return desk.again(f"cancel {flight} {seat}")

    async def tell(traveller: str, text: str) -> str:
        """Sends a message to a traveller."""
        _pause()
        return desk.again(f"tell {traveller} {text}")

    return [Tool(book, idempotent=True), Tool(cancel), Tool(tell), _happened(desk)]


def _happened(desk: Desk) -> Tool:
    def happened(what: str) -> int:
        """Counts how often a thing was done."""
        return desk.count(what)

    return Tool(happened, idempotent=True)


def _pause() -> None:
    time.sleep(random.random() * 0.004)


def tasks() -> list[Task]:
    """The 50 tasks."""
    made = []
    for n in range(25):
        order, lines = f"A{n}", [("lookup", {"order": f"A{n}"})]
        plan: Plan = [lines]
        effects = []
        if n % 3 != 1:
            plan.append([("refund", {"order": order, "amount": 40 + n}), ("lookup", {"order": order})])
            effects.append(f"refund {order} {40 + n}")
        if n % 2:
            plan.append([("send_again", {"order": order})])
            effects.append(f"send {order}")
        if n % 5 == 4:
            plan.append([("refund", {"order": order, "amount": 500})])
        made.append(Task(f"shop-{n}", "shop", f"The customer of {order} complains.", plan, effects))
    for n in range(25):
        flight, seat = f"F{n}", f"{n + 1}C"
        plan = [[("book", {"flight": flight, "seat": seat}), ("tell", {"traveller": f"t{n}", "text": "booked"})]]
        effects = [f"book {flight} {seat}", f"tell t{n} booked"]
        if n % 2:
            plan += [[("cancel", {"flight": flight, "seat": seat})], [("book", {"flight": flight, "seat": "1A"})]]
            effects += [f"cancel {flight} {seat}", f"book {flight} 1A"]
        made.append(Task(f"airline-{n}", "airline", f"Traveller t{n} wants {flight}.", plan, effects))
    return made


_MARKS: dict[str, Callable[..., str]] = {
    "send_again": lambda order: f"send {order}",
    "cancel": lambda flight, seat: f"cancel {flight} {seat}",
    "tell": lambda traveller, text: f"tell {traveller} {text}",
}


def clerk(plan: Plan) -> Callable[[list[dict[str, Any]]], Any]:
    """A scripted model: round after round of the plan; a call that was cut off is checked, and made again if needed."""

    def think(messages: list[dict[str, Any]]) -> Any:
        turn = messages[max(i for i, m in enumerate(messages) if m["role"] == "user") :]
        asked = {c["id"]: c["function"] for m in turn for c in m.get("tool_calls", ())}
        results = [m for m in turn if m["role"] == "tool"]
        doubtful = []
        for m in results:
            function = asked[m["tool_call_id"]]
            if "cut off" in m["content"] and function["name"] in _MARKS:
                doubtful.append((function["name"], json.loads(function["arguments"])))
            elif function["name"] == "happened":
                what = json.loads(function["arguments"])["what"]
                doubt = next((d for d in doubtful if _MARKS[d[0]](**d[1]) == what), None)
                if doubt is not None:
                    doubtful.remove(doubt)
                    if m["content"] == "0" and m is results[-1]:
                        return [doubt]
        if doubtful:
            name, arguments = doubtful[-1]
            return [("happened", {"what": _MARKS[name](**arguments)})]
        made = sum(1 for f in asked.values() if f["name"] != "happened") - _repeated(asked)
        for lines in plan:
            if made <= 0:
                return lines
            made -= len(lines)
        return "Done." if made >= 0 else plan[-1]

    return think


def _repeated(asked: dict[str, Any]) -> int:
    seen: list[tuple[str, str]] = []
    again = 0
    for function in asked.values():
        call = (function["name"], function["arguments"])
        again += call in seen and function["name"] in _MARKS
        seen.append(call)
    return again


def work(folder: Path, chosen: list[Task]) -> list[AgentRun]:
    """Do the tasks; those that an earlier process began are resumed, those it finished are left."""
    catalog = Catalog(folder / "catalog.db")
    agents = Agents(catalog)
    desks = {"shop": Desk(folder / "shop.db"), "airline": Desk(folder / "airline.db")}
    tools = {"shop": shop(desks["shop"]), "airline": airline(desks["airline"])}
    done = []
    assert agents.threads is not None
    before = {run["thread"]: run for run in agents.threads.runs()}
    for task in chosen:
        agent = agents.agent(task.desk, model=clerk(task.plan), tools=tools[task.desk])
        earlier = before.get(task.name)
        if earlier is None:
            done.append(agent.run(task.words, task.name))
        elif earlier["status"] != "done":
            done.append(agent.resume(earlier["id"]))
    catalog.close()
    return done


if __name__ == "__main__":
    print("ready", flush=True)
    work(Path(sys.argv[1]), tasks())
