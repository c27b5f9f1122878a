"""Which of the best sentences make the answer: not those that add nothing, and the one that disagrees."""

from __future__ import annotations

import re
from collections.abc import Sequence

from motadata_nb.ingestion.sentences import split_sentences
from motadata_nb.rag.conflicts import find_conflicts
from motadata_nb.rag.extractive.extraction import Extract
from motadata_nb.rag.extractive.units import is_written_out
from motadata_nb.rag.words.terms import content

__all__ = ["choose_pieces", "each_question"]

_SHOWN = 3
_LEAST = 0.004
"""Of the belief in the first sentence: what is believed less says something else."""
_IDLE = 0.01
"""Of the belief in the first sentence: what is believed less must have words of the question that the first has not."""
_CONCERNS = 0.05
"""Of the belief in the first sentence: of two that disagree one is believed so much, or the question is another."""

_AND = re.compile(r",?\s+and\s+(?=(?:who|whom|what|when|where|which|how|why)\b)", re.IGNORECASE)
_ASKING = re.compile(r"\W*(?:who|whom|what|when|where|which|how|why|is|are|does|do|did|was|were|can)\b", re.IGNORECASE)


def each_question(text: str) -> list[str]:
    """The questions of a text with several, one by one; otherwise the text."""
    sentences = [s.text for s in split_sentences(text)]
    asked = [sentence for sentence in sentences if sentence.endswith("?")]
    if len(asked) > 1 and len(asked) == len(sentences):
        return asked
    parts = _AND.split(text) if len(sentences) == 1 else []
    return parts if len(parts) > 1 and all(_ASKING.match(p) and len(p.split()) > 2 for p in parts) else [text]


def choose_pieces(found: Sequence[tuple[str, Sequence[Extract]]]) -> tuple[list[Extract], tuple[str, ...]]:
    """The pieces of the answer to one question or several, and the disagreements among them in words."""
    if len(found) == 1:
        return _chosen(*found[0])
    firsts = {(p.passage, p.start): p for _, pieces in found for p in pieces[:1]}
    return list(firsts.values()), ()


def _chosen(question: str, pieces: Sequence[Extract]) -> tuple[list[Extract], tuple[str, ...]]:
    """The best sentences, with the first further one that disagrees with them; and the disagreements in words."""
    pieces = [p for p in pieces if p.score >= _LEAST * pieces[0].score and not _is_beside(question, p, pieces[0])]
    # Rows are about different things, however much their columns agree.
    pairs = [c for c in find_conflicts([p.text for p in pieces]) if not any(_is_row(pieces[n]) for n in c[:2])]
    pairs = [c for c in pairs if max(pieces[c.first].score, pieces[c.second].score) >= _CONCERNS * pieces[0].score]
    told = {place for c in pairs for place in (c.first, c.second)}
    places = [n for n, p in enumerate(pieces[:_SHOWN]) if n in told or _adds(question, p, pieces[0])]
    places += [c.second for c in pairs if c.first in places and c.second >= _SHOWN][:1]
    number = {place: n for n, place in enumerate(places, 1)}
    words = (
        f"[{number[c.first]}] and [{number[c.second]}] disagree ({c.differs})"
        for c in pairs
        if c.first in number and c.second in number
    )
    return [pieces[place] for place in places], tuple(words)


def _is_row(piece: Extract) -> bool:
    return bool(piece.shown) or is_written_out(piece.text)


def _is_beside(question: str, piece: Extract, first: Extract) -> bool:
    """Whether it is a row about something else, where the first is the row of what is asked for."""
    if piece is first or not (_is_row(piece) and _is_row(first)):
        return False
    here, there = set(content(piece.shown or piece.text)), set(content(first.shown or first.text))
    asked = set(content(question))
    return bool(asked & there - here) and not asked & here - there


def _adds(question: str, piece: Extract, first: Extract) -> bool:
    if piece.score >= _IDLE * first.score:
        return True
    asked = set(content(question))
    return bool(asked & set(content(piece.text)) - set(content(first.text)))
