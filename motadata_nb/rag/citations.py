"""Citations in a model's text: checked to exist, and tied to the sentence of the passage that supports them."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterator, Sequence

import numpy as np

from motadata_nb.ingestion.sentences import Sentence, split_sentences
from motadata_nb.rag.answer import Citation
from motadata_nb.rag.headings import below_heading
from motadata_nb.rag.hits import Hit
from motadata_nb.rag.search.memory import TextMemory
from motadata_nb.rag.words.terms import numbers

__all__ = ["resolve"]

_CODE = r"(?P<code>```.*?(?:```|\Z)|`[^`\n]+`)"
_NUMBER = r"\d{1,3}(?:\s*[-\u2013]\s*\d{1,3})?"
_CITED = re.compile(
    rf"{_CODE}|(?P<space>[ \t]*)(?:\[\^?|\u3010)(?P<numbers>{_NUMBER}(?:\s*[,;]\s*\^?{_NUMBER})*)(?:\]|\u3011)",
    re.DOTALL,
)
_MARK = re.compile(rf"{_CODE}|\[(?P<number>\d{{1,3}})\]", re.DOTALL)
_NUMBERS = 0.2
"""What the numbers of a claim are worth beside the cosine."""
_LEADING = re.compile(r"(?:\[\d{1,3}\])+[.,;]?")


def resolve(text: str, hits: Sequence[Hit], memory: TextMemory) -> tuple[str, tuple[Citation, ...], tuple[int, ...]]:
    """The text without citations of passages that do not exist, its citations, and the numbers that were taken out.

    There is one citation for each sentence and passage; what stands in code is left as it is.
    """
    unknown: list[int] = []

    def check(match: re.Match[str]) -> str:
        cited = None if match["code"] else _numbers(match["numbers"], len(hits))
        if cited is None:
            return match.group()
        unknown.extend(n for n in cited if not 1 <= n <= len(hits))
        known = "".join(f"[{n}]" for n in cited if 1 <= n <= len(hits))
        return f"{match['space']}{known}" if known else ""

    checked = _CITED.sub(check, text)
    claims = dict.fromkeys(_claims(checked, len(hits)))
    citations = tuple(_citation(n, span, checked, hits[n - 1], memory) for n, span in sorted(claims))
    return checked, citations, tuple(dict.fromkeys(unknown))


def _numbers(written: str, most: int) -> list[int] | None:
    """The numbers of `1, 3-5`; None when a range reaches past the passages: then it is no citation."""
    found: list[int] = []
    for part in re.split(r"\s*[,;]\s*\^?", written):
        first, _, last = part.replace("\u2013", "-").partition("-")
        if last and not 1 <= int(first) <= int(last) <= most:
            return None
        found += range(int(first), int(last or first) + 1)
    return list(dict.fromkeys(found))


def _claims(text: str, most: int) -> Iterator[tuple[int, tuple[int, int]]]:
    """Each cited number with the span of the sentence that it supports."""
    spans = _sentence_spans(text)
    starts = [start for start, _ in spans]
    for match in _MARK.finditer(text):
        if match["number"] and 1 <= int(match["number"]) <= most:
            yield int(match["number"]), spans[bisect_right(starts, match.start()) - 1]


def _sentence_spans(text: str) -> list[tuple[int, int]]:
    """Spans of the sentences. Citations behind the full stop belong to the sentence before it."""
    spans: list[tuple[int, int]] = []
    for sentence in split_sentences(text):
        start, lead = sentence.start, _LEADING.match(sentence.text)
        if lead and spans and "\n" not in text[spans[-1][1] : start]:
            alone = lead.end() == len(sentence.text)
            if alone or not _MARK.search(text, *spans[-1]):
                spans[-1] = (spans[-1][0], start + lead.end())
                start += len(sentence.text) - len(sentence.text[lead.end() :].lstrip())
        if start < sentence.end:
            spans.append((start, sentence.end))
    return spans


def _citation(number: int, span: tuple[int, int], text: str, hit: Hit, memory: TextMemory) -> Citation:
    claim = _MARK.sub(lambda match: match["code"] or "", text[slice(*span)]).strip() or text
    start, end, score = _best_sentence(claim, hit, memory)
    return Citation(
        number=number, source=hit.source, page=hit.page_at(hit.start + start), score=score,
        sentence=hit.text[start:end], start=hit.start + start, end=hit.start + end, document=hit.document,
        passage=hit.text, span=span,
    )  # fmt: skip


def _best_sentence(claim: str, hit: Hit, memory: TextMemory) -> tuple[int, int, float]:
    """The sentence of the passage closest to the claim, with their cosine similarity from 0 to 1; one that has the
    claim's numbers goes before one that has not.
    """
    sentences = split_sentences(hit.text) or [Sentence(hit.text, 0, len(hit.text))]
    vectors = memory.embed([claim, *(s.text for s in sentences)])
    scores = np.clip(vectors[1:] @ vectors[0], 0, 1)
    stated = numbers(claim)
    counted = [len(stated & numbers(s.text)) / max(len(stated), 1) for s in sentences]
    best = int((scores + _NUMBERS * np.asarray(counted)).argmax())
    bare = below_heading(hit.text, sentences[best], hit.heading)
    return bare.start, bare.end, float(scores[best])
