"""The extractive answer: the best sentences of the best passages with their spans, or the decision that none fits."""

import math
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from motadata_nb.ingestion.sentences import Sentence, split_sentences
from motadata_nb.rag.acronyms import spelled_out
from motadata_nb.rag.noise import is_filler, looks_like_heading
from motadata_nb.rag.polarity import negated
from motadata_nb.rag.terms import content, names, ngrams, numbers, stem, words

__all__ = ["Extract", "Extraction", "FEATURES", "REFUSAL_THRESHOLD", "answer_support", "extract_answer", "features"]

FloatArray = NDArray[np.float32]
Embed = Callable[[Sequence[str]], FloatArray]
Idf = Callable[[str], float]
Pool = Sequence[tuple[int, Sentence]]

REFUSAL_THRESHOLD = 0.263
"""Support below which nothing is answered: 2.5 % of the answerable training questions lie under it."""

_WEIGHTS = {
    "overlap": 0.964,
    "fuzzy": 2.719,
    "around": 3.295,
    "bigrams": 2.623,
    "cosine": 5.29,
    "passage": 1.11,
    "cue": 1.907,
    "names": -0.973,
    "numbers": 0.816,
    "short": -3.135,
    "long": 0.497,
    "fresh": -0.211,
    "cosine_around": 0.972,
}
"""Conditional logit over the sentences of five passages, fitted on SQuAD questions."""

_SUPPORT = {
    "overlap": -0.871,
    "fuzzy": 2.908,
    "around": 4.622,
    "bigrams": 4.164,
    "cosine": 8.007,
    "names": 0.788,
    "numbers": 1.702,
    "max_overlap": -0.058,
    "max_cosine": 9.482,
    "bias": -12.64,
}
"""Logistic regression: questions with their passage in the index against questions whose article was left out."""

FEATURES = tuple(_WEIGHTS)

MOST = 14
"""Sentences that are embedded for an answer."""

_DEMERIT = 2.0
_NEAR = 0.5
"""Cosine from which words need not be shared: of 149 XQuAD questions without their article, it answered none more."""

_CUES: tuple[tuple[re.Pattern[str], re.Pattern[str]], ...] = tuple(
    (re.compile(asked, re.IGNORECASE), re.compile(found))
    for asked, found in (
        (
            r"\bhow (?:many|much|old|long|tall|large|big|far|high|often|fast)\b"
            r"|\bwhat (?:percent|number|amount|share|year|age|score)",
            r"\d|\b(?:[Oo]ne|[Tt]wo|[Tt]hree|[Ff]our|[Ff]ive|[Ss]ix|[Ss]even|[Ee]ight|[Nn]ine|[Tt]en"
            r"|dozen|half|hundred|thousand|million|third|quarter)\b",
        ),
        (
            r"\bwhen\b|\bwhat (?:year|date|day|month|decade|century|time)\b|\b(?:in|which) (?:what"
            r"|which)? ?(?:year|century)",
            r"\b(?:1\d{3}|20\d{2}|\d{1,2}(?:st|nd|rd|th)|January|February|March|April|May|June|July|August|September"
            r"|October|November|December|century|centuries|BC|AD|today|day|year)\b",
        ),
        (r"\bwho(?:m|se)?\b", r"(?<=\w\s)[A-Z][a-z]+|\b(?:he|she|they|people|company|group)\b"),
        (
            r"\bwhere\b|\bwhat (?:city|country|state|place|location|region|area|river)",
            r"\b(?:in|at|from|near|to|on|of)\s+(?:the\s+)?[A-Z]",
        ),
        (
            r"\bwhy\b|\bwhat (?:caused?|reason)",
            r"\b(?:because|since|due to|in order to|so that|caus\w+|reason\w*|result\w*|as a)\b",
        ),
    )
)
_WORD = re.compile(r"[^\W_]+")
_YES_OR_NO = re.compile(
    r"\W*(?:is|are|was|were|do|does|did|can|could|may|must|should|will|has|have|had)\b", re.IGNORECASE
)


@dataclass(frozen=True, kw_only=True)
class Extract:
    """A sentence of a passage that belongs to the answer."""

    text: str
    """The sentence as it stands in the passage."""
    passage: int
    """Position of its passage in the list that was given."""
    start: int
    """First character in the passage."""
    end: int
    """One past the last character in the passage."""
    score: float
    """Share in 0..1 of the belief that the answer stands here; all sentences together have 1."""


@dataclass(frozen=True, kw_only=True)
class Extraction:
    """The best sentences and whether they support an answer at all."""

    sentences: tuple[Extract, ...]
    """Best first; also filled when the answer is refused, as the nearest that was found."""
    support: float
    """Probability in 0..1 that the passages hold an answer."""
    supported: bool
    """False: say that nothing was found."""


def extract_answer(
    question: str,
    passages: Sequence[tuple[str, float]],
    embed: Embed,
    idf: Idf,
    k: int = 3,
    threshold: float = REFUSAL_THRESHOLD,
) -> Extraction:
    """The *k* best sentences of *passages* for *question*.

    *passages* are (text, score), best first; *embed* gives a unit row per text, *idf* the inverse document frequency
    of a word.
    One call of *embed* is made, with the question and the :data:`MOST` sentences that are likeliest by their words.
    """
    question = spelled_out(question, [text for text, _ in passages])
    pool = _candidates(question, passages)
    if not pool or not question.strip():
        return Extraction(sentences=(), support=0.0, supported=False)
    pool = _likeliest(question, passages, pool, idf)
    rows = embed([question, *(s.text for _, s in pool)])
    matrix = features(question, passages, pool, np.asarray(rows[1:] @ rows[0], dtype=np.float32), idf)
    belief = _softmax(matrix @ np.asarray(list(_WEIGHTS.values()), dtype=np.float32) - _demerits(pool))
    order = np.argsort(-belief, kind="stable")
    support = answer_support(matrix, int(order[0]))
    best = tuple(_extract(pool[i], float(belief[i])) for i in _once(order.tolist(), pool)[:k])
    return Extraction(sentences=best, support=support, supported=support >= threshold or _meant(matrix[order[0]]))


def _meant(row: FloatArray) -> bool:
    """Whether a sentence says in other words what is asked for: near in meaning, with what was asked for in it."""
    seen = dict(zip(FEATURES, row.tolist(), strict=True))
    return bool(seen["cosine"] >= _NEAR and seen["cue"] == 1)


def _candidates(question: str, passages: Sequence[tuple[str, float]]) -> list[tuple[int, Sentence]]:
    """All sentences that say something beyond the question; what answers yes or no may repeat it."""
    asked = {*content(question), *numbers(question)}
    every = ((i, s) for i, (text, _) in enumerate(passages) for s in split_sentences(text))
    echoes = _YES_OR_NO.match(question) is not None
    return [
        (i, s)
        for i, s in every
        if (echoes or negated(s.text) or {*content(s.text), *numbers(s.text)} - asked) and not is_filler(s.text)
    ]


def _likeliest(
    question: str, passages: Sequence[tuple[str, float]], pool: Pool, idf: Idf
) -> list[tuple[int, Sentence]]:
    """The sentences that are best by words, in their order: embedding them all would take most of the time."""
    if len(pool) <= MOST:
        return list(pool)
    matrix = features(question, passages, pool, np.zeros(len(pool), dtype=np.float32), idf)
    worth = matrix @ np.asarray(list(_WEIGHTS.values()), dtype=np.float32) - _demerits(pool)
    return [pool[i] for i in sorted(np.argsort(-worth, kind="stable")[:MOST].tolist())]


def _demerits(pool: Pool) -> FloatArray:
    """What a sentence loses for being a heading or a question itself."""
    return np.asarray([_DEMERIT * (looks_like_heading(s.text) or s.text.endswith("?")) for _, s in pool], np.float32)


def _once(order: Sequence[int], pool: Pool) -> list[int]:
    """The first of sentences with the same words."""
    firsts: dict[str, int] = {}
    for row in order:
        firsts.setdefault(" ".join(words(pool[row][1].text)), row)
    return list(firsts.values())


def answer_support(matrix: FloatArray, best: int) -> float:
    """Probability that the passages hold an answer, from the features of all sentences; *best* is a row."""
    row = dict(zip(FEATURES, matrix[best].tolist(), strict=True))
    columns = dict(zip(FEATURES, matrix.max(axis=0).tolist(), strict=True))
    seen = {"bias": 1.0, "max_overlap": columns["overlap"], "max_cosine": columns["cosine"], **row}
    return 1 / (1 + math.exp(-sum(weight * seen[name] for name, weight in _SUPPORT.items())))


def features(
    question: str, passages: Sequence[tuple[str, float]], pool: Pool, cosines: FloatArray, idf: Idf
) -> FloatArray:
    """The matrix sentences × :data:`FEATURES`; *cosines* are those of the question with each sentence."""
    asked = list(dict.fromkeys(content(question)))
    columns = [
        *_overlaps(asked, pool, idf),
        _bigrams(question, pool),
        cosines,
        _standing(passages, pool),
        _cued(question, asked, pool),
        _shares(names(question), [set(words(s.text)) for _, s in pool]),
        _shares(numbers(question), [numbers(s.text) for _, s in pool]),
        *_sizes(asked, pool),
        [max((float(cosines[j]) for j in _beside(row, pool)), default=0.0) for row in range(len(pool))],
    ]
    return np.asarray(columns, dtype=np.float32).T


def _overlaps(asked: Sequence[str], pool: Pool, idf: Idf) -> tuple[list[float], list[float], list[float]]:
    """Shares of the question's idf found in each sentence: whole words, word beginnings, and with the sentences
    beside it.
    """
    weight = {t: idf(t) for t in asked}
    total = sum(weight.values()) or 1.0
    bags = [set(words(s.text)) for _, s in pool]
    around = [bag.union(*(bags[j] for j in _beside(row, pool))) for row, bag in enumerate(bags)]
    whole = [sum(weight[t] for t in asked if t in bag) / total for bag in bags]
    starts = [{w[:4] for w in bag} for bag in bags]
    fuzzy = [sum(weight[t] for t in asked if t[:4] in begun) / total for begun in starts]
    return whole, fuzzy, [sum(weight[t] for t in asked if t in bag) / total for bag in around]


def _beside(row: int, pool: Pool) -> list[int]:
    return [j for j in (row - 1, row + 1) if 0 <= j < len(pool) and pool[j][0] == pool[row][0]]


def _bigrams(question: str, pool: Pool) -> list[float]:
    pairs = ngrams(words(question), 2)
    return [len(pairs & ngrams(words(s.text), 2)) / max(len(pairs), 1) for _, s in pool]


def _standing(passages: Sequence[tuple[str, float]], pool: Pool) -> list[float]:
    """How far each sentence's passage lies below the best one, in standard deviations of the given scores."""
    scores = np.asarray([score for _, score in passages], dtype=np.float64)
    spread = float(scores.std()) or 1.0
    return [float(scores[place] - scores.max()) / spread for place, _ in pool]


def _cued(question: str, asked: Sequence[str], pool: Pool) -> list[float]:
    """1 where a number, date, name, place or reason that the question asks for stands beside the question's own
    words.
    """
    cues = [found for wanted, found in _CUES if wanted.search(question)]
    if not cues:
        return [0.5] * len(pool)
    known = set(asked)
    rests = [_WORD.sub(lambda m: "" if stem(m.group()) in known else m.group(), s.text) for _, s in pool]
    return [float(any(cue.search(rest) for cue in cues)) for rest in rests]


def _shares(wanted: set[str], found: Sequence[set[str]]) -> list[float]:
    return [len(wanted & seen) / len(wanted) if wanted else 0.5 for seen in found]


def _sizes(asked: Sequence[str], pool: Pool) -> tuple[list[float], list[float], list[float]]:
    """Whether a sentence is very short, its size, and how much it says beyond the question."""
    sizes = [len(set(words(s.text))) for _, s in pool]
    fresh = [len(set(content(s.text)) - set(asked)) for _, s in pool]
    return [float(n < 5) for n in sizes], [math.log1p(n) for n in sizes], [math.log1p(n) for n in fresh]


def _softmax(values: FloatArray) -> FloatArray:
    powers = np.exp(values - values.max())
    return np.asarray(powers / powers.sum(), dtype=np.float32)


def _extract(found: tuple[int, Sentence], score: float) -> Extract:
    place, sentence = found
    return Extract(text=sentence.text, passage=place, start=sentence.start, end=sentence.end, score=score)
