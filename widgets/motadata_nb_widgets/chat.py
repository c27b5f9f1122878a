"""Chat: talk with an index or an agent; answers stream, cite, ask for approval, and can be asked again."""

from __future__ import annotations

import asyncio
import threading
import time
import uuid
from collections.abc import Callable
from concurrent.futures import CancelledError, Future
from typing import TYPE_CHECKING, Any

from motadata_nb.aio import loop
from motadata_nb.cards import Card, Mark, Section, Table
from motadata_nb.errors import MotadataError
from motadata_nb_widgets import history
from motadata_nb_widgets.approval import ChatApprover
from motadata_nb_widgets.base import Explorer, script, style
from motadata_nb_widgets.history import said, tool

if TYPE_CHECKING:
    from motadata_nb.agents.agent import Agent
    from motadata_nb.agents.result import AgentRun
    from motadata_nb.rag.answer import Answer
    from motadata_nb.rag.index import Index

__all__ = ["Chat"]

_EVERY_S = 0.1


class Chat(Explorer):
    """A conversation with `ws.index(…)` or `ws.agent(…)`: `chat.messages`, and `chat.last`, the last result.

    Chat(ws.index("handbook"), thread="returns")
    """

    _esm = script("chat.js")
    _css = style("chat.css")

    def __init__(self, partner: Index | Agent, thread: str | None = None, model: str | None = None) -> None:
        self.partner = partner
        self.model_name = model
        self.last: Answer | AgentRun | None = None
        self._stop = threading.Event()
        self._running: Future[AgentRun] | None = None
        self._approver = ChatApprover(self._ask)
        self._threads: dict[str, list[dict[str, Any]]] = {}
        name = thread or _fresh()
        self.messages = self._said(name) if thread else self._threads.setdefault(name, [])
        self._offered = history.threads(partner) if _alone() else []
        super().__init__(partner=partner.name, thread=name, threads=self._known(), busy=False)

    def _said(self, thread: str) -> list[dict[str, Any]]:
        """What was said in a thread, also before this chat was opened."""
        if thread not in self._threads:
            self._threads[thread] = history.stored(self.partner, thread)
        return self._threads[thread]

    def _known(self) -> list[str]:
        return list(dict.fromkeys([*self._threads, *self._offered]))

    # -- what a person does ---------------------------------------------------------------------------------------

    def _received(self, widget: Any, message: Any, buffers: list[memoryview]) -> None:
        """Stopping and deciding must not wait behind the answer that they are about."""
        if message.get("do") == "stop":
            self._stop.set()
            if self._running is not None:
                self._running.cancel()
            self._approver.close()
        elif message.get("do") == "decide":
            self._approver.decided(bool(message["yes"]), str(message.get("reason", "")))
        else:
            super()._received(widget, message, buffers)

    def handle(self, message: dict[str, Any], buffers: list[memoryview]) -> None:
        """`all` messages; `say` a text; `again` from a message with another text; `thread` to go to."""
        if message["do"] == "all":
            self.send({"all": self.messages})
        elif message["do"] == "say":
            self.say(str(message["text"]))
        elif message["do"] == "again":
            self.again(str(message["id"]), str(message["text"]))
        elif message["do"] == "thread" and (not message["name"] or message["name"] in self._known()):
            # Only what was offered: in an app, a visitor must not name the conversation of another.
            self.go_to(str(message["name"]))

    def go_to(self, thread: str) -> None:
        """Another thread, new or known; what the workspace keeps of it is shown."""
        thread = thread.strip() or _fresh()
        self.messages = self._said(thread)
        self.show(thread=thread, threads=self._known())
        self.send({"all": self.messages})

    def again(self, message_id: str, text: str) -> None:
        """Take the conversation back to one of your messages, and say this instead."""
        place = next((n for n, m in enumerate(self.messages) if m["id"] == message_id), len(self.messages))
        earlier, thread = self.messages[:place], str(self.view["thread"])
        # What was said after it must not come back by the thread that the partner remembers.
        name = f"{thread.partition('~')[0]}~{uuid.uuid4().hex[:4]}"
        turns = sum(m["who"] == "partner" and not m.get("lost") for m in earlier)
        history.branch(self.partner, thread, name, turns)
        self._threads[name] = earlier
        self.go_to(name)
        self.say(text)

    # -- answering ------------------------------------------------------------------------------------------------

    def say(self, text: str) -> None:
        """Say something and stream the answer."""
        if not text.strip():
            return
        self._stop.clear()
        self._put(said("you", text))
        reply = said("partner", "", state="writing")
        self._put(reply)
        self.show(busy=True, error=None)
        answer = self._by_index if hasattr(self.partner, "retrieve") else self._by_agent
        try:
            answer(text, reply)
        except MotadataError as error:
            reply.update(status=f"{error.what} {error.hint}")
        finally:
            if reply["state"] == "writing":
                reply.update(state="failed", lost=True)
            self._put(reply)
            self.show(busy=False)

    def _by_index(self, text: str, reply: dict[str, Any]) -> None:
        index: Any = self.partner
        how = {"model": self.model_name, "thread": self.view["thread"]}
        if index.is_extractive(self.model_name):
            self.last = answer = index.ask(text, **how)
        else:
            stream = index.stream(text, **how)
            grow = self._growing(reply)
            pieces = iter(stream)
            for piece in pieces:
                grow(reply["text"] + piece)
                if self._stop.is_set():
                    pieces.close()
                    break
            self.last = answer = stream.answer
        card = answer._card()
        reply.update(
            text=answer.text, state="interrupted" if answer.interrupted else "done",
            status=" · ".join((*card.attention, *card.status)),
            sources=[{"number": c.number, "source": c.source, "page": c.page, "sentence": c.sentence}
                     for c in answer.evidence],
        )  # fmt: skip

    def _by_agent(self, text: str, reply: dict[str, Any]) -> None:
        agent: Any = self.partner
        grow = self._growing(reply)

        running = agent.arun(text, self.view["thread"], approver=self._approver, watch=lambda live: grow(live.text))
        self._running = asyncio.run_coroutine_threadsafe(running, loop())
        try:
            self.last = run = self._running.result()
        except CancelledError:
            reply.update(state="interrupted", status="interrupted")
            return
        finally:
            self._running = None
        card = run._card()
        steps = [tool(step) for step in run.steps if step.kind == "tool"]
        status = " · ".join((*card.attention, *card.status))
        reply.update(text=run.text, state=run.status, status=status, steps=steps)

    def _growing(self, reply: dict[str, Any]) -> Callable[[str], None]:
        """Sends what was added since the last time, ten times a second."""
        due = [0.0]
        sent = [0]

        def grow(text: str) -> None:
            reply["text"] = text
            if time.monotonic() >= due[0] and len(text) > sent[0]:
                self.send({"more": text[sent[0] :], "id": reply["id"]})
                due[0], sent[0] = time.monotonic() + _EVERY_S, len(text)

        return grow

    def _ask(self, question: dict[str, Any] | None) -> None:
        self.send({"approve": question})

    def _put(self, message: dict[str, Any]) -> None:
        if not any(m is message for m in self.messages):
            self.messages.append(message)
        self.send({"put": message})

    def card(self) -> Card:
        """The conversation as a table."""
        rows = [["you" if m["who"] == "you" else self.view["partner"], Mark(m["text"])] for m in self.messages]
        section = Section(title=f"Conversation ({len(rows)})", content=Table(["", "said"], rows), open=True)
        return Card(
            title=f"Chat with {self.view['partner']}",
            status=(self.view["thread"],),
            sections=(section,) if rows else (),
        )


def _fresh() -> str:
    return f"chat-{uuid.uuid4().hex[:6]}"


def _alone() -> bool:
    """Whether this is somebody's own notebook; in an app, conversations are the visitors'."""
    from IPython.core.getipython import get_ipython

    return hasattr(get_ipython(), "kernel")
