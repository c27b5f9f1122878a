"""How much of what a question asks for is missing from the sentence that is to answer it: the verb, the thing, what is
counted, the kind of answer.

A passage about the right thing is not yet an answer: "Who publishes X?" needs a sentence that speaks of publishing.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from motadata_nb.rag.extractive.asked import asked_words, telling
from motadata_nb.rag.extractive.foreign import foreign_gaps
from motadata_nb.rag.extractive.kinds import lacks_kind
from motadata_nb.rag.extractive.rowed import is_of_other_row, prices_another
from motadata_nb.rag.extractive.swapped import swapped
from motadata_nb.rag.words.languages import foreign_words, is_foreign
from motadata_nb.rag.words.polarity import opposed
from motadata_nb.rag.words.sisters import asks_of_another
from motadata_nb.rag.words.stopwords import STOP_WORDS
from motadata_nb.rag.words.terms import names, stem, words

__all__ = ["GONE", "Place", "RELATION", "gaps"]

RELATION = (
    "soft", "soft_near", "worst", "worst_near", "nothing", "does", "thing", "counted", "type", "last", "outside",
    "kind",
)  # fmt: skip
"""What :func:`gaps` gives, each from 0, nothing is missing, to 1."""

_BEGINNING = 5
"""Letters that tell a word in all its inflections."""
_SHORT = 6
"""Letters up to which a word still has an ending among its first five."""
_ENDING = re.compile(r"(?:e[sd]|[esd])$")
_UNLIKE, _ALIKE = 0.3, 0.7
"""Cosines of two words below which they have nothing to do with each other, and from which one may stand for the
other: founded and funded have 0.46, permitted and allowed 0.88."""
_ANOTHER, _BESIDE = 0.9, 0.6
"""What another word counts, and what the same word in the sentence before or after."""
_HARDLY = 0.35
"""Share below which a word is not held: others of the sentence are merely from the same field."""
_WORD = re.compile(r"[^\W\d_][\w'\u2019-]*")
GONE = 0.85
"""Share that is missing from which nothing like the word stands there."""
_NAME = re.compile(r"(?:(?<=[^\s.!?]\s[\"'(\u201c\u2018])|(?<=[^\s.!?]\s)|^\W*)(?P<name>[A-Z][\w.&-]*)")
_QUOTED = re.compile(r"(?<=[\"\u201c\u2018])\w+")
Embed = Callable[[Sequence[str]], NDArray[np.float32]]


class Place(NamedTuple):
    """A sentence and what stands around it."""

    sentence: str
    """With the heading above it, if there is one."""
    bare: str
    """Without."""
    beside: str
    """The sentences before and after it."""
    above: str
    """Title and headings."""
    whole: str = ""
    """The passage."""
    row: bool = False
    """Whether it is a row of a table."""
    label: str = ""
    """What the row is about, where that is known."""


def gaps(question: str, place: Place, weights: Mapping[str, float], embed: Embed) -> dict[str, float]:
    """:data:`RELATION` of the sentence; *weights* is the inverse document frequency of the question's words."""
    unfit = (
        lacks_kind(question, place.bare) or _is_of_another(question, place) or _is_about_another(question, place, embed)
    )
    if is_foreign(question):
        found = foreign_gaps(question, place.sentence, place.above, place.beside, weights)
        unnamed = found["type"] > GONE and not _names_something(question, place.bare)
        # An answer in other words, which letters do not tell, names what it is one of more seldom than in English.
        return dict.fromkeys(RELATION, 0.0) | found | {"type": 0.0, "kind": float(unfit or unnamed)}
    return _english_gaps(question, place, weights, embed) | ({"kind": 1.0} if unfit else {})


def _english_gaps(question: str, place: Place, weights: Mapping[str, float], embed: Embed) -> dict[str, float]:
    wanted, named = telling(question), names(question)
    inside = _inside(wanted, place.sentence, embed)
    near = _near(inside, place)
    told = near | _near(dict.fromkeys(named, 0.0), place)
    total = sum(weights.get(key, 1.0) for key in wanted) or 1.0
    seen = _begun(place.sentence) | _begun(place.above)

    def missing(part: Sequence[str], held: Mapping[str, float]) -> list[float]:
        return [1 - held[stem(word)] for word in part]

    does, thing, counted, kind, last = asked_words(question)
    # Of "what theorem defines", the theorem is enough; "what interfered" asks for no kind.
    asks = bool(kind) and not any(word.endswith("ed") for word in kind)
    unnamed = asks and min(missing(kind, near)) > GONE and not _names_something(question, place.bare)
    return {
        "soft": sum(weights.get(key, 1.0) * (1 - held) for key, held in inside.items()) / total,
        "soft_near": sum(weights.get(key, 1.0) * (1 - held) for key, held in near.items()) / total,
        "worst": max((1 - held for held in inside.values()), default=0.0),
        "worst_near": max((1 - held for held in near.values()), default=0.0),
        "nothing": float(bool(wanted) and max(inside.values()) < _HARDLY),
        "does": max(missing(does, inside), default=0.0),
        "thing": max(missing(thing, told), default=0.0),
        "counted": min(missing(counted, near), default=0.0),
        "type": max(missing(kind, near), default=0.0),
        "last": max(missing(last, inside), default=0.0),
        "outside": sum(_beginning(name) not in seen for name in named) / len(named) if named else 0.0,
        "kind": float(unnamed or _swapped(question, place, embed)),
    }


def _names_something(question: str, sentence: str) -> bool:
    """Whether a sentence has a name or a word in quotation marks that the question does not have."""
    known, idle = set(words(question)), STOP_WORDS | foreign_words(question)
    found = [match["name"] for match in _NAME.finditer(sentence)] + _QUOTED.findall(sentence)
    return any(stem(word) not in known and word.lower() not in idle for word in found)


def _is_of_another(question: str, place: Place) -> bool:
    """Whether the sentence, or what stands beside it, is about somebody or something else of a group."""
    if place.row:
        # The other rows are about others.
        return asks_of_another(question, place.bare, f"{place.above}\n{place.bare}")
    whole = f"{place.above}\n{place.whole}"
    return any(asks_of_another(question, text, whole) for text in (place.bare, place.beside))


def _is_about_another(question: str, place: Place, embed: Embed) -> bool:
    """Whether a row is not that of what is asked for, or a price that of something else."""
    if place.row:
        return is_of_other_row(question, place.bare, place.above, embed, place.label)
    return prices_another(question, place.sentence, place.above, place.beside, place.whole, embed)


def _swapped(question: str, place: Place, embed: Embed) -> bool:
    """Whether the sentence has, before the same word, another one than the question has, which is nowhere near."""
    known = _begun(f"{place.above}\n{place.whole}")
    pairs = [(a, b) for a, b in swapped(question, place.bare) if _beginning(stem(a)) not in known]
    if any(opposed(a, b) for a, b in pairs):
        return True
    vectors = embed([word.lower() for pair in pairs for word in pair]) if pairs else np.zeros((0, 1), np.float32)
    return any(float(vectors[n] @ vectors[n + 1]) < _ALIKE for n in range(0, len(vectors), 2))


def _begun(text: str) -> set[str]:
    return {_beginning(word) for word in words(text)}


def _beginning(key: str) -> str:
    """What the stems of inflected forms share; short ones still have an ending: move, moves, moved."""
    bare = _ENDING.sub("", key) if len(key) <= _SHORT else key
    return (bare if len(bare) > 2 else key)[:_BEGINNING]


def _inside(wanted: Mapping[str, str], sentence: str, embed: Embed) -> dict[str, float]:
    """How far each word stands in the sentence: 1 in any inflection, less for another word of like meaning."""
    begun = _begun(sentence)
    held = {key: float(_beginning(key) in begun) for key in wanted}
    away = [wanted[key].lower() for key, share in held.items() if not share]
    others = list(dict.fromkeys(w.lower() for w in _WORD.findall(sentence) if w.lower() not in STOP_WORDS))
    if not away or not others:
        return held
    vectors = embed([*away, *others])
    alike = vectors[: len(away)] @ vectors[len(away) :].T
    for word, row in zip(away, alike, strict=True):
        best = max((c for c, other in zip(row.tolist(), others, strict=True) if not opposed(word, other)), default=0.0)
        share = min(max((best - _UNLIKE) / (_ALIKE - _UNLIKE), 0.0), 1.0)
        held[stem(word)] = _ANOTHER * share
    return held


def _near(inside: Mapping[str, float], place: Place) -> dict[str, float]:
    above, beside = _begun(f"{place.above} {place.sentence}"), _begun(place.beside)
    return {
        key: max(held, 1.0 if _beginning(key) in above else _BESIDE if _beginning(key) in beside else 0.0)
        for key, held in inside.items()
    }
