"""What a call would send and cost, without making it; and who waits in the queue."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from motadata_nb.cards import Card, Preformatted, Section, Table, counted
from motadata_nb.gateway.base import Message, ToolSpec
from motadata_nb.gateway.budget import Estimate
from motadata_nb.gateway.messages import text_of
from motadata_nb.results import Result, Tabular
from motadata_nb.telemetry.prices import money

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["Preview", "Queue", "QueuePlace"]


@dataclass(frozen=True, kw_only=True)
class Preview(Result):
    """The final messages of a call, its tokens and its price. Nothing was called."""

    messages: Sequence[Message]
    tools: tuple[ToolSpec, ...] = ()
    model: str
    provider: str
    estimate: Estimate
    cached: bool = False
    """The answer is in the cache, so the call would cost nothing."""
    note: str = ""
    """Of what this is a part."""

    @property
    def input_tokens(self) -> int:
        """Tokens of messages and tools, within about a fifth."""
        return self.estimate.input_tokens

    @property
    def cost(self) -> float | None:
        """US dollars, with an answer of the bounded or usual length; None when the price is not known."""
        return 0.0 if self.cached else self.estimate.dollars

    def _card(self) -> Card:
        e = self.estimate
        price = "price unknown" if self.cost is None else "free" if self.cost == 0 else f"about {money(self.cost)}"
        tools = f"{len(self.tools)} tool{'s' if len(self.tools) > 1 else ''}" if self.tools else ""
        status = (self.model, f"about {e.input_tokens:,} tokens in, {e.output_tokens:,} out", price, tools)
        return Card(
            body="Nothing was called.",
            status=tuple(filter(None, status)),
            attention=tuple(filter(None, (self.note, "the answer is in the cache" if self.cached else ""))),
            sections=(
                *(
                    Section(title=f"{i}. {m['role']}", content=Preformatted(_shown(m)), open=True)
                    for i, m in enumerate(self.messages, 1)
                ),
                *([_tools(self.tools)] if self.tools else ()),
            ),
        )


def _shown(message: Message) -> str:
    content = message.get("content")
    parts = content if isinstance(content, list) else []
    pictures = sum(part.get("type") == "image_url" for part in parts)
    return "\n".join(filter(None, (text_of(message), f"({counted(pictures, 'picture')})" if pictures else "")))


def _tools(tools: Sequence[ToolSpec]) -> Section:
    lines = (f"{tool.name}: {' '.join(tool.description.split())}" for tool in tools)
    return Section(title="Tools", content=Preformatted("\n".join(lines)), open=True)


@dataclass(frozen=True, kw_only=True)
class QueuePlace:
    """One call that waits."""

    model: str
    position: int
    priority: int
    waited_s: float


@dataclass(frozen=True, kw_only=True)
class Queue(Result, Tabular):
    """The calls that wait, by model and position."""

    rows: tuple[QueuePlace, ...]

    def __len__(self) -> int:
        return len(self.rows)

    @property
    def df(self) -> pd.DataFrame:
        """One row a call."""
        import pandas as pd

        return pd.DataFrame([vars(row) for row in self.rows], columns=list(QueuePlace.__dataclass_fields__))

    def _card(self) -> Card:
        headers = ("model", "position", "priority", "waited")
        rows = [(r.model, r.position, r.priority, f"{r.waited_s:.1f} s") for r in self.rows]
        table = Table(headers, rows, frozenset(headers[1:]))
        return Card(summary=table if rows else None, body="" if rows else "No call waits.")
