"""Questions for what something is or stands for, and the sentences that say so."""

from __future__ import annotations

import re
from collections.abc import Sequence

from motadata_nb.rag.words.acronyms import initials

__all__ = ["abbreviation", "asks_for_words", "defines", "spells_out"]

_ASKED = re.compile(
    r"^\W*(?:what(?:'s|\u2019s|\s+is|\s+are)\s+(?:(?:the\s+)?(?:meaning|definition)\s+of\s+)?(?:meant\s+by\s+)?"
    r"|what\s+do(?:es)?\s+|define\s+|was\s+(?:ist|sind|bedeutet|hei\u00dft)\s+|wof\u00fcr\s+steht\s+"
    r"|que\s+signifie\s+|\u00bfqu\u00e9\s+(?:es|significa)\s+)(?:an?\s+|the\s+|eine?\s+|die\s+|der\s+|das\s+|l[ae]s?\s+)?"
    r"(?:(?:abbreviation|acronym|term|abk\u00fcrzung)\s+)?"
    r"[\"\u201c\u201e']?(?P<term>[\w/&.-]+(?:\s+[\w/&.-]+){0,3}?)[\"\u201c\u201d']?"
    r"\s*(?P<stands>stand\s+for|(?:short|an?\s+(?:abbreviation|acronym))\s+for)?(?:means?|refers?\s+to)?\s*[?.]?\s*$",
    re.IGNORECASE,
)
_NOT_TERMS = re.compile(r"\b(?:of|in|on|for|at|by|to|our|my|your|their|name|number)\b", re.IGNORECASE)
_ABBREVIATION = re.compile(r"(?=\S*[A-Z]\S*[A-Z])[A-Z][A-Za-z]{0,2}[A-Z&/]{0,6}s?")


def defines(question: str, sentences: Sequence[str]) -> list[bool]:
    """Whether each sentence defines what *question* asks to be defined; all False when it asks for something else."""
    term = _term(question)
    if not term:
        return [False] * len(sentences)
    if short := abbreviation(question):
        return [spells_out(short, sentence) or _says(short, sentence) for sentence in sentences]
    return [_says(term, sentence) for sentence in sentences]


def abbreviation(question: str) -> str:
    """The abbreviation that *question* asks the meaning of; empty when it asks for something else."""
    term = _term(question)
    return term if _ABBREVIATION.fullmatch(term) else ""


def asks_for_words(question: str) -> bool:
    """Whether *question* asks what an abbreviation stands for, rather than what the thing is."""
    match = _ASKED.match(question)
    return match is not None and match.group("stands") is not None


def spells_out(short: str, sentence: str) -> bool:
    """Whether the words that an abbreviation stands for are put beside it: "Service Level Objective (SLO)"."""
    quoted = rf"[\"\u201c\u201e']?{re.escape(short)}[\"\u201c\u201d']?"
    before = rf"[a-z]\s*\((?:the\s+)?{quoted}\s*[),;]"
    words = initials(short)
    after = rf"\b{quoted}\s*(?:\(|[\u2013\u2014:=-]\s*|(?:is|are|was)\s+(?:the\s+|an?\s+)?)\W?(?:the\s+|an?\s+)?{words}"
    stands = rf"\b{quoted}\s+(?:stands?|is\s+short|is\s+an\s+(?:abbreviation|acronym))\s+for\b"
    german = rf"\b{quoted}\s+(?:steht\s+f\u00fcr|bedeutet|signifie|significa)\b"
    return re.search(rf"{before}|{after}|{stands}|{german}", sentence) is not None


def _term(question: str) -> str:
    match = _ASKED.match(question)
    term = match.group("term") if match else ""
    return "" if _NOT_TERMS.search(term) else term


def _says(term: str, sentence: str) -> bool:
    quoted = rf"[\"\u201c\u2018']?\b{re.escape(term)}s?\b[\"\u201d\u2019']?"
    says = (
        rf"\bdefines?\s+(?:an?\s+|the\s+)?{quoted}\s+(?:as|to)\b"
        rf"|^\W*(?:an?\s+|the\s+)?{quoted}(?:\s+\([^)]*\))?\s*"
        rf"(?:(?:is|are)\b(?!\s+not\b)|means?\b|refers?\s+to\b|stands?\s+for\b|[\u2013\u2014:-]\s*(?:defined\s+as)?|describes?\b)"
        rf"|{quoted}\s+(?:is|are)\s+defined\s+as\b"
        rf"|[a-z]\s+\((?:the\s+)?{quoted}\)"
    )
    return re.search(says, sentence, 0 if _ABBREVIATION.fullmatch(term) else re.IGNORECASE) is not None
