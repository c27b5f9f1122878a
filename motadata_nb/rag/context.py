"""Which passages are given to the model: the most relevant first, each text once, as many as the budget holds.

They are numbered as they stand in the documents, so that two questions that find the same passages send the same
text before the question, and a provider's prefix cache stays warm.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from motadata_nb.embeddings.base import Embedder
from motadata_nb.rag.hits import Hit

__all__ = ["Decision", "choose", "kept_hits"]


@dataclass(frozen=True, kw_only=True)
class Decision:
    """What became of a hit, and why. `number` is its number in the messages; None when it was dropped."""

    hit: Hit
    number: int | None
    tokens: int
    reason: str
    cited: tuple[int, ...] | None = None
    """The numbers under which the answer cites it, where these are others: without a model, each sentence has one."""

    @property
    def mark(self) -> str:
        """How the answer refers to it: `[2]`; empty when it does not."""
        numbers = self.cited if self.cited is not None else (self.number,) if self.number else ()
        return "".join(f"[{number}]" for number in numbers)


def choose(hits: Sequence[Hit], embedder: Embedder, budget: int) -> list[Decision]:
    """A decision for each hit, in their order. The first passage is always kept, cut by the model if it must be."""
    used = kept = 0
    seen: dict[str, int] = {}
    decisions: list[Decision] = []
    for place, hit in enumerate(hits):
        tokens = len(embedder.token_offsets(hit.text))
        if hit.text in seen:
            decisions.append(Decision(hit=hit, number=None, tokens=tokens, reason=f"same text as hit {seen[hit.text]}"))
        elif kept and used + tokens > budget:
            decisions.append(Decision(hit=hit, number=None, tokens=tokens, reason=f"over {budget:,} tokens"))
        else:
            kept, used = kept + 1, used + tokens
            seen[hit.text] = place + 1
            decisions.append(Decision(hit=hit, number=kept, tokens=tokens, reason="kept"))
    return _numbered(decisions)


def _numbered(decisions: list[Decision]) -> list[Decision]:
    """The kept ones with numbers in the order of documents and positions."""
    kept = [i for i, d in enumerate(decisions) if d.number is not None]
    kept.sort(key=lambda i: (decisions[i].hit.document, decisions[i].hit.start, i))
    numbers = {place: number for number, place in enumerate(kept, 1)}
    return [replace(d, number=numbers.get(i)) for i, d in enumerate(decisions)]


def kept_hits(decisions: Sequence[Decision]) -> tuple[Hit, ...]:
    """The passages in the order of their numbers."""
    numbered = [(d.number, d.hit) for d in decisions if d.number is not None]
    return tuple(hit for _, hit in sorted(numbered, key=lambda pair: pair[0]))
