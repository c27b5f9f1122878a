"""What a sentence gains and loses by its form: definitions that are asked for, headings, questions, other rows."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from motadata_nb.rag.extractive.definitions import abbreviation, defines, spells_out
from motadata_nb.rag.extractive.noise import looks_like_heading
from motadata_nb.rag.extractive.rows import DASH
from motadata_nb.rag.extractive.units import Unit
from motadata_nb.rag.words.terms import content, names, words

__all__ = ["Pool", "merits"]

Pool = Sequence[tuple[int, Unit]]
"""Sentences, each with the place of its passage."""
_DEMERIT = 2.0
_DEFINED = 1.5
_SPELT_OUT = 6.0


def merits(question: str, pool: Pool, contexts: Sequence[str]) -> NDArray[np.float32]:
    """What a sentence loses for being a heading, a question itself, a mere announcement or a row about something
    else, and gains as a definition that is asked for.
    """
    short = abbreviation(question)
    defined = [
        _SPELT_OUT if short and spells_out(short, unit.text) else _DEFINED * good
        for good, (_, unit) in zip(defines(question, [unit.text for _, unit in pool]), pool, strict=True)
    ]
    stems = [set(words(unit.text)) for _, unit in pool]
    named = names(question) & set().union(*stems)
    labelled = _labelled(question, pool)
    idle = [
        _is_idle(unit)
        or (unit.row and bool(named) and not named & (found | set(words(contexts[place]))))
        or (unit.row and bool(labelled) and not labelled & found)
        for (place, unit), found in zip(pool, stems, strict=True)
    ]
    return np.asarray([good - _DEMERIT * bad for good, bad in zip(defined, idle, strict=True)], dtype=np.float32)


def _labelled(question: str, pool: Pool) -> set[str]:
    """The words of a question by which some rows are called, and others are not."""
    labels = [set(words(unit.label)) for _, unit in pool if unit.label]
    if not labels:
        return set()
    everywhere = set[str].intersection(*labels)
    return set(content(question)) & set[str]().union(*labels) - everywhere


def _is_idle(unit: Unit) -> bool:
    return (looks_like_heading(unit.text) and not _has_values(unit)) or (
        unit.text.endswith(("?", ":")) and not unit.shown
    )


def _has_values(unit: Unit) -> bool:
    """Whether it is a row with more than its label."""
    return unit.row and (DASH in unit.shown or bool(unit.label))
