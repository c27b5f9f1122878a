"""What a model is told of a conversation: the last turns, as far as they fit."""

from __future__ import annotations

from collections.abc import Sequence

from motadata_nb.catalog.turns import Turn
from motadata_nb.embeddings.base import Embedder
from motadata_nb.gateway.base import Message

__all__ = ["history"]

_CUT = " \u2026"


def history(turns: Sequence[Turn], embedder: Embedder, budget: int) -> tuple[list[Message], tuple[str, ...]]:
    """Messages of at most *budget* tokens, of the newest turns, oldest first; and in words what was left out.

    The newest turn is always told, its texts cut where they are too long.
    """
    kept: list[tuple[str, str]] = []
    used = 0
    for turn in reversed(turns):
        texts = turn.question, turn.answer
        size = sum(len(embedder.token_offsets(text)) for text in texts)
        if used + size > budget:
            if not kept:
                kept.append((_cut(turn.question, embedder, budget // 4), _cut(turn.answer, embedder, budget // 2)))
            break
        kept.append(texts)
        used += size
    said = (("user", 0), ("assistant", 1))
    messages = [{"role": role, "content": texts[at]} for texts in reversed(kept) for role, at in said]
    return messages, (f"history {len(kept)} of {len(turns)} turns",) if turns else ()


def _cut(text: str, embedder: Embedder, budget: int) -> str:
    """The beginning of the text, at most *budget* tokens of it."""
    offsets = embedder.token_offsets(text)
    return text if len(offsets) <= budget else text[: offsets[budget][0]].rstrip() + _CUT
