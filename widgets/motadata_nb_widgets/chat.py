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
from motadata_nb_widgets.approval import ChatApprover
from motadata_nb_widgets.base import Explorer, script, style

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
        self.messages: list[dict[str, Any]] = []
        self.last: Answer | AgentRun | None = None
        self._stop = threading.Event()
        self._running: Future[AgentRun] | None = None
        self._approver = ChatApprover(self._ask)
        self._threads: dict[str, list[dict[str, Any]]] = {}
        name = thread or f"chat-{uuid.uuid4().hex[:6]}"
        self._threads[name] = self.messages
        super().__init__(partner=partner.name, thread=name, threads=[name], busy=False)

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
        elif message["do"] == "thread":
            self.go_to(str(message["name"]))

    def go_to(self, thread: str) -> None:
        """Another thread, new or known."""
        thread = thread.strip() or f"chat-{uuid.uuid4().hex[:6]}"
        self.messages = self._threads.setdefault(thread, [])
        self.show(thread=thread, threads=list(self._threads))
        self.send({"all": self.messages})

    def again(self, message_id: str, text: str) -> None:
        """Take the conversation back to one of your messages, and say this instead."""
        place = next((n for n, m in enumerate(self.messages) if m["id"] == message_id), len(self.messages))
        del self.messages[place:]
        if place:
            # What was said after it must not come back by the thread that the partner remembers.
            self.go_to(f"{self.view['thread'].partition('~')[0]}~{uuid.uuid4().hex[:4]}")
        self.send({"all": self.messages})
        self.say(text)

    # -- answering ------------------------------------------------------------------------------------------------

    def say(self, text: str) -> None:
        """Say something and stream the answer."""
        if not text.strip():
            return
        self._stop.clear()
        self._put(_message("you", text))
        reply = _message("partner", "", state="writing")
        self._put(reply)
        self.show(busy=True, error=None)
        answer = self._by_index if hasattr(self.partner, "retrieve") else self._by_agent
        try:
            answer(text, reply)
        except MotadataError as error:
            reply.update(state="failed", text=reply["text"], status=f"{error.what} {error.hint}")
        finally:
            if reply["state"] == "writing":
                reply["state"] = "failed"
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
        steps = [{"name": s.name, "arguments": s.arguments, "text": s.text[:2000], "state": s.state}
                 for s in run.steps if s.kind == "tool"]  # fmt: skip
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


def _message(who: str, text: str, **more: Any) -> dict[str, Any]:
    return {"id": uuid.uuid4().hex[:8], "who": who, "text": text, "state": "done", "at": time.time(), **more}
