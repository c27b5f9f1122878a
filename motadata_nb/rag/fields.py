"""An answer as data: for each field, the sentence of a passage that has its value."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np

from motadata_nb.ingestion.sentences import Sentence, split_sentences
from motadata_nb.rag.answer import Citation
from motadata_nb.rag.groundedness import SentenceCheck
from motadata_nb.rag.headings import below_heading
from motadata_nb.rag.hits import Hit
from motadata_nb.rag.search.memory import TextMemory
from motadata_nb.rag.words.terms import content, numbers
from motadata_nb.results import plain

__all__ = ["check_fields", "cite_fields"]

_MOST = 40
"""Fields that are looked for."""
_LIKE = 0.6
"""Cosine from which a sentence says a value in other words."""
_NUMBER = re.compile(r"-?[\d,]*\.?\d+")
_CAMEL = re.compile(r"(?<=[a-z])(?=[A-Z])|_+|\[\d+\]\.?|\.")


def cite_fields(
    data: Any, text: str, hits: Sequence[Hit], memory: TextMemory
) -> tuple[tuple[Citation, ...], tuple[str, ...]]:
    """A citation for each field of *data* that a passage has, and the names of those that none has.

    *text* is the answer as it was written; a citation's span is where the value stands in it.
    """
    places = [(n, s) for n, hit in enumerate(hits, 1) for s in split_sentences(hit.text)]
    fields = list(_leaves(data, ""))[:_MOST]
    found = [(name, value, _support(name, value, places, memory)) for name, value in fields]
    cited = (_citation(name, value, text, hits, *place) for name, value, place in found if place is not None)
    return tuple(cited), tuple(name for name, _, place in found if place is None)


def check_fields(data: Any, text: str, citations: Sequence[Citation]) -> tuple[SentenceCheck, ...]:
    """For each field whether a passage has its value. A detector of sentences takes one line of data for one claim."""
    cited = {citation.field: citation for citation in citations}
    leaves = list(_leaves(data, ""))[:_MOST]
    return tuple(_check(name, value, text, cited.get(name)) for name, value in leaves)


def _check(name: str, value: str, text: str, citation: Citation | None) -> SentenceCheck:
    start, end = _span(value, text)
    said = f"{name}: {value}" if name else value
    if citation is None:
        return SentenceCheck(
            text=said, start=start, end=end, verdict="not found", score=0.0, evidence="", passage=-1, evidence_start=0,
            evidence_end=0,
        )  # fmt: skip
    at = max(0, citation.passage.find(citation.sentence))
    return SentenceCheck(
        text=said, start=start, end=end, verdict="supported", score=1.0, evidence=citation.sentence,
        passage=citation.number - 1, evidence_start=at, evidence_end=at + len(citation.sentence),
    )  # fmt: skip


def _leaves(data: Any, name: str) -> Iterator[tuple[str, str]]:
    """The names and values of an answer, those of lists one by one; what is empty says nothing."""
    data = plain(data, "json")
    if isinstance(data, Mapping):
        for key, value in data.items():
            yield from _leaves(value, f"{name}.{key}" if name else str(key))
    elif isinstance(data, list | tuple):
        for at, value in enumerate(data):
            yield from _leaves(value, f"{name}[{at}]")
    elif data not in (None, ""):
        yield name, str(data)


def _support(
    name: str, value: str, places: Sequence[tuple[int, Sentence]], memory: TextMemory
) -> tuple[int, Sentence, float] | None:
    """The passage and sentence with the value, the nearest in meaning of several, and how near it is."""
    holding = [place for place in places if _holds(place[1].text, value)]
    # Whether something is true, or a long text in the model's own words, stands nowhere word for word.
    among = holding or ([] if numbers(value) else list(places))
    if not among:
        return None
    said = f"{' '.join(_CAMEL.split(name))}: {value}"
    vectors = memory.embed([said, *(sentence.text for _, sentence in among)])
    scores = np.clip(vectors[1:] @ vectors[0], 0, 1)
    best = int(scores.argmax())
    if not holding and scores[best] < _LIKE:
        return None
    number, sentence = among[best]
    return number, sentence, float(scores[best])


def _holds(sentence: str, value: str) -> bool:
    stated = numbers(value)
    # Of a bare number "8.5" the digits before and behind the point are no words of their own.
    if stated and (_NUMBER.fullmatch(value) or not set(content(value)) - stated):
        return stated <= numbers(sentence)
    flat = " ".join(value.split()).casefold()
    return re.search(rf"(?<!\w){re.escape(flat)}(?!\w)", " ".join(sentence.split()).casefold()) is not None


def _citation(
    name: str, value: str, text: str, hits: Sequence[Hit], number: int, sentence: Sentence, score: float
) -> Citation:
    hit = hits[number - 1]
    sentence = below_heading(hit.text, sentence, hit.heading)
    start = hit.start + sentence.start
    return Citation(
        number=number, source=hit.source, page=hit.page_at(start), score=score, sentence=sentence.text, start=start,
        end=hit.start + sentence.end, document=hit.document, passage=hit.text, span=_span(value, text), field=name,
    )  # fmt: skip


def _span(value: str, text: str) -> tuple[int, int]:
    """Where a value stands in the answer's text; the whole text when it is written otherwise."""
    for written in (value, json.dumps(value)[1:-1]):
        if (at := text.find(written)) >= 0:
            return at, at + len(written)
    return 0, len(text)
