"""Threads, resuming, memory and saved agents on PostgreSQL: the same code by URL."""

from __future__ import annotations

from typing import Any

import pytest

import motadata_nb
from motadata_nb.agents.tools import Tool


@pytest.mark.server("postgres")
def test_agents_live_on_postgresql_as_on_sqlite(postgres_url: str) -> None:
    paid: list[int] = []

    def pay(amount: int) -> str:
        """Pays."""
        paid.append(amount)
        return f"paid {amount}"

    def model(messages: list[dict[str, Any]]) -> Any:
        if messages[-1]["role"] == "tool":
            return messages[-1]["content"]
        return [("pay", {"amount": 5})] if messages[-1]["content"] == "pay" else f"{len(messages)} messages"

    with motadata_nb.open(postgres_url) as ws:
        agent = ws.agent("payer", model=model, tools=[Tool(pay, approve="ask")])
        assert agent.run("hello", "t").text == "1 messages"
        run = agent.run("pay", "t")
        assert run.status == "waiting"
        assert agent.approve(run, arguments={"amount": 3}).text == "paid 3"
        assert agent.run("hello", "t").text == "7 messages"
        threads = ws.agents.threads
        assert threads is not None
        assert [t["name"] for t in threads.recent()] == ["t"]
        assert {h["thread"] for h in threads.search("PAID")} == {"t"}
        kept = threads.rewind("t")
        assert len(threads.messages(kept)) == len(threads.messages("t")) + 2
        assert ws.agent("clerk", "Help.", "scripted").save() == 1
        assert ws.agent("clerk", "Help.", "scripted").save() == 1
        memories = ws.agents.memory("ada")
        memories.remember("Ada is allergic to peanuts.")
        assert memories.recall("peanuts")[0].text.startswith("Ada")
    assert paid == [3]
