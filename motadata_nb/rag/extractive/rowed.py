"""Whether a row of a table is that of what is asked for, and a price that of the thing whose price is asked."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray

from motadata_nb.rag.extractive.asked import telling
from motadata_nb.rag.extractive.cues import PRONOUN
from motadata_nb.rag.extractive.rows import DASH
from motadata_nb.rag.words.languages import folded, foreign_words
from motadata_nb.rag.words.months import ENGLISH_MONTH, FOREIGN_MONTH, month_number
from motadata_nb.rag.words.stopwords import STOP_WORDS
from motadata_nb.rag.words.terms import names

__all__ = ["is_of_other_row", "prices_another"]

Embed = Callable[[Sequence[str]], NDArray[np.float32]]
_WORD = re.compile(r"[^\W\d_][\w'\u2019-]*")
_CODE = re.compile(r"\b(?=[\w-]*\d)(?=[\w-]*[A-Za-z])[A-Za-z]{1,4}-?\d+[A-Za-z]?\b")
"""A short name with a number: "A1", "B-12"."""
_MONTH = re.compile(rf"\b(?:{ENGLISH_MONTH}|{FOREIGN_MONTH})\b", re.IGNORECASE)
_BEGINNING = 5
_ALIKE = 0.5
"""Cosine of two words from which a label may mean the word of the question: sales and revenue, kids and child."""
_PRICE = re.compile(
    r"^\W*(?:(?:what|how much)\s+(?:do|does|did|will|would)\s+(?P<cost>.+?)\s+(?:cost|sell\s+for)\b"
    r"|how\s+much\s+(?:is|are|was|were)\s+(?P<much>.+?)\W*$"
    r"|was\s+koste[tn]?e?n?\s+(?P<was>.+?)\W*$|wie\s?viel\s+koste[tn]?e?n?\s+(?P<viel>.+?)\W*$"
    r"|cu\u00e1nto\s+(?:cuestan?|valen?|cost\u00f3)\s+(?P<es>.+?)\W*$|combien\s+co\u00fbten?t?\s+(?P<fr>.+?)\W*$)",
    re.IGNORECASE,
)


_FOLLOWS = re.compile(r"\s(?:of|for|in|at|with|per|on|from|de|para|por|f\u00fcr|pro|mit|im|pour|\u00e0|par|au)\s", re.I)


def is_of_other_row(question: str, row: str, above: str, embed: Embed, label: str = "") -> bool:
    """Whether a row, as it reads in an answer, is about something else: no word of the question that is not the name
    of a column stands in it, nor one of like meaning in its label, which is read in it where it is not given.
    """
    if _is_elsewhere(_CODE.findall(question), _CODE.findall(row)) or _is_elsewhere(_months(question), _months(row)):
        return True
    first, columns = _parts(row)
    label = label or first
    idle = foreign_words(question)
    asked = {w for w in (*telling(question).values(), *_named(question)) if w.lower() not in idle}
    left = [word for word in asked if _begun(word) not in columns | _beginnings(above)]
    if not left or {_begun(word) for word in left} & _beginnings(row):
        return False
    if idle:
        return not any(_begun(w)[:4] in _begun(other) for w in left for other in _WORD.findall(label))
    return not _alike(left, [word for word in _WORD.findall(label) if word.lower() not in STOP_WORDS], embed)


def prices_another(question: str, sentence: str, above: str, before: str, whole: str, embed: Embed) -> bool:
    """Whether a sentence has nothing like the thing whose price is asked; in another language than English, although
    the passage has it elsewhere: there words of like meaning are not known.
    """
    match = _PRICE.match(question)
    thing = next((part for part in match.groups() if part), "") if match else ""
    idle = foreign_words(question) | STOP_WORDS
    wanted = [word for word in _WORD.findall(thing) if word.lower() not in idle]
    said = f"{sentence} {before if PRONOUN.match(sentence) else ''}"
    if (
        not wanted
        or {_begun(word) for word in wanted} & _beginnings(said)
        or _head(wanted, thing) in _beginnings(above)
    ):
        return False
    if foreign_words(question):
        return bool({_begun(word) for word in wanted} & _beginnings(whole))
    return not _alike(wanted, [word for word in _WORD.findall(sentence) if word.lower() not in idle], embed)


def _head(wanted: Sequence[str], thing: str) -> str:
    """The noun of a thing: "cap" in "a swimming cap for children"."""
    before = _WORD.findall(_FOLLOWS.split(thing)[0])
    return _begun(next((word for word in reversed(before) if word in wanted), wanted[-1]))


def _parts(row: str) -> tuple[str, set[str]]:
    """The label of a row, and the beginnings of the words of the names of its columns."""
    label, dash, rest = row.partition(DASH)
    if not dash:
        first, _, others = row.partition("; ")
        label, rest = first.partition(": ")[2], f"{first}; {others}"
    names_of = [cell.partition(": ")[0] for cell in rest.split("; ") if ": " in cell]
    return label, _beginnings(" ".join(names_of))


def _is_elsewhere(asked: Sequence[str], said: Sequence[str]) -> bool:
    """Whether both name something of the kind, and not the same."""
    return bool(asked and said) and {one.lower() for one in asked}.isdisjoint(one.lower() for one in said)


def _months(text: str) -> list[str]:
    return [str(month_number(match.group())) for match in _MONTH.finditer(text) if match.group()[:1].isupper()]


def _named(question: str) -> list[str]:
    stems = names(question)
    return [word for word in _WORD.findall(question) if any(folded(word).startswith(one) for one in stems)]


def _alike(asked: Sequence[str], said: Sequence[str], embed: Embed) -> bool:
    if not said:
        return False
    vectors = embed([word.lower() for word in (*asked, *said)])
    return bool((vectors[: len(asked)] @ vectors[len(asked) :].T).max() >= _ALIKE)


def _beginnings(text: str) -> set[str]:
    return {_begun(word) for word in _WORD.findall(text)}


def _begun(word: str) -> str:
    """What the forms of a word share."""
    own = folded(word)
    return (own.removesuffix("s") if len(own) <= _BEGINNING else own)[:_BEGINNING]
