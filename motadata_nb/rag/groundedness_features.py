"""Features of one sentence of an answer against its context: words, numbers, names, negation and embeddings.

All are shares, logarithms or cosines, so that a long answer or a long context does not change their scale. Nothing
here needs a download; the only model is the ``embed`` callable that the caller brings.
"""

import math
import re
from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from motadata_nb.rag.polarity import negated, opposed
from motadata_nb.rag.terms import LIST_ITEM, content, names, ngrams, numbers, words

__all__ = ["ContextView", "FEATURES", "answer_features"]

FloatArray = NDArray[np.float32]

FEATURES = (
    "novel",
    "novel_fuzzy",
    "novel_count",
    "novel_beyond_question",
    "novel_run",
    "clause_novel",
    "clause_apart",
    "bigram_novel",
    "trigram_novel",
    "best_sentence_recall",
    "best_window_recall",
    "copied_run",
    "number_novel",
    "number_novel_count",
    "number_off_evidence",
    "name_novel",
    "name_novel_count",
    "negation_differs",
    "antonym",
    "negated",
    "cosine_best",
    "cosine_second",
    "cosine_window",
    "cosine_question",
    "length",
    "is_short",
    "about_context",
    "closing",
    "hedge",
    "list_item",
    "place",
    "is_last",
    "is_first",
    "sentences",
)

_ABOUT_CONTEXT = re.compile(
    r"\b(?:passages?|provided|context|given (?:text|information)|unable to answer|(?:not"
    r"|n['\u2019]t) (?:\w+ ){0,2}(?:mention|specif|provid|stat)\w*|no (?:specific )?(?:information|mention))\b",
    re.IGNORECASE,
)
_CLOSING = re.compile(
    r"^\W*(?:overall|in summary|in conclusion|to summarize|therefore|thus|so,|in general|additionally|"
    r"it(?:'s| is) (?:also )?(?:important|worth|recommended|best))",
    re.IGNORECASE,
)
_HEDGE = re.compile(
    r"\b(?:may|might|can|could|likely|possibly|generally|typically|usually|often|some|depending|varies|vary)\b",
    re.IGNORECASE,
)
_CLAUSE = re.compile(r"[,;:()\u2013\u2014]\s|\s(?=(?:and|or|but|which|while|because)\s)")


@dataclass(kw_only=True)
class ContextView:
    """A context prepared once for all sentences of an answer.

    ``vectors`` has one unit row per sentence, ``question_vector`` one row of the same width.
    """

    sentences: Sequence[str]
    vectors: FloatArray
    question: str = ""
    question_vector: FloatArray | None = None
    text: str = field(init=False)
    vocabulary: set[str] = field(init=False)
    fuzzy: set[str] = field(init=False)
    by_sentence: list[set[str]] = field(init=False)
    bigrams: set[tuple[str, ...]] = field(init=False)
    trigrams: set[tuple[str, ...]] = field(init=False)
    numbers: set[str] = field(init=False)
    asked: set[str] = field(init=False)
    windows: FloatArray = field(init=False)

    def __post_init__(self) -> None:
        self.text = "\n".join(self.sentences)
        stems = words(self.text)
        self.vocabulary = set(stems)
        self.fuzzy = {w[:5] for w in stems}
        self.by_sentence = [set(content(s)) for s in self.sentences]
        self.bigrams, self.trigrams = ngrams(stems, 2), ngrams(stems, 3)
        self.numbers = numbers(self.text)
        self.asked = set(words(self.question))
        self.windows = _windows(self.vectors)


def _windows(vectors: FloatArray) -> FloatArray:
    if len(vectors) < 2:
        return vectors
    pairs = vectors[:-1] + vectors[1:]
    return np.asarray(pairs / np.maximum(np.linalg.norm(pairs, axis=1, keepdims=True), 1e-9), dtype=np.float32)


def answer_features(
    sentences: Sequence[str], vectors: FloatArray, context: ContextView
) -> tuple[FloatArray, list[int]]:
    """The rows of :data:`FEATURES` for the *sentences* of an answer, and for each the index of the context sentence
    that is its best evidence (-1: none). *vectors* has a unit row a sentence.
    """
    found = [_features(s, row, context) for s, row in zip(sentences, vectors, strict=True)]
    rows = [[*values, *_place(at, len(found))] for at, (values, _) in enumerate(found)]
    return np.asarray(rows, dtype=np.float32).reshape(-1, len(FEATURES)), [best for _, best in found]


def _place(at: int, count: int) -> tuple[float, ...]:
    """Where a sentence stands: an answer leaves its passages towards the end rather than at the beginning."""
    return at / max(count - 1, 1), float(at == count - 1), float(at == 0), math.log(count)


def _features(sentence: str, vector: FloatArray, context: ContextView) -> tuple[tuple[float, ...], int]:
    tokens, stems = content(sentence), words(sentence)
    cosines = context.vectors @ vector if len(context.vectors) else np.zeros(0, dtype=np.float32)
    recall = [_share(tokens, seen) for seen in context.by_sentence]
    best = int(np.argmax(cosines + np.asarray(recall, dtype=np.float32))) if len(cosines) else -1
    evidence = context.sentences[best] if best >= 0 else ""
    values = (
        *_lexical(tokens, stems, context),
        *_clauses(sentence, context),
        *_copies(stems, context),
        *_alignment(tokens, stems, recall, context),
        *_numeric(sentence, evidence, context),
        *_named(sentence, context),
        *_polarity(sentence, evidence),
        *_semantic(vector, cosines, context),
        *_manner(sentence, tokens),
    )
    return values, best


def _share(items: Sequence[str], seen: set[str]) -> float:
    return sum(i in seen for i in items) / len(items) if items else 1.0


def _lexical(tokens: list[str], stems: list[str], context: ContextView) -> tuple[float, ...]:
    novel = [t for t in tokens if t not in context.vocabulary]
    distant = [t for t in novel if t[:5] not in context.fuzzy]
    unasked = [t for t in distant if t not in context.asked]
    size = max(len(tokens), 1)
    return (
        len(novel) / size,
        len(distant) / size,
        math.log1p(len(distant)),
        len(unasked) / size,
        math.log1p(_longest_run([t in set(distant) for t in tokens])),
    )


def _longest_run(flags: Sequence[bool]) -> int:
    longest = run = 0
    for flag in flags:
        run = run + 1 if flag else 0
        longest = max(longest, run)
    return longest


def _clauses(sentence: str, context: ContextView) -> tuple[float, float]:
    """Of the clause that is worst off: the share of its words that the context lacks, and that its best sentence
    lacks.
    """
    bags = [bag for clause in _CLAUSE.split(sentence) if len(bag := content(clause)) > 1] or [content(sentence)]
    novel = max(1 - _share([t[:5] for t in bag], context.fuzzy) for bag in bags)
    apart = max(1 - max((_share(bag, seen) for seen in context.by_sentence), default=0.0) for bag in bags)
    return novel, apart


def _copies(stems: list[str], context: ContextView) -> tuple[float, float]:
    return 1 - _contained(ngrams(stems, 2), context.bigrams), 1 - _contained(ngrams(stems, 3), context.trigrams)


def _contained(grams: set[tuple[str, ...]], seen: set[tuple[str, ...]]) -> float:
    return len(grams & seen) / len(grams) if grams else 1.0


def _alignment(tokens: list[str], stems: list[str], recall: list[float], context: ContextView) -> tuple[float, ...]:
    pairs = [_share(tokens, a | b) for a, b in zip(context.by_sentence, context.by_sentence[1:], strict=False)]
    best = max(recall, default=0.0)
    return best, max([best, *pairs]), _copied_run(stems, context.trigrams)


def _copied_run(stems: list[str], trigrams: set[tuple[str, ...]]) -> float:
    """Longest run of words whose every three neighbours stand in the context, as a share of the sentence."""
    longest = _longest_run([tuple(stems[i : i + 3]) in trigrams for i in range(len(stems) - 2)])
    return (longest + 2) / len(stems) if longest else 0.0


def _numeric(sentence: str, evidence: str, context: ContextView) -> tuple[float, ...]:
    stated = numbers(sentence)
    unknown = {n for n in stated if n not in context.numbers and n not in context.text}
    away = stated - numbers(evidence)
    size = max(len(stated), 1)
    return len(unknown) / size, math.log1p(len(unknown)), len(away) / size


def _named(sentence: str, context: ContextView) -> tuple[float, ...]:
    stated = names(sentence)
    unknown = {
        n for n in stated if n not in context.vocabulary and n not in context.asked and n[:5] not in context.fuzzy
    }
    return len(unknown) / max(len(stated), 1), math.log1p(len(unknown))


def _polarity(sentence: str, evidence: str) -> tuple[float, ...]:
    here, there = negated(sentence), negated(evidence)
    return float(here != there), float(opposed(sentence, evidence)), float(here)


def _semantic(vector: FloatArray, cosines: FloatArray, context: ContextView) -> tuple[float, ...]:
    ranked = np.sort(cosines)[::-1]
    window = float(np.max(context.windows @ vector)) if len(context.windows) else 0.0
    asked = float(context.question_vector @ vector) if context.question_vector is not None else 0.0
    return float(ranked[0]) if len(ranked) else 0.0, float(ranked[1]) if len(ranked) > 1 else 0.0, window, asked


def _manner(sentence: str, tokens: list[str]) -> tuple[float, ...]:
    return (
        math.log1p(len(tokens)),
        float(len(tokens) < 4),
        float(bool(_ABOUT_CONTEXT.search(sentence))),
        float(bool(_CLOSING.search(sentence))),
        float(bool(_HEDGE.search(sentence))),
        float(bool(LIST_ITEM.match(sentence))),
    )
