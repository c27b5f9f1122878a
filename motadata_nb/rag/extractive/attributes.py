"""What of somebody or something a question asks for: the salary, in "What is the salary of the CEO?"."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray

from motadata_nb.rag.words.terms import content, stem, words

__all__ = ["ANSWERED_UNSAID", "asked_attribute", "is_spoken_of"]

_BEGINNING = 5
_ALIKE = 0.5
"""Cosine from which two words may stand for each other: salary and pay, cost and price."""
_MOST = 80
_OF = re.compile(
    r"^\W*(?:what|which|who)(?:'s|\u2019s|\s+(?:is|was|are|were|will\s+be))\s+(?:the|an?|his|her|its|their|our)\s+"
    r"(?:[\w-]+\s+){0,3}?(?P<noun>[\w-]+)\s+of\b",
    re.IGNORECASE,
)
_OWNED = re.compile(
    r"^\W*(?:what|which|who)(?:'s|\u2019s|\s+(?:is|was|are|were))\s+(?:the\s+)?(?:[\w.-]+\s+){0,3}[\w.-]+"
    r"(?:'s|\u2019s|s'|s\u2019)\s+(?:[\w-]+\s+){0,2}?(?P<noun>[\w-]+)\s*\??\s*$",
    re.IGNORECASE,
)
_NUMBERED = re.compile(
    r"\b(account|fax|invoice|mobile|order|passport|phone|postal|registration|serial|tax|telephone|zip)"
    r" (?:code|number)\b",
    re.IGNORECASE,
)
"""There the word before says what it is."""
_LOOSE = """
aim amount area average benefit capital case cause class condition consequence content cost count date day definition
description difference dimension duration effect estimate example feature focus form frequency function goal group
idea impact importance influence interval kind length level limit list location main majority maximum meaning means
measure member method minimum month name nature nickname number object objective order origin outcome part percent
percentage period piece place point portion primary proportion purpose quality range rate ratio reason result role rule
section series set share size sort source stage state status step structure style subject sum synonym system term
temperature theme thing time title topic total type unit use value view way word year
"""
ANSWERED_UNSAID = frozenset(stem(word) for word in _LOOSE.split())
"""What an answer gives without saying the word: a name is no "name", and two years are no "duration"."""


def asked_attribute(question: str) -> str:
    """The noun that a passage must have, or a word like it, to answer; empty when a question asks otherwise."""
    match = _OF.match(question) or _OWNED.match(question)
    noun = match.group("noun") if match else ""
    if match and (told := _NUMBERED.search(match.group())):
        noun = told.group(1)
    # Participles and function words come from another construction.
    return "" if noun.lower().endswith(("ed", "ing")) or not content(noun) or stem(noun) in ANSWERED_UNSAID else noun


def is_spoken_of(noun: str, texts: Sequence[str], embed: Callable[[Sequence[str]], NDArray[np.float32]]) -> bool:
    """Whether one of *texts* has the noun, in any inflection, or a word of like meaning."""
    if stem(noun)[:_BEGINNING] in {word[:_BEGINNING] for text in texts for word in words(text)}:
        return True
    others = list(dict.fromkeys(word.lower() for text in texts for word in re.findall(r"[^\W\d_]{3,}", text)))[:_MOST]
    if not others:
        return False
    vectors = embed([noun.lower(), *others])
    return bool((vectors[1:] @ vectors[0]).max() >= _ALIKE)
