"""What every agent engine must do. For pytest:

class TestMine(EngineSuite):
    def agent(self, look, pay): return TheirAgent(model, tools=[look, pay])
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from motadata_nb.agents.agent import Agent
from motadata_nb.agents.approval import Deny
from motadata_nb.agents.engines.base import Engine
from motadata_nb.agents.home import Agents
from motadata_nb.catalog.catalog import Catalog

__all__ = ["EngineSuite"]


class EngineSuite(ABC):
    """Subclass it, and pytest runs these tests on your engine."""

    @abstractmethod
    def agent(self, look: Callable[[str], str], pay: Callable[[int], str]) -> Any:
        """The framework's agent with these two tools and a scripted model.

        It calls `look(what="it")`, then `pay(amount=5)`, one after the other, and then answers
        "N: RESULT, RESULT", where N is how many user messages it sees, and the results are those of the two calls.
        """

    @pytest.fixture(autouse=True)
    def _prepared(self, tmp_path: Path) -> Iterator[None]:
        self.done: list[str] = []

        def look(what: str) -> str:
            """Looks."""
            self.done.append(f"look {what}")
            return f"saw {what}"

        def pay(amount: int) -> str:
            """Pays."""
            self.done.append(f"pay {amount}")
            return f"paid {amount}"

        catalog = Catalog(tmp_path / "catalog.db")
        self.home = Agents(catalog)
        self.theirs = self.agent(look, pay)
        yield
        catalog.close()

    def _made(self, **options: Any) -> Agent:
        return self.home.agent("a", engine=self.theirs, **options)

    def test_it_is_an_engine(self) -> None:
        """It has the members of the protocol."""
        assert isinstance(self._made().engine, Engine)

    def test_its_calls_are_steps_and_its_turns_a_thread(self) -> None:
        """What it does is recorded, and it knows the earlier turns."""
        agent = self._made()
        run = agent.run("go", "t")
        assert run.text == "1: saw it, paid 5"
        assert [(s.name, s.state) for s in run.steps[:2]] == [("look", "done"), ("pay", "done")]
        assert agent.run("again", "t").text.startswith("2: ")
        assert self.home.threads is not None
        assert [m["content"] for m in self.home.threads.messages("t") if m["role"] == "user"] == ["go", "again"]

    def test_a_call_is_asked_for_and_refused(self) -> None:
        """A refused call is not made, and the model is told."""
        run = self._made(approvals={"pay": "ask"}).run("go", approver=Deny())
        assert self.done == ["look it"]
        assert "did not allow" in run.text

    def test_never_is_never(self) -> None:
        """A forbidden tool is not called."""
        run = self._made(approvals={"pay": "never"}).run("go")
        assert self.done == ["look it"]
        assert "not permitted" in run.text

    def test_a_run_waits_and_goes_on_without_repeating_a_call(self) -> None:
        """Stop for approval, and resume."""
        agent = self._made(approvals={"pay": "ask"})
        run = agent.run("go", "t")
        assert (run.status, self.done) == ("waiting", ["look it"])
        assert [(s.name, s.arguments) for s in run.pending] == [("pay", '{"amount":5}')]
        again = agent.approve(run)
        assert (again.status, again.text) == ("done", "1: saw it, paid 5")
        assert self.done == ["look it", "pay 5"]

    def test_time_is_limited(self) -> None:
        """A run that has used its time makes no further call."""
        run = self._made(seconds=0.0).run("go")
        assert run.status == "limit"
        assert self.done == []
