"""Documents that a question names: "Best Buy's margin in FY2017" and the title "BESTBUY 2017 10-K".

A passage of a long document seldom repeats what the document is about, and the words that do stand in many of its
passages, so that they weigh little there. A file may be named by its title or by its name: many a title says only "Q1
2023, Exhibit 99.1". Of documents whose titles differ in the year, those of the year that the question says are meant.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from itertools import pairwise

from motadata_nb.rag.search.feedback import keywords

__all__ = ["Names", "Naming"]

Names = tuple[str, ...]
"""What a document is called: its title, and the name of its file in words where that is another."""

_TELLING = 4.0
"""Inverse document frequency, summed over its terms, from which a title tells which document is meant; one word that is
in every fiftieth chunk has as much.
"""
_YEAR = re.compile(
    r"(?<![\d.,])(?:FY\s?[\u2019']?)?((?:19|20)\d\d)(?![\d%]|[.,]\d)|\bFY\s?[\u2019']?(\d\d)(?!\d)", re.IGNORECASE
)


class Naming:
    """What a question says of the names of documents. Each name is read once, in however many searches it is found.

    `asked` are the index terms of the question; two words of it that stand side by side count as one word too.
    """

    def __init__(
        self,
        question: str,
        asked: Iterable[str],
        analyze: Callable[[str], Sequence[str]],
        idf: Callable[[str], float],
    ) -> None:
        together = " ".join(one + other for one, other in pairwise(keywords(question)))
        self._years = _years(question)
        self._said = {*asked, *analyze(together)}
        self._analyze = analyze
        self._idf = idf
        self._terms: dict[str, set[str]] = {}
        self._parts: dict[str, float] = {}

    def shares(self, documents: Mapping[int, Names]) -> dict[int, float]:
        """How much the question says of one of the names of each document, the title first: a share from 0 to 1; -1
        for documents of another year than the question says; those of which nothing is said are left out.
        """
        different = set(documents.values())
        for name in {name for names in different for name in names} - self._parts.keys():
            self._read(name)
        shares = {names: max(self._parts[name] for name in names) for names in different}
        titles = {names: self._terms[names[0]] for names in different}
        shares |= dict.fromkeys(_of_another_year(self._years, titles, self._said), -1.0)
        return {document: share for document, names in documents.items() if (share := shares[names])}

    def _read(self, name: str) -> None:
        self._terms[name] = words = set(self._analyze(name))
        # A year tells documents of one name apart; where none is asked for it is no part of the name.
        part = {word for word in words if word in self._said or not _years(word)}
        self._parts[name] = _share(part, self._said, self._idf)


def _years(text: str) -> set[int]:
    return {int(whole or f"20{short}") for whole, short in _YEAR.findall(text)}


def _of_another_year(asked: set[int], titles: Mapping[Names, set[str]], said: set[str]) -> set[Names]:
    """The documents with other years than are asked for, where one with one of these has the same name: the same words
    of its title that are said, or, when none are, the same words.
    """
    if not asked:
        return set()
    years = {names: found for names in titles if (found := _years(" ".join(names)))}
    same = {names: _name(titles[names] & said) or _name(titles[names]) for names in years}
    right = {same[names] for names, found in years.items() if found & asked}
    return {names for names, found in years.items() if same[names] in right and not found & asked}


def _name(terms: set[str]) -> frozenset[str]:
    return frozenset(term for term in terms if term.isalpha())


def _share(title: set[str], said: set[str], idf: Callable[[str], float]) -> float:
    whole = sum(map(idf, title))
    return sum(map(idf, title & said)) / max(whole, _TELLING)
