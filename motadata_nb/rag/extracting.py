"""An answer without a language model: what is read in the passages, put together and cited."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from motadata_nb.embeddings.passages import HEADING_SEPARATOR
from motadata_nb.ingestion.sentences import Sentence
from motadata_nb.rag.answer import Answer, Citation
from motadata_nb.rag.context import Decision
from motadata_nb.rag.extractive.choosing import choose_pieces
from motadata_nb.rag.extractive.cropping import cropped
from motadata_nb.rag.extractive.extract import Embed, Idf, extract_answer
from motadata_nb.rag.extractive.extraction import Extract, Extraction
from motadata_nb.rag.extractive.noise import shown
from motadata_nb.rag.extractive.pages import read_page
from motadata_nb.rag.followup import Followed
from motadata_nb.rag.headings import below_known
from motadata_nb.rag.hits import Hit
from motadata_nb.rag.messages import NOT_FOUND
from motadata_nb.rag.prepared import Prepared
from motadata_nb.rag.words.terms import content

__all__ = ["EXTRACTIVE", "extractive_answer"]

EXTRACTIVE = "extractive"
_LOOKED_AT = 8


def extractive_answer(prepared: Prepared, embed: Embed, idf: Idf, unasked: str = "") -> Answer:
    """The best sentences of the passages, each cited; or "not found", when none supports an answer.

    A sentence that disagrees with one of them is cited too, and the disagreement is said.
    """
    reader = _Reader(prepared.kept, embed, idf)
    answered = [(part.asked, reader.pieces(part)) for part in prepared.parts]
    chosen, conflicts = choose_pieces(answered)
    parts, citations = _written(chosen, reader.hits)
    missing = [question for question, found in answered if not found] if chosen else []
    parts += [f"{NOT_FOUND.rstrip('.')}: {question}" for question in missing]
    decisions = _cited_by(prepared.decisions, [reader.hits[piece.passage] for piece in chosen])
    return Answer(
        question=prepared.question, text=" ".join(parts) or NOT_FOUND, citations=citations, model=EXTRACTIVE,
        extractive=True, unasked=unasked, found=bool(parts), retrieval=prepared.retrieval, decisions=decisions,
        conflicts=conflicts, seconds=time.perf_counter() - prepared.started,
    )  # fmt: skip


@dataclass(frozen=True)
class _Reader:
    """Reads questions in the same passages."""

    hits: Sequence[Hit]
    embed: Embed
    idf: Idf

    def pieces(self, part: Followed) -> list[Extract]:
        """The sentences that answer a question, best first; none when it is refused."""
        # What a conversation adds may help, or stand where the answer is not.
        found = max(self._readings(part), key=lambda one: one.support)
        below = [_below_heading(piece, self.hits[piece.passage]) for piece in found.sentences if found.supported]
        return [cropped(piece, part.read, self.idf) for piece in below]

    def _readings(self, part: Followed) -> Iterator[Extraction]:
        yield self._read(part.read)
        if part.asked != part.read and _is_about(part, alone := self._read(part.asked), self.hits):
            yield alone

    def _read(self, question: str) -> Extraction:
        whole = [(at, 0, len(hit.text)) for at, hit in enumerate(self.hits)]
        return read_page(question, self.hits, self._within) or self._within(question, whole)

    def _within(self, question: str, parts: Sequence[tuple[int, int, int]]) -> Extraction:
        """What answers it in parts of passages: position of the passage, first character, one past the last."""
        texts = [(self.hits[at].text[start:end], self.hits[at].score) for at, start, end in parts]
        above = [f"{self.hits[at].title}{HEADING_SEPARATOR}{self.hits[at].heading}" for at, *_ in parts]
        found = extract_answer(question, texts, self.embed, self.idf, _LOOKED_AT, contexts=above)
        return replace(found, sentences=tuple(_placed(one, *parts[one.passage][:2]) for one in found.sentences))


def _written(chosen: Sequence[Extract], hits: Sequence[Hit]) -> tuple[list[str], tuple[Citation, ...]]:
    """The sentences as the answer has them, each with its number, and their citations."""
    parts, citations, at = list[str](), list[Citation](), 0
    for number, piece in enumerate(chosen, 1):
        sentence = piece.shown or shown(piece.text)
        citations.append(_citation(number, piece, hits[piece.passage], (at, at + len(sentence))))
        parts.append(f"{sentence} [{number}]")
        at += len(parts[-1]) + 1
    return parts, tuple(citations)


def _cited_by(decisions: Sequence[Decision], cited: Sequence[Hit]) -> tuple[Decision, ...]:
    """The decisions with the numbers of the sentences that stand in each passage."""
    numbers = [tuple(n for n, hit in enumerate(cited, 1) if hit is d.hit) for d in decisions]
    return tuple(replace(d, cited=found) for d, found in zip(decisions, numbers, strict=True))


def _placed(piece: Extract, passage: int, offset: int) -> Extract:
    """A sentence of a part of a passage in the whole."""
    return replace(piece, passage=passage, start=piece.start + offset, end=piece.end + offset)


def _is_about(part: Followed, alone: Extraction, hits: Sequence[Hit]) -> bool:
    """Whether what a follow-up finds by itself stands where the conversation is spoken of: "Who runs it?"."""
    recalled = set(content(part.read)) - set(content(part.asked))
    places = [hits[sentence.passage] for sentence in alone.sentences[:1]]
    return not recalled or any(recalled & set(content(f"{h.title} {h.heading} {h.text}")) for h in places)


def _below_heading(piece: Extract, hit: Hit) -> Extract:
    """A first sentence without the heading it stands under: that helped to find it, and is no part of what it says."""
    if piece.shown:
        return piece
    bare = below_known(Sentence(piece.text, piece.start, piece.end), hit.heading)
    return replace(piece, text=bare.text, start=bare.start)


def _citation(number: int, piece: Extract, hit: Hit, span: tuple[int, int]) -> Citation:
    start, end = hit.start + piece.start, hit.start + piece.end
    return Citation(
        number=number, source=hit.source, page=hit.page_at(start), score=piece.score, sentence=piece.text,
        start=start, end=end, document=hit.document, passage=hit.text, span=span,
    )  # fmt: skip
