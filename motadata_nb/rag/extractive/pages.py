"""What stands on the page that a question names: "What is on page 14 of the handbook?"."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace

from motadata_nb.embeddings.passages import HEADING_SEPARATOR
from motadata_nb.rag.extractive.extraction import Extract, Extraction
from motadata_nb.rag.extractive.labels import ABOUT
from motadata_nb.rag.extractive.noise import looks_like_heading
from motadata_nb.rag.extractive.units import units
from motadata_nb.rag.hits import Hit
from motadata_nb.rag.words.languages import foreign_words
from motadata_nb.rag.words.terms import content, stem, words

__all__ = ["asked_page", "read_page"]

_PAGE = re.compile(r"\b(?:pages?|pg\.?|p\.|seite|p\u00e1gina|pagina)\s*(\d{1,5})(?![\w%])(?!\.\d)", re.IGNORECASE)
_IDLE = ABOUT | {
    stem(word)
    for word in """
    book document file guide handbook manual paper pdf report text
    bericht buch datei dokument handbuch
    """.split()
}
"""What a question says of any document."""
_FIRST = 3
"""Sentences that say how a page begins."""
Read = Callable[[str, Sequence[tuple[int, int, int]]], Extraction]
"""Reads a question in parts of passages: each the passage's position, its first character and one past its last."""


def asked_page(question: str) -> int | None:
    """The page that a question names, or None."""
    match = _PAGE.search(question)
    return int(match[1]) if match else None


def read_page(question: str, hits: Sequence[Hit], read: Read) -> Extraction | None:
    """What answers the question on the page that it names: how that page begins, when nothing else is asked of it.

    None when no page is named, or none of the passages stands on it.
    """
    page = asked_page(question)
    parts = _parts(question, hits, page) if page else []
    if not parts:
        return None
    asked = " ".join(_PAGE.sub(" ", question).split())
    beside = set(content(asked)) - _IDLE - {stem(word) for word in foreign_words(question)}
    beside -= {word for at, *_ in parts for word in words(_called(hits[at]))}
    if not beside:
        return _beginning(hits, parts)
    found = read(asked, parts)
    said = set(content(found.sentences[0].text)) if found.sentences else set()
    return replace(found, supported=found.supported or bool(said & beside))


def _called(hit: Hit) -> str:
    return re.sub(r"[\W_]+", " ", f"{hit.title} {hit.source}")


def _parts(question: str, hits: Sequence[Hit], page: int) -> list[tuple[int, int, int]]:
    """What stands on the page, in the order of the text, of the document that the question names most words of."""
    spans = [(at, *span) for at, hit in enumerate(hits) for span in _on_page(hit, page)]
    if not spans:
        return []
    asked = set(content(question))
    best = max(spans, key=lambda span: (len(asked & set(words(_called(hits[span[0]])))), hits[span[0]].score))
    document = hits[best[0]].document_id
    same = [span for span in spans if hits[span[0]].document_id == document]
    return sorted(same, key=lambda span: hits[span[0]].start + span[1])


def _on_page(hit: Hit, page: int) -> Iterator[tuple[int, int]]:
    """First and past the last character of what of a passage stands on a page."""
    turns = [(0, hit.page), *((start - hit.start, number) for start, number in hit.turns)]
    ends = [start for start, _ in turns[1:]] + [len(hit.text)]
    yield from (
        (start, end) for (start, number), end in zip(turns, ends, strict=True) if number == page and end > start
    )


def _beginning(hits: Sequence[Hit], parts: Sequence[tuple[int, int, int]]) -> Extraction:
    """The first sentences of the page, none before the others."""
    found = [
        Extract(
            text=unit.cited, passage=at, start=unit.start + start, end=unit.end + start, score=0.0, shown=unit.shown
        )
        for at, start, end in parts
        for unit in units(hits[at].text[start:end])
        if unit.text not in hits[at].heading.split(HEADING_SEPARATOR)
        and (unit.row or not looks_like_heading(unit.text))
    ][:_FIRST]
    whole = tuple(replace(one, score=1 / len(found)) for one in found)
    return Extraction(sentences=whole, support=float(bool(whole)), supported=bool(whole))
