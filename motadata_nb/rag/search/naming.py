"""Documents that a question names: "Best Buy's margin in FY2017" and the title "BESTBUY 2017 10-K".

A passage of a long document seldom repeats what the document is about, and the words that do stand in many of its
passages, so that they weigh little there.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from itertools import pairwise

from motadata_nb.rag.search.feedback import keywords

__all__ = ["named"]

_TELLING = 4.0
"""Inverse document frequency, summed over its terms, from which a title tells which document is meant; one word that is
in every fiftieth chunk has as much.
"""


def named(
    question: str,
    asked: Iterable[str],
    titles: Mapping[int, str],
    analyze: Callable[[str], Sequence[str]],
    idf: Callable[[str], float],
) -> dict[int, float]:
    """The share from 0 to 1 of each title that the question says, by the titles' keys; those with none are left out.

    *asked* are the index terms of the question; two words of it that stand side by side count as one word too.
    """
    together = " ".join(one + other for one, other in pairwise(keywords(question)))
    said = {*asked, *analyze(together)}
    shares = {title: _share(set(analyze(title)), said, idf) for title in set(titles.values())}
    return {key: share for key, title in titles.items() if (share := shares[title])}


def _share(title: set[str], said: set[str], idf: Callable[[str], float]) -> float:
    whole = sum(map(idf, title))
    return sum(map(idf, title & said)) / max(whole, _TELLING)
