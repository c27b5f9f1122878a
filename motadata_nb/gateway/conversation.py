"""Conversations with a model: what was said in a thread goes before the next question."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from motadata_nb.errors import InvalidInput
from motadata_nb.gateway.base import Message
from motadata_nb.gateway.calls import Call
from motadata_nb.gateway.completion import Completion
from motadata_nb.gateway.messages import text_of

__all__ = ["Conversations", "Turn", "Turns"]

# Of a thread, the newest; what is older no longer goes along. It is cut only every few turns: the beginning is then the
# same from call to call, and the provider finds it in its prefix cache.
_LEAST, _STEP = 20, 10


class Turn(Protocol):
    """One question and its answer."""

    @property
    def question(self) -> str:
        """What was asked."""
        ...

    @property
    def answer(self) -> str:
        """What was answered."""
        ...


class Turns(Protocol):
    """Where turns are kept, by the name of their thread."""

    def last(self, thread: str, count: int, step: int = 1) -> Sequence[Turn]:
        """The newest turns, oldest first; up to `step` - 1 more, so that the first changes only every `step` turns."""
        ...

    def add(self, thread: str, index: str, question: str, answer: str) -> None:
        """Append a turn; `index` is empty when no index was asked."""
        ...


class Conversations:
    """Threads over a place that keeps turns; without one, a thread is an error."""

    def __init__(self, turns: Turns | None) -> None:
        self._turns = turns

    def history(self, thread: str | None) -> list[Message]:
        """The messages of a thread so far; none without a thread. Raises InvalidInput."""
        if thread is None:
            return []
        if self._turns is None:
            raise InvalidInput("There is no workspace to keep threads.", "Try: ws = motadata_nb.open()")
        if not isinstance(thread, str) or not thread.strip():
            raise InvalidInput(f"{thread!r} cannot be the name of a thread.", "Try: thread='ideas'")
        found: list[Message] = []
        for turn in self._turns.last(thread, _LEAST, _STEP):
            found += [{"role": "user", "content": turn.question}, {"role": "assistant", "content": turn.answer}]
        return found

    def kept(self, call: Call, completion: Completion) -> Completion:
        """The completion, with its turn kept when it belongs to a thread and came to its end."""
        if self._turns is not None and call.thread is not None and completion.text and not completion.interrupted:
            asked = next((text_of(m) for m in reversed(call.messages) if m["role"] == "user"), "")
            self._turns.add(call.thread, "", asked, completion.text)
        return completion
