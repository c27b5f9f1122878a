"""What of a sentence tells that it answers a question: words, neighbours, its passage, the kind of answer, meaning."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Sequence, Set
from functools import cached_property, lru_cache

import numpy as np
from numpy.typing import NDArray

from motadata_nb.rag.extractive.asked import LIGHT
from motadata_nb.rag.extractive.cues import PRONOUN, asked_kinds, counted, held, rest
from motadata_nb.rag.extractive.foreign import ASKING_VERBS, kin
from motadata_nb.rag.extractive.units import Unit
from motadata_nb.rag.extractive.unknown import unknown_names
from motadata_nb.rag.words.languages import folded, foreign_words, is_german
from motadata_nb.rag.words.terms import content, names, ngrams, numbers, stem, words

__all__ = ["FEATURES", "LEXICAL", "Reading"]

FloatArray = NDArray[np.float32]
Idf = Callable[[str], float]
Pool = Sequence[tuple[int, Unit]]

_BEGINNING = 4
_STEM = 5
_KINDS = ("year", "percent", "money", "person", "means", "called", "several")
LEXICAL = (
    "overlap", "fuzzy", "around", "union", "before", "rare", "lower", "bigrams", "passage", "covered", "named",
    "most", "rank", "first", "share", "cue", "names", "numbers", "short", "long", "fresh", "capitals", "count",
    "pronoun", *_KINDS,
)  # fmt: skip
"""What the words alone tell."""
FEATURES = (*LEXICAL, "cosine", "square", "cosine_around", "cosine_before", "nearest", "below", "place", "cued", "mean")
_NAMING = re.compile(r"\b(?:who|whom|whose|which|what|where)\b", re.IGNORECASE)


@lru_cache(maxsize=4096)
def _stems(text: str) -> tuple[str, ...]:
    """Passages come again with the next question."""
    return tuple(words(text))


@lru_cache(maxsize=1024)
def _begun_words(text: str) -> frozenset[str]:
    return frozenset(word[:_STEM] for word in _stems(text))


class Reading:
    """A question beside the sentences of its passages; sentences of one passage follow each other in the pool."""

    def __init__(
        self,
        question: str,
        passages: Sequence[tuple[str, float]],
        contexts: Sequence[str],
        pool: Pool,
        idf: Idf,
    ) -> None:
        self.question, self.passages, self.contexts, self.pool = question, passages, contexts, pool
        foreign = foreign_words(question)
        idle = {stem(word) for word in (foreign | ASKING_VERBS if foreign else foreign)}
        self.asked = [word for word in dict.fromkeys(content(question)) if word not in idle]
        self.weights = {word: idf(word) for word in self.asked}
        self._stems = [_stems(unit.text) for _, unit in pool]
        self._bags = [set(stems) for stems in self._stems]
        self._names = set() if is_german(question) else names(question)
        self._kin = self._akin() if foreign else {}
        for bag in self._bags:
            bag.update(word for word, others in self._kin.items() if not bag.isdisjoint(others))
        self._places = np.asarray([place for place, _ in pool])

    @cached_property
    def lexical(self) -> FloatArray:
        """The matrix sentences × :data:`LEXICAL`."""
        overlap = self._overlap(self._bags)
        kinds = asked_kinds(self.question)
        rests = [rest(unit.text, set(self.asked)) for _, unit in self.pool]
        columns = [
            overlap, self._fuzzy(), self._overlap(self._around), self._union(), self._before(overlap),
            self._rare(), self._lower(), self._bigrams(), self._standing(), self._of_passage(self.covered),
            self._of_passage(self.named), self._most(overlap), self._of_passage(self._ranks()), self._first(),
            self._share_of_passage(), self._cued(kinds, rests), self._shares(self._names, self._bags),
            self._shares(numbers(self.question), [numbers(unit.text) for _, unit in self.pool]), *self._sizes(),
            self._capitals(rests), counted(self.question, [unit.text for _, unit in self.pool]),
            self._pronouns(overlap), *(held(k, rests) if k in kinds else [0.0] * len(rests) for k in _KINDS),
        ]  # fmt: skip
        return np.asarray(columns, dtype=np.float32).T

    def matrix(self, rows: Sequence[int], cosines: FloatArray, vectors: FloatArray, asked: FloatArray) -> FloatArray:
        """The matrix of *rows* × :data:`FEATURES`; the vectors are those of the rows, and of the question."""
        at = {row: i for i, row in enumerate(rows)}
        places = self._places[list(rows)]

        def beside(row: int, step: int) -> float:
            near = at.get(row + step)
            return float(cosines[near]) if near is not None and places[near] == self._places[row] else 0.0

        nearest = {place: float(cosines[places == place].max()) for place in set(places.tolist())}
        top = np.asarray([nearest[place] for place in places.tolist()])
        means = {place: vectors[places == place].mean(axis=0) for place in nearest}
        mean = {place: float(asked @ row) / (float(np.linalg.norm(row)) + 1e-6) for place, row in means.items()}
        before = [beside(row, -1) for row in rows]
        around = [max(b, beside(row, 1)) for b, row in zip(before, rows, strict=True)]
        lexical = self.lexical[list(rows)]
        cue = lexical[:, LEXICAL.index("cue")]
        order = np.argsort(np.argsort(-cosines, kind="stable"), kind="stable")
        columns = [
            cosines, cosines**2, around, before, top, cosines - top, np.log1p(order), cue * cosines,
            [mean[place] for place in places.tolist()],
        ]  # fmt: skip
        return np.column_stack([lexical, *columns]).astype(np.float32)

    def _akin(self) -> dict[str, set[str]]:
        """Other forms and compounds of the question's words in the passages: other languages have more of them."""
        seen = {other: folded(other) for bag in self._bags for other in bag}
        return {word: others for word in self.asked if word not in seen and (others := kin(word, seen))}

    # -- words ----------------------------------------------------------------------------------------------------

    def _overlap(self, bags: Sequence[set[str]]) -> list[float]:
        total = sum(self.weights.values()) or 1.0
        return [sum(self.weights[word] for word in self.asked if word in bag) / total for bag in bags]

    def _begun(self, bags: Sequence[Set[str]], letters: int, weights: dict[str, float]) -> list[float]:
        total = sum(weights.values()) or 1.0
        starts = [{word[:letters] for word in bag} for bag in bags]
        return [sum(w for word, w in weights.items() if word[:letters] in begun) / total for begun in starts]

    def _fuzzy(self) -> list[float]:
        return self._begun(self._bags, _BEGINNING, self.weights)

    @cached_property
    def _around(self) -> list[set[str]]:
        return [bag.union(*(self._bags[j] for j in self._beside(row))) for row, bag in enumerate(self._bags)]

    def _beside(self, row: int) -> list[int]:
        return [j for j in (row - 1, row + 1) if 0 <= j < len(self.pool) and self._places[j] == self._places[row]]

    def _union(self) -> list[float]:
        """With what the passage stands under."""
        above = [_begun_words(context) for context in self.contexts]
        bags = [bag | above[place] for (place, _), bag in zip(self.pool, self._bags, strict=True)]
        return self._begun(bags, _STEM, self.weights)

    def _before(self, overlap: Sequence[float]) -> list[float]:
        return [overlap[row - 1] if row - 1 in self._beside(row) else 0.0 for row in range(len(self.pool))]

    def _rare(self) -> list[float]:
        """The words weighted by how few of these sentences have them."""
        starts = [{word[:_BEGINNING] for word in bag} for bag in self._bags]
        size = len(starts)
        often = {word: sum(word[:_BEGINNING] in begun for begun in starts) for word in self.asked}
        local = {word: math.log(1 + (size - n + 0.5) / (n + 0.5)) for word, n in often.items() if n}
        return self._begun(self._bags, _BEGINNING, local)

    def _lower(self) -> list[float]:
        """The words that are no names: what is said of somebody, rather than of whom."""
        return self._begun(self._bags, _STEM + 9, self.plain)

    def _bigrams(self) -> list[float]:
        pairs = ngrams(words(self.question), 2)
        return [len(pairs & ngrams(stems, 2)) / max(len(pairs), 1) for stems in self._stems]

    # -- passages -------------------------------------------------------------------------------------------------

    @cached_property
    def known(self) -> list[frozenset[str]]:
        """The beginnings of the words of each passage and of what it stands under."""
        pairs = zip(self.passages, self.contexts, strict=True)
        found = [_begun_words(text) | _begun_words(context) for (text, _), context in pairs]
        begun = {word[:_STEM]: {other[:_STEM] for other in others} for word, others in self._kin.items()}
        return [one.union(w for w, others in begun.items() if not one.isdisjoint(others)) for one in found]

    @cached_property
    def unseen(self) -> dict[str, float]:
        """The question's words that stand in no passage, with their idf."""
        everywhere = set().union(*self.known)
        return {word: weight for word, weight in self.weights.items() if word[:_STEM] not in everywhere}

    @cached_property
    def plain(self) -> dict[str, float]:
        """The question's words that are no names, with their idf: what is asked of somebody, rather than of whom."""
        named = self._names
        return {word: weight for word, weight in self.weights.items() if word not in named}

    def unsaid(self, place: int) -> float:
        """The share of the plain words, by idf, that one passage and what it stands under do not have."""
        telling = {word: weight for word, weight in self.plain.items() if word not in LIGHT}
        total = sum(telling.values())
        away = (weight for word, weight in telling.items() if word[:_STEM] not in self.known[place])
        return sum(away) / total if total else 0.0

    @cached_property
    def missing(self) -> set[str]:
        """The question's names that stand in no passage, in no spelling."""
        return unknown_names(
            self.question, [f"{t} {c}" for (t, _), c in zip(self.passages, self.contexts, strict=True)]
        )

    @cached_property
    def covered(self) -> list[float]:
        """The share of the question's idf in each passage."""
        return self._begun(self.known, _STEM, self.weights)

    @cached_property
    def named(self) -> list[float]:
        """The share of the question's names in each passage."""
        wanted = self._names
        return [sum(n[:_STEM] in k for n in wanted) / len(wanted) if wanted else 0.5 for k in self.known]

    def _of_passage(self, values: Sequence[float]) -> list[float]:
        return [values[place] for place, _ in self.pool]

    def _standing(self) -> list[float]:
        """How far each sentence's passage lies below the best one, in standard deviations of the given scores."""
        scores = np.asarray([score for _, score in self.passages], dtype=np.float64)
        spread = float(scores.std()) or 1.0
        return [float(scores[place] - scores.max()) / spread for place, _ in self.pool]

    def _ranks(self) -> list[float]:
        order = np.argsort([-score for _, score in self.passages], kind="stable")
        return np.log1p(np.argsort(order, kind="stable")).tolist()  # type: ignore[no-any-return]  # numbers

    def _most(self, overlap: Sequence[float]) -> list[float]:
        """The best overlap of a sentence of the same passage."""
        best: dict[int, float] = {}
        for (place, _), value in zip(self.pool, overlap, strict=True):
            best[place] = max(value, best.get(place, 0.0))
        return [best[place] for place, _ in self.pool]

    def _first(self) -> list[float]:
        return [float(row - 1 not in self._beside(row)) for row in range(len(self.pool))]

    def _share_of_passage(self) -> list[float]:
        whole = [max(len(text), 1) for text, _ in self.passages]
        return [len(unit.text) / whole[place] for place, unit in self.pool]

    # -- the kind of answer ---------------------------------------------------------------------------------------

    def _cued(self, kinds: Sequence[str], rests: Sequence[str]) -> list[float]:
        """1 where any kind of answer that is asked for stands beside the question's own words; 0.5 if none is."""
        found = [held(kind, rests) for kind in kinds if kind not in _KINDS]
        return [max(column) for column in zip(*found, strict=True)] if found else [0.5] * len(rests)

    def _capitals(self, rests: Sequence[str]) -> list[float]:
        """How many new names there are, where one may be asked for."""
        asked = _NAMING.search(self.question) is not None
        return [math.log1p(len(names(text))) * asked for text in rests]

    def _pronouns(self, overlap: Sequence[float]) -> list[float]:
        """The overlap of the sentence before one that begins with a pronoun."""
        before = self._before(overlap)
        return [b * (PRONOUN.match(unit.text) is not None) for b, (_, unit) in zip(before, self.pool, strict=True)]

    @staticmethod
    def _shares(wanted: set[str], found: Sequence[set[str]]) -> list[float]:
        return [len(wanted & seen) / len(wanted) if wanted else 0.5 for seen in found]

    def _sizes(self) -> tuple[list[float], list[float], list[float]]:
        """Whether a sentence is very short, its size, and how much it says beyond the question."""
        sizes = [len(bag) for bag in self._bags]
        fresh = [len(set(content(unit.text)) - set(self.asked)) for _, unit in self.pool]
        return [float(n < 5) for n in sizes], [math.log1p(n) for n in sizes], [math.log1p(n) for n in fresh]
