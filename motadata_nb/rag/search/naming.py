"""Documents that a question names: "Best Buy's margin in FY2017" and the title "BESTBUY 2017 10-K".

A passage of a long document seldom repeats what the document is about, and the words that do stand in many of its
passages, so that they weigh little there. Of documents whose titles differ in the year, those of the year that the
question says are meant.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from itertools import pairwise

from motadata_nb.rag.search.feedback import keywords

__all__ = ["named"]

_TELLING = 4.0
"""Inverse document frequency, summed over its terms, from which a title tells which document is meant; one word that is
in every fiftieth chunk has as much.
"""
_YEAR = re.compile(
    r"(?<![\d.,])(?:FY\s?[\u2019']?)?((?:19|20)\d\d)(?![\d%]|[.,]\d)|\bFY\s?[\u2019']?(\d\d)(?!\d)", re.IGNORECASE
)


def named(
    question: str,
    asked: Iterable[str],
    titles: Mapping[int, str],
    analyze: Callable[[str], Sequence[str]],
    idf: Callable[[str], float],
) -> dict[int, float]:
    """The share from 0 to 1 of each title that the question says, by the titles' keys; -1 for titles of another year
    than the question says; those of which nothing is said are left out.

    *asked* are the index terms of the question; two words of it that stand side by side count as one word too.
    """
    together = " ".join(one + other for one, other in pairwise(keywords(question)))
    said = {*asked, *analyze(together)}
    terms = {title: set(analyze(title)) for title in set(titles.values())}
    shares = {title: _share(words, said, idf) for title, words in terms.items()}
    shares |= dict.fromkeys(_of_another_year(_years(question), terms, said), -1.0)
    return {key: share for key, title in titles.items() if (share := shares[title])}


def _years(text: str) -> set[int]:
    return {int(whole or f"20{short}") for whole, short in _YEAR.findall(text)}


def _of_another_year(asked: set[int], terms: Mapping[str, set[str]], said: set[str]) -> set[str]:
    """The titles with other years than are asked for, where a title with one of these has the same name: the same words
    that are said, or, when none are, the same words.
    """
    if not asked:
        return set()
    years = {title: found for title in terms if (found := _years(title))}
    names = {title: _name(terms[title] & said) or _name(terms[title]) for title in years}
    right = {names[title] for title, found in years.items() if found & asked}
    return {title for title, found in years.items() if names[title] in right and not found & asked}


def _name(terms: set[str]) -> frozenset[str]:
    return frozenset(term for term in terms if term.isalpha())


def _share(title: set[str], said: set[str], idf: Callable[[str], float]) -> float:
    whole = sum(map(idf, title))
    return sum(map(idf, title & said)) / max(whole, _TELLING)
