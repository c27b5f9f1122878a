"""A follow-up question as a question that stands alone."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import TYPE_CHECKING

from motadata_nb.catalog.turns import Turn

if TYPE_CHECKING:
    from motadata_nb.gateway.gateway import Gateway

__all__ = ["TURNS", "arewritten", "leaning"]

TURNS = 4
"""How many turns back a follow-up may refer to."""

_ASK = """Rewrite the last question so that it can be understood without the conversation. Keep its language and its \
meaning. Reply with the question alone."""
_REFERS = re.compile(
    r"\b(it|its|they|them|their|this|that|these|those|he|she|his|her|there|then|so|one|ones|same|former|latter)\b"
    r"|^(and|but|or|what about|how about|why|also)\b",
    re.IGNORECASE,
)
_FEW_WORDS = 4


def leaning(question: str) -> bool:
    """Whether a question seems to refer to what was said before."""
    return bool(_REFERS.search(question.strip())) or len(question.split()) <= _FEW_WORDS


async def arewritten(
    question: str, turns: Sequence[Turn], gateway: Gateway | None, model: str | None, tags: Sequence[str] = ()
) -> str:
    """The question to search for: rewritten by the model, or, without one, together with the question before it."""
    if not turns or (gateway is None and not leaning(question)):
        return question
    if gateway is None:
        return f"{turns[-1].question} {question}"
    said = "\n".join(f"Q: {turn.question}\nA: {turn.answer[:600]}" for turn in turns)
    prompt = f"{_ASK}\n\nConversation:\n{said}\n\nLast question: {question}"
    written = (await gateway.acomplete(prompt, model=model, tags=tags)).text.strip().strip('"')
    return written if written and len(written) < 10 * len(question) + 400 else question
