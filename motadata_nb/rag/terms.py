"""Words, numbers and names of a text in forms that can be compared."""

import re
from collections.abc import Sequence
from functools import lru_cache

__all__ = ["LIST_ITEM", "content", "names", "ngrams", "numbers", "stem", "words"]

LIST_ITEM = re.compile(r"^\s*(?:\d{1,2}[.)]|[-*\u2022])\s")
"""The mark that opens an item of a list."""

_WORD = re.compile(r"[^\W_]+(?:['\u2019][^\W_]+)?")
_NUMBER = re.compile(r"\d+(?:[.,]\d+)*")
_NAME = re.compile(r"\b[A-Z][\w'\u2019&-]*")
_SUFFIX = re.compile(r"(?:ational|ations?|ments?|ness|ingly|edly|ings?|ities|ity|ies|ied|ers?|ors?|ed|es|ly|s|e|y)$")
_FUNCTION = """
a about above after again all also am an and any are as at be because been before being below between both but by can
could did do does
doing down during each few for from further had has have having he her here hers him his how i if in into is it its
itself just may me
might more most must my no nor not of off on once only or other our out over own per same she should so some such than
that the their
them then there these they this those through to too under until up upon very was we were what when where whether
which while who whom
why will with would you your yours s t don now one
"""
_STOP = frozenset(_FUNCTION.split())
_COUNTING = "zero one two three four five six seven eight nine ten eleven twelve"
_SMALL_NUMBERS = {w: str(i) for i, w in enumerate(_COUNTING.split())}


@lru_cache(maxsize=50_000)
def stem(word: str) -> str:
    """A short key that inflected forms of *word* share: lower case, one suffix removed, at least four letters kept."""
    base = word.lower().replace("\u2019", "'").removesuffix("'s")
    cut = _SUFFIX.sub("", base)
    return cut if len(cut) >= 4 else base


def words(text: str) -> list[str]:
    """Stems of all words of *text*, in order."""
    return [stem(w) for w in _WORD.findall(text)]


def content(text: str) -> list[str]:
    """Stems of the words that carry meaning, in order."""
    return [stem(w) for w in _WORD.findall(text) if w.lower() not in _STOP and (len(w) > 1 or w.isdigit())]


def numbers(text: str) -> set[str]:
    """The numbers of *text* as plain digits (``1,200`` → ``1200``, ``3.50`` → ``3.5``), small number words included."""
    found = {_plain(n) for n in _NUMBER.findall(LIST_ITEM.sub("", text))}
    return found | {
        _SMALL_NUMBERS[w] for w in (x.lower() for x in _WORD.findall(text)) if w in _SMALL_NUMBERS and w != "one"
    }


def _plain(number: str) -> str:
    digits = (
        number.replace(",", "") if re.fullmatch(r"\d{1,3}(?:,\d{3})+(?:\.\d+)?", number) else number.replace(",", ".")
    )
    return digits.rstrip("0").rstrip(".") if "." in digits else digits


def names(text: str) -> set[str]:
    """Stems of capitalised words that do not merely begin a sentence or a list item."""
    body = LIST_ITEM.sub("", text)
    first = _WORD.search(body)
    return {
        stem(m.group())
        for m in _NAME.finditer(body)
        if m.start() > (first.start() if first else 0) and m.group().lower() not in _STOP
    }


def ngrams(items: Sequence[str], n: int) -> set[tuple[str, ...]]:
    """All runs of *n* neighbouring items."""
    return {tuple(items[i : i + n]) for i in range(len(items) - n + 1)}
