"""Words, numbers and names of a text in forms that can be compared."""

import re
from collections.abc import Iterable, Sequence
from functools import lru_cache

__all__ = [
    "LIST_ITEM",
    "SPOKEN_NUMBER",
    "content",
    "in_digits",
    "names",
    "ngrams",
    "numbers",
    "quantities",
    "ranks",
    "spoken",
    "stem",
    "telling",
    "with_ends",
    "words",
]

LIST_ITEM = re.compile(r"^\s*(?:\d{1,2}[.)]|[-*\u2022])\s")
"""The mark that opens an item of a list."""

_WORD = re.compile(r"[^\W_]+(?:['\u2019][^\W_]+)?")
_NUMBER = re.compile(r"\d+(?:[.,]\d+)*")
_NAME = re.compile(r"\b[A-Z][\w'\u2019&-]*")
_SUFFIX = re.compile(r"(?:ational|ations?|ments?|ness|ingly|edly|ings?|ities|ity|ies|ied|ers?|ors?|ed|es|ly|s|e|y)$")
_SHORT_PLURAL = re.compile(r"[a-z]{2}[^\Wius_]s")
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
_UNITS = "zero one two three four five six seven eight nine".split()
_TEENS = "ten eleven twelve thirteen fourteen fifteen sixteen seventeen eighteen nineteen".split()
_TENS = "twenty thirty forty fifty sixty seventy eighty ninety".split()
_ORDINALS = "zeroth first second third fourth fifth sixth seventh eighth ninth tenth eleventh twelfth".split()
_SMALL_NUMBERS = {word: n for n, word in enumerate([*_UNITS, *_TEENS])} | {w: 20 + 10 * n for n, w in enumerate(_TENS)}
_FOREIGN_NUMBERS = {
    2: "zwei deux dos dois duas", 3: "drei trois tres tre tr\u00eas", 4: "vier quatre cuatro quattro quatro",
    5: "f\u00fcnf cinq cinco cinque", 6: "sechs seis", 7: "sieben siete sette", 8: "acht huit ocho oito",
    9: "neun nueve nove", 10: "zehn diez dieci dez", 11: "onze undici", 12: "zw\u00f6lf douze doce dodici",
    15: "f\u00fcnfzehn quinze quince quindici", 20: "zwanzig vingt veinte venti vinte",
    30: "drei\u00dfig trente treinta trenta trinta", 40: "vierzig quarante cuarenta quaranta quarenta",
    50: "f\u00fcnfzig cinquante cincuenta cinquanta", 60: "sechzig soixante sesenta sessanta",
    90: "neunzig noventa novanta",
}  # fmt: skip
"""In German, French, Spanish, Italian and Portuguese, but for those that are words or names in English."""
_FOREIGN = {word: number for number, line in _FOREIGN_NUMBERS.items() for word in line.split()}
_FOREIGN_NUMBER = re.compile(rf"\b(?:{'|'.join(_FOREIGN)})\b", re.IGNORECASE)
_SPOKEN = rf"(?:{'|'.join(_TENS)})(?:[\s-](?:{'|'.join(_UNITS[1:])}))?|{'|'.join([*_TEENS, *_UNITS])}"
SPOKEN_NUMBER = re.compile(rf"\b(?=[efnostz])(?:{_SPOKEN})\b", re.IGNORECASE)
"""Zero to ninety-nine in words; a look at the first letter spares most words the comparison."""
_JOINT = re.compile(r"[\s-]")
_THOUSANDS = re.compile(r"\d{1,3}(?:,\d{3})+(?:\.\d+)?")
_QUANTITY = re.compile(
    rf"(?<![\w.,])(\d+(?:[.,]\d+)*|(?:{_SPOKEN})\b)(?:\s|-)*(%|per ?cent\b|per [^\W\d_]+|[^\W\d_]+)", re.IGNORECASE
)


@lru_cache(maxsize=50_000)
def stem(word: str) -> str:
    """A short key that inflected forms of *word* share: lower case, one suffix removed, at least four letters kept, or
    three before a plain s: runs, days.
    """
    base = word.lower().replace("\u2019", "'").removesuffix("'s")
    cut = _SUFFIX.sub("", base)
    if len(cut) >= 4:
        return cut
    return base[:-1] if _SHORT_PLURAL.fullmatch(base) else base


def words(text: str) -> list[str]:
    """Stems of all words of *text*, in order."""
    return [stem(w) for w in _WORD.findall(text)]


def content(text: str) -> list[str]:
    """Stems of the words that carry meaning, in order."""
    return telling(_WORD.findall(text))


def telling(written: Iterable[str]) -> list[str]:
    """Stems of those words that carry meaning, in order."""
    return [found for word in written if (found := _meaning(word))]


@lru_cache(maxsize=50_000)
def _meaning(word: str) -> str:
    """The stem of a word that carries meaning; empty for another."""
    return stem(word) if word.lower() not in _STOP and (len(word) > 1 or word.isdigit()) else ""


def numbers(text: str) -> set[str]:
    """The numbers of *text* as plain digits (``1,200`` → ``1200``, ``3.50`` → ``3.5``, ``fifty`` → ``50``); not "one",
    which is rarely a number.
    """
    text = in_digits(text)
    found = {_plain(n) for n in _NUMBER.findall(LIST_ITEM.sub("", text))}
    return found | {spoken(word) for word in SPOKEN_NUMBER.findall(text) if word.lower() != "one"}


def with_ends(items: Iterable[str]) -> frozenset[str]:
    """The words, also as they stand before a sign: what parts a text at its spaces finds them quickly."""
    return frozenset(f"{item}{end}" for item in items for end in ("", *".,;:!?)"))


_FOREIGN_WORDS = with_ends(_FOREIGN)


@lru_cache(maxsize=4096)
def in_digits(text: str) -> str:
    """The text with numbers that other languages write as words in digits: "drei Monate" is "3 Monate"."""
    if _FOREIGN_WORDS.isdisjoint(text.lower().split()):
        return text
    return _FOREIGN_NUMBER.sub(lambda match: str(_FOREIGN[match.group().lower()]), text)


def ranks(text: str) -> set[str]:
    """What else *text* may mean as a number: ``second`` → ``2``, ``one`` → ``1``."""
    said = {word.lower() for word in _WORD.findall(text)}
    return {str(n) for n, word in enumerate(_ORDINALS) if word in said} | ({"1"} if "one" in said else set())


@lru_cache(maxsize=4096)
def quantities(text: str) -> frozenset[tuple[str, str]]:
    """Numbers with the stem of the word that follows: ``six months`` gives ``("6", "month")``, and ``$65 per year``
    ``("65", "/year")``.
    """
    found = ((spoken(m.group(1)), m.group(2)) for m in _QUANTITY.finditer(LIST_ITEM.sub("", in_digits(text))))
    return frozenset((n, _counted(unit.lower())) for n, unit in found)


def _counted(unit: str) -> str:
    """One form of what a number counts."""
    if unit.startswith(("%", "percent", "per cent")):
        return "%"
    return f"/{stem(unit[4:])}" if unit.startswith("per ") else stem(unit)


def spoken(number: str) -> str:
    """A number that is written in words or in digits, as plain digits."""
    if number[:1].isdigit():
        return _plain(number)
    parts = _JOINT.split(number.lower())
    return str(sum(_SMALL_NUMBERS[part] for part in parts)) if parts[0] in _SMALL_NUMBERS else _plain(number)


def _plain(number: str) -> str:
    if number.isdigit():
        return number
    digits = number.replace(",", "") if _THOUSANDS.fullmatch(number) else number.replace(",", ".")
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
