"""More than one way to search for a question: rewritten, as a hypothetical answer, several ways, or in parts.

HyDE: Gao et al. 2022, "Precise Zero-Shot Dense Retrieval without Relevance Labels". Each needs a language model.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from motadata_nb.errors import InvalidInput, UnknownName

if TYPE_CHECKING:
    from motadata_nb.gateway.gateway import Gateway

__all__ = ["EXPANSIONS", "asearches"]

_ASKS = {
    "decompose": "Break this question into at most four simpler questions that together answer it, one a line:",
    "hyde": "Write a short passage, as it could stand in a document, that answers this question:",
    "multi": "Write this question in three other ways that use different words, one a line:",
    "rewrite": "Rewrite this question as a precise search query. Reply with the query alone:",
}
EXPANSIONS = tuple(sorted(_ASKS))
_MARK = re.compile(r"^\s*(?:[-*•]|\d{1,2}[.)])\s*")
_MOST = 5


async def asearches(
    question: str, expand: str, gateway: Gateway | None, model: str | None, **options: Any
) -> list[str]:
    """The texts to search for, the question itself first. Raises UnknownName, or InvalidInput without a model."""
    if expand not in _ASKS:
        raise UnknownName("expansion", expand, EXPANSIONS, example="--expand {}")
    if gateway is None:
        raise InvalidInput(f"'{expand}' needs a language model.", "Choose one with --model, or leave --expand out.")
    text = (await gateway.acomplete(f"{_ASKS[expand]}\n\n{question}", model=model, **options)).text
    found = [" ".join(text.split())] if expand in ("hyde", "rewrite") else _listed(text)
    return list(dict.fromkeys([question, *(bare for line in found if (bare := _bare(line)))]))[: _MOST + 1]


def _listed(text: str) -> list[str]:
    """The entries of a list; models say something before it and after it."""
    lines = [line for line in text.splitlines() if line.strip()]
    marked = [line for line in lines if _MARK.match(line)]
    return [_MARK.sub("", line) for line in marked] or [line for line in lines if not line.rstrip().endswith(":")]


def _bare(text: str) -> str:
    """The text without the quotes or the emphasis that a model puts around it: the search would see them."""
    return text.strip().strip('"“”„*`').strip()
