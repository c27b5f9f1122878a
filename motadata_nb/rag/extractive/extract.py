"""The extractive answer: the best sentences of the best passages with their spans, or the decision that none fits."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from motadata_nb.embeddings.passages import HEADING_SEPARATOR
from motadata_nb.rag.extractive.attributes import asked_attribute, is_spoken_of
from motadata_nb.rag.extractive.bearing import bears, bears_off
from motadata_nb.rag.extractive.cues import PRONOUN, asked_kinds, held, rest
from motadata_nb.rag.extractive.definitions import abbreviation, asks_for_words, spells_out
from motadata_nb.rag.extractive.extraction import Extract, Extraction
from motadata_nb.rag.extractive.features import FEATURES, LEXICAL, Reading
from motadata_nb.rag.extractive.kinds import lacks_kind
from motadata_nb.rag.extractive.labels import (
    Label,
    asked_beside,
    asked_label,
    is_mentioned,
    items,
    names_only,
    stands_under,
    unlabelled,
)
from motadata_nb.rag.extractive.merits import Pool, merits
from motadata_nb.rag.extractive.noise import is_filler
from motadata_nb.rag.extractive.relation import Place, gaps
from motadata_nb.rag.extractive.superlatives import asks_for_extreme, extreme_rows, says_extreme
from motadata_nb.rag.extractive.support import answer_support, refusal_threshold, signs
from motadata_nb.rag.extractive.units import Unit, is_record, units
from motadata_nb.rag.extractive.unknown import unknown_names
from motadata_nb.rag.extractive.unlike import once
from motadata_nb.rag.extractive.weights import LIKELY, WORTH
from motadata_nb.rag.words.acronyms import spelled_out
from motadata_nb.rag.words.polarity import negated
from motadata_nb.rag.words.terms import content, names, numbers
from motadata_nb.rag.words.weekdays import within_days

__all__ = ["Embed", "Idf", "extract_answer"]

FloatArray = NDArray[np.float32]
Embed = Callable[[Sequence[str]], FloatArray]
Idf = Callable[[str], float]

MOST = 14
"""Sentences that are embedded for an answer."""

_UNFIT = 2.0
"""What a sentence loses that has nothing of the kind that is asked for."""
_FOLLOWS = 0.5
_YEAR = re.compile(r"\b(?:19|20)\d{2}\b")
_YES_OR_NO = re.compile(
    r"\W*(?:is|are|was|were|do|does|did|can|could|may|must|should|will|has|have|had)\b", re.IGNORECASE
)


def extract_answer(
    question: str,
    passages: Sequence[tuple[str, float]],
    embed: Embed,
    idf: Idf,
    k: int = 3,
    threshold: float | None = None,
    contexts: Sequence[str] = (),
) -> Extraction:
    """The *k* best sentences of *passages* for *question*.

    *passages* are (text, score), best first; *embed* gives a unit row per text, *idf* the inverse document frequency
    of a word; *contexts* say what each passage stands under: title and headings, parted by " > ". *threshold* is the
    support from which an answer is given; without it that of the question's language and of what is missing.
    Embedded are the question and the :data:`MOST` sentences that are likeliest by their words, at once; then single
    words, which come again with other questions.
    """
    contexts = contexts or [""] * len(passages)
    if (label := asked_label(question)) and (found := _labelled(label, question, passages, embed, idf, k, contexts)):
        return found
    question = spelled_out(question, [text for text, _ in passages])
    whole, question = question, within_days(question, [text for text, _ in passages])
    pool = _candidates(question, passages, contexts)
    if not pool or not question.strip():
        return Extraction(sentences=(), support=0.0, supported=False)
    reading = Reading(question, passages, contexts, pool, idf)
    rows = _likeliest(reading)
    pool = [pool[row] for row in rows]
    matrix, belief, off = _believed(reading, rows, embed, whole)
    order = np.argsort(-belief, kind="stable").tolist()
    first = order[0]
    spoken = _speaks_of(question, pool, first, contexts, embed)
    missing = gaps(question, _place(reading.pool, rows[first], contexts, passages), reading.weights, embed)
    seen = signs(reading, matrix, first, float(belief[first]), place=pool[first][0], spoken=spoken, missing=missing)
    support = 0.0 if off else answer_support(question, seen)
    best = tuple(_extract(pool[row], float(belief[row])) for row in once(order, pool)[:k])
    least = refusal_threshold(question, seen) if threshold is None else threshold
    supported = not off and _is_supported(question, pool[first][1], enough=support >= least)
    found = Extraction(sentences=best, support=support, supported=supported, signs=seen)
    return _extreme(question, found, pool[first], passages, contexts) if asks_for_extreme(question) else found


def _extreme(
    question: str, found: Extraction, first: tuple[int, Unit], passages: Sequence[tuple[str, float]],
    contexts: Sequence[str],
) -> Extraction:  # fmt: skip
    """The row with the largest or smallest value, where a table is asked for it; no other row instead."""
    place, unit = first
    said = says_extreme(unit.text)
    ranked = extreme_rows(question, [text for text, _ in passages], contexts)
    if ranked and ranked.rows and not (found.supported and said):
        best = tuple(_extract((ranked.passage, row), 1 / len(ranked.rows)) for row in ranked.rows)
        return Extraction(sentences=best, support=1.0, supported=True)
    compared = ranked is not None and place == ranked.passage and any(a <= unit.start < b for a, b in ranked.every)
    return replace(found, supported=found.supported and (said or not (compared or is_record(unit))))


def _believed(reading: Reading, rows: Sequence[int], embed: Embed, whole: str) -> tuple[FloatArray, FloatArray, bool]:
    """Of those of the sentences: their features, and the share of the belief that each has the answer; and whether the
    best one is about another day or rate than *whole*, the question, or merely the next to one that is.
    """
    question, pool = reading.question, [reading.pool[row] for row in rows]
    embedded = embed([question, *(unit.text for _, unit in pool)])
    matrix = reading.matrix(rows, np.asarray(embedded[1:] @ embedded[0], np.float32), embedded[1:], embedded[0])
    worth = matrix @ np.asarray([WORTH[name] for name in FEATURES], dtype=np.float32)
    worth = worth + merits(question, pool, reading.contexts)
    worth -= _UNFIT * np.asarray([lacks_kind(question, unit.text) for _, unit in pool], dtype=np.float32)
    off = np.asarray([bears_off(whole, unit.text) for _, unit in pool], dtype=np.float32)
    nearest, best = int(np.argmax(worth)), int(np.argmax(worth - _UNFIT * off))
    beside = nearest != best and not bears(whole, pool[best][1].text)
    return matrix, _led_on(question, pool, _softmax(worth - _UNFIT * off)), beside or bool(off[best])


def _is_supported(question: str, best: Unit, *, enough: bool) -> bool:
    """Whether the best sentence answers; *enough* is what its support alone says."""
    supported = enough and not _of_another_year(question, best)
    if short := abbreviation(question):
        # What it stands for is said, or it is not.
        return spells_out(short, best.text) or (supported and not asks_for_words(question))
    return supported


def _labelled(
    label: Label, question: str, passages: Sequence[tuple[str, float]], embed: Embed, idf: Idf, k: int,
    contexts: Sequence[str],
) -> Extraction | None:  # fmt: skip
    """The items with the label that is asked for, or what answers the rest of the question below it."""
    texts = [text for text, _ in passages]
    found, rest = items(label, texts, contexts), asked_beside(question)
    best = tuple(_extract(found[row], 1 / len(found)) for row in once(range(len(found)), found)[:k])
    whole = Extraction(sentences=best, support=float(bool(best)), supported=bool(best))
    if names_only(question):
        known = best or any(is_mentioned(label, f"{at}\n{text}") for at, text in zip(contexts, texts, strict=True))
        return None if known and not best else whole
    under = {place for place, _ in found} | {n for n, context in enumerate(contexts) if stands_under(label, context)}
    below = sorted(under)
    if not below:
        return None
    inner = extract_answer(
        unlabelled(question), [passages[n] for n in below], embed, idf, k, contexts=[contexts[n] for n in below]
    )
    inner = replace(inner, sentences=tuple(replace(s, passage=below[s.passage]) for s in inner.sentences))
    said = set(content(inner.sentences[0].text)) if inner.sentences else set()
    if not said & rest:
        return whole if not rest and best else replace(inner, supported=False)
    return replace(inner, supported=True)


def _of_another_year(question: str, unit: Unit) -> bool:
    """Whether a row of a table is about other years than the question."""
    asked, said = (set(_YEAR.findall(text)) for text in (question, unit.text))
    return is_record(unit) and bool(asked) and bool(said) and not asked & said


def _place(pool: Pool, row: int, contexts: Sequence[str], passages: Sequence[tuple[str, float]]) -> Place:
    place, unit = pool[row]
    beside = (pool[at][1].text for at in (row - 1, row + 1) if 0 <= at < len(pool) and pool[at][0] == place)
    bare = unit.text if unit.row or unit.shown else unit.cited
    # Prose may look like a row that is written out, but for its end.
    is_row = is_record(unit) and (unit.row or not unit.text.endswith("."))
    return Place(unit.text, bare, " ".join(beside), contexts[place], passages[place][0], is_row, unit.label)


def _speaks_of(question: str, pool: Pool, best: int, contexts: Sequence[str], embed: Embed) -> bool:
    """Whether what is asked for, and of whom or what, are spoken of where the best sentence stands."""
    noun, place = asked_attribute(question), pool[best][0]
    if not noun:
        return True
    texts = [contexts[place], *(unit.text for at, unit in pool if at == place)]
    named = names(question)
    return (not named or unknown_names(question, texts) != named) and is_spoken_of(noun, texts, embed)


def _candidates(
    question: str, passages: Sequence[tuple[str, float]], contexts: Sequence[str]
) -> list[tuple[int, Unit]]:
    """All that says something beyond the question and is no heading; what answers yes or no may repeat it."""
    asked = {*content(question), *numbers(question)}
    echoes = _YES_OR_NO.match(question) is not None
    headings = [set(context.split(HEADING_SEPARATOR)) for context in contexts]
    every = ((i, unit) for i, (text, _) in enumerate(passages) for unit in units(text, contexts[i]))
    return [
        (i, unit)
        for i, unit in every
        if unit.text not in headings[i]
        and (echoes or negated(unit.text) or {*content(unit.text), *numbers(unit.text)} - asked)
        and not is_filler(unit.text)
    ]


def _likeliest(reading: Reading) -> list[int]:
    """The sentences that are best by words, in their order: embedding them all would take most of the time."""
    if len(reading.pool) <= MOST:
        return list(range(len(reading.pool)))
    weights = np.asarray([LIKELY[name] for name in LEXICAL], dtype=np.float32)
    worth = reading.lexical @ weights + merits(reading.question, reading.pool, reading.contexts)
    return sorted(np.argsort(-worth, kind="stable")[:MOST].tolist())


def _led_on(question: str, pool: Pool, belief: FloatArray) -> FloatArray:
    """The belief, nearly that of the best sentence for the one after it, where a person is asked for, only the second
    names one, and it begins with a pronoun for what the first is about.
    """
    best = int(np.argmax(belief))
    after = best + 1
    if "person" not in asked_kinds(question) or after >= len(pool) or pool[after][0] != pool[best][0]:
        return belief
    known = set(content(question))
    named = held("person", [rest(pool[row][1].text, known) for row in (best, after)])
    if named == [0.0, 1.0] and PRONOUN.match(pool[after][1].text):
        belief = belief.copy()
        belief[after] = max(belief[after], _FOLLOWS * belief[best])
    return belief


def _softmax(values: FloatArray) -> FloatArray:
    powers = np.exp(values - values.max())
    return np.asarray(powers / powers.sum(), dtype=np.float32)


def _extract(found: tuple[int, Unit], score: float) -> Extract:
    place, unit = found
    return Extract(text=unit.cited, passage=place, start=unit.start, end=unit.end, score=score, shown=unit.shown)
