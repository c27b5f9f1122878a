"""Questions for what something is or stands for, and the sentences that say so."""

from __future__ import annotations

import re
from collections.abc import Sequence

__all__ = ["defines"]

_ASKED = re.compile(
    r"^\W*(?:what(?:'s|\u2019s|\s+is|\s+are)\s+(?:(?:the\s+)?(?:meaning|definition)\s+of\s+)?(?:meant\s+by\s+)?"
    r"|what\s+do(?:es)?\s+|define\s+|was\s+(?:ist|sind)\s+)(?:an?\s+|the\s+|eine?\s+)?"
    r"[\"\u201c]?(?P<term>[\w/&.-]+(?:\s+[\w/&.-]+){0,3}?)[\"\u201d]?\s*(?:stand\s+for|means?|refers?\s+to)?\s*[?.]?\s*$",
    re.IGNORECASE,
)
_NOT_TERMS = re.compile(r"\b(?:of|in|on|for|at|by|to|our|my|your|their|name|number)\b", re.IGNORECASE)


def defines(question: str, sentences: Sequence[str]) -> list[bool]:
    """Whether each sentence defines what *question* asks to be defined; all False when it asks for something else."""
    match = _ASKED.match(question)
    term = match.group("term") if match else ""
    if not term or _NOT_TERMS.search(term):
        return [False] * len(sentences)
    quoted = rf"[\"\u201c\u2018']?\b{re.escape(term)}s?\b[\"\u201d\u2019']?"
    says = re.compile(
        rf"\bdefines?\s+(?:an?\s+|the\s+)?{quoted}\s+(?:as|to)\b"
        rf"|^\W*(?:an?\s+|the\s+)?{quoted}(?:\s+\([^)]*\))?\s*"
        rf"(?:(?:is|are)\b(?!\s+not\b)|means?\b|refers?\s+to\b|stands?\s+for\b|[\u2013\u2014:-]\s*(?:defined\s+as)?|describes?\b)"
        rf"|{quoted}\s+(?:is|are)\s+defined\s+as\b"
        rf"|[a-z]\s+\({re.escape(term)}\)",
        re.IGNORECASE,
    )
    return [says.search(sentence) is not None for sentence in sentences]
