"""Earlier turns as messages: every call answered, as providers demand, and no more than there is room for."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable, Iterable, Sequence

from motadata_nb.agents.base import Step
from motadata_nb.gateway.base import Message

__all__ = ["History", "closed", "tokens_of", "turn_messages"]

Row = tuple[int, str, Step]
_PAGE = 200
_UNANSWERED = {
    "waiting": "This call was not made: it waited for approval when the conversation went on.",
    "started": "This call was cut off, and it is not known whether it took effect.",
}


def tokens_of(messages: Iterable[Message]) -> int:
    """About how many tokens the messages take, at four characters each."""
    total = 0
    for message in messages:
        total += 6 + len(str(message.get("content") or "")) // 4
        for call in message.get("tool_calls", ()):
            total += 6 + len(call["function"]["arguments"]) // 4
    return total


def closed(steps: Sequence[tuple[str, Step]]) -> list[Message]:
    """Messages of `(run, step)` pairs: turn by turn, an answer for each call, and none for what was never called."""
    turns: dict[str, list[Step]] = {}
    for run, step in steps:
        turns.setdefault(run, []).append(step)
    return [message for turn in turns.values() for message in turn_messages(turn)]


def turn_messages(turn: Sequence[Step]) -> list[Message]:
    """One turn. Steps stand in the order of writing, which for calls side by side is not that of the calls."""
    answers = {step.key: step for step in turn if step.kind == "tool"}
    messages: list[Message] = []
    for step in turn:
        if step.kind == "task":
            messages.append(step.message())
        elif step.kind == "model" and (step.text or step.calls):
            messages.append(_said(step))
            for number, call in enumerate(step.calls if step.state == "done" else ()):
                answer = answers.get(f"{step.key}.{number}")
                content = _UNANSWERED["waiting"] if answer is None else answer.text or _UNANSWERED.get(answer.state, "")
                messages.append({"role": "tool", "tool_call_id": call.id, "name": call.name, "content": content})
    if messages and messages[-1]["role"] != "assistant":
        messages.append({"role": "assistant", "content": "(This turn ended before there was an answer.)"})
    return messages


def _said(step: Step) -> Message:
    if step.state == "done":
        return step.message()
    return {"role": "assistant", "content": f"{step.text}\n({step.state}: {step.note})".strip()}


class History:
    """What has been read of one thread. Only new rows are read again, so a turn costs the same after a thousand."""

    __slots__ = ("_first", "_last", "_messages", "_starts", "_tokens", "epoch", "room")

    def __init__(self, epoch: int, room: int) -> None:
        self.epoch = epoch
        self.room = room
        self._messages: list[Message] = []
        self._starts: list[int] = []
        """Where each turn begins among the messages."""
        self._tokens: list[int] = [0]
        """Tokens of all turns before each, and of all at the end."""
        self._first: int | None = None
        self._last = 0

    def update(self, read: Callable[[int, int | None, int], list[Row]]) -> None:
        """Read what came since the last time; at first, pages from the end until there is no more room."""
        if self._first is not None:
            rows = read(self._last, None, 1_000_000)
        else:
            rows = page = read(0, None, _PAGE)
            while len(page) == _PAGE and tokens_of(closed([(r, s) for _, r, s in rows])) < self.room:
                page = read(0, rows[0][0], _PAGE)
                rows = page + rows
            if len(page) == _PAGE:
                rows = _from_a_task(rows)
            self._first = rows[0][0] if rows else 0
        for turn in _turns(rows):
            self._starts.append(len(self._messages))
            self._messages += turn
            self._tokens.append(self._tokens[-1] + tokens_of(turn))
        if rows:
            self._last = rows[-1][0]

    def messages(self, room: int) -> list[Message]:
        """The latest turns that fit into so many tokens; the last one always."""
        if not self._starts:
            return []
        turn = bisect_left(self._tokens, self._tokens[-1] - room)
        return self._messages[self._starts[min(turn, len(self._starts) - 1)] :]


def _turns(rows: Sequence[Row]) -> list[list[Message]]:
    turns: dict[str, list[Step]] = {}
    for _, run, step in rows:
        turns.setdefault(run, []).append(step)
    return [turn_messages(steps) for steps in turns.values()]


def _from_a_task(rows: list[Row]) -> list[Row]:
    """Without the end of a turn whose beginning lies on an earlier page."""
    start = next((i for i, (_, _, step) in enumerate(rows) if step.kind == "task"), 0)
    return rows[start:]
