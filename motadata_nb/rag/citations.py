"""Citations in a model's text: checked to exist, and tied to the sentence of the passage that supports them."""

from __future__ import annotations

import re
from collections.abc import Sequence

import numpy as np

from motadata_nb.ingestion.sentences import Sentence, split_sentences
from motadata_nb.rag.answer import Citation
from motadata_nb.rag.memory import TextMemory
from motadata_nb.rag.retrieval import Hit

__all__ = ["resolve"]

_CITED = re.compile(r"\[(\d{1,3}(?:\s*[,;]\s*\d{1,3})*)\]")


def resolve(text: str, hits: Sequence[Hit], memory: TextMemory) -> tuple[str, tuple[Citation, ...], tuple[int, ...]]:
    """The text without citations of passages that do not exist, its citations, and the numbers that were taken out."""
    unknown: list[int] = []

    def check(match: re.Match[str]) -> str:
        numbers = [int(n) for n in re.split(r"\s*[,;]\s*", match[1])]
        unknown.extend(n for n in numbers if not 1 <= n <= len(hits))
        return "".join(f"[{n}]" for n in numbers if 1 <= n <= len(hits))

    checked = _CITED.sub(check, text)
    claims: dict[int, tuple[int, int]] = {}
    for sentence in split_sentences(checked):
        for number in _CITED.findall(sentence.text):
            claims.setdefault(int(number), (sentence.start, sentence.end))
    citations = tuple(_citation(n, span, checked, hits[n - 1], memory) for n, span in sorted(claims.items()))
    return checked, citations, tuple(dict.fromkeys(unknown))


def _citation(number: int, span: tuple[int, int], text: str, hit: Hit, memory: TextMemory) -> Citation:
    claim = _CITED.sub("", text[span[0] : span[1]]).strip() or text
    start, end, score = _best_sentence(claim, hit.text, memory)
    return Citation(
        number=number, source=hit.source, page=hit.page_at(hit.start + start), score=score,
        sentence=hit.text[start:end], start=hit.start + start, end=hit.start + end, document=hit.document,
        passage=hit.text, span=span,
    )  # fmt: skip


def _best_sentence(claim: str, passage: str, memory: TextMemory) -> tuple[int, int, float]:
    """The sentence of the passage closest to the claim, with their cosine similarity from 0 to 1."""
    sentences = split_sentences(passage) or [Sentence(passage, 0, len(passage))]
    vectors = memory.embed([claim, *(s.text for s in sentences)])
    scores = np.clip(vectors[1:] @ vectors[0], 0, 1)
    best = int(scores.argmax())
    return sentences[best].start, sentences[best].end, float(scores[best])
