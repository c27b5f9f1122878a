"""The days of the week that a text speaks of: "Monday to Friday" is five of them, "every day except Sunday" all.

In English, German, Spanish, French, Italian and Portuguese.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from functools import lru_cache
from itertools import pairwise

__all__ = ["is_of_other_days", "named_days", "weekdays", "within_days"]

_NAMES = (
    r"mondays?|montag[es]?n?s?|lunes|lundis?|luned\u00ec|segundas?-feiras?",
    r"tuesdays?|dienstag[es]?n?s?|martes|mardis?|marted\u00ec|ter\u00e7as?-feiras?",
    r"wednesdays?|mittwoch[es]?n?s?|mi\u00e9rcoles|mercredis?|mercoled\u00ec|quartas?-feiras?",
    r"thursdays?|donnerstag[es]?n?s?|jueves|jeudis?|gioved\u00ec|quintas?-feiras?",
    r"fridays?|freitag[es]?n?s?|viernes|vendredis?|venerd\u00ec|sextas?-feiras?",
    r"saturdays?|samstag[es]?n?s?|sonnabend[es]?n?s?|s\u00e1bados?|samedis?|sabato",
    r"sundays?|sonntag[es]?n?s?|domingos?|dimanches?|domenica",
)
_SHORT = (
    "mon|mo|lun", "tues?|di|mar", "wed|mi|mi\u00e9|mer", "thu(?:rs?)?|do|jue|jeu", "fri|fr|vie|ven",
    "sat|sa|s\u00e1b|sam", "sun|so|dom|dim",
)  # fmt: skip
"""Other words are written like these: they are days only beside another one, or before an hour."""
_DAY = "|".join(
    f"(?P<d{n}>{long}|(?:{short})\\b\\.?)" for n, (long, short) in enumerate(zip(_NAMES, _SHORT, strict=True))
)
_FULL = re.compile("|".join(f"(?:{names})" for names in _NAMES), re.IGNORECASE)
_ON = re.compile(rf"(?:\b(?:on|every|am|an|el|los|le|les|il|la|de)\s+)?\b(?:{_FULL.pattern})(?!\w)", re.IGNORECASE)
_NAMED = re.compile(rf"\b(?:{_DAY})(?!\w)", re.IGNORECASE)
_CLOCK = r"(?:,?\s*(?:(?:at|um|ab|a las?|\u00e0)\s+)?\d{1,2}(?:[:.h]\d\d)?\s*(?:[ap]\.?m\.?|uhr|h|heures?|horas)?)?"
_SPAN = (
    rf"{_CLOCK}\s*(?:-|\u2013|\u2014|to|through|till|until|bis|a|al|hasta|au|\u00e0|ao|at\u00e9)\s*(?:(?:el|le)\s+)?"
)
_BETWEEN = re.compile(rf"(?P<span>{_SPAN})|\s*(?:,|/|&|and|und|y|et|e|or|oder)\s*", re.IGNORECASE)
_HOUR = re.compile(r"\s*:?\s*\d{1,2}(?:[:.h]\d\d|\s*(?:[ap]\.?m|uhr|h|-|\u2013))", re.IGNORECASE)
_ALL = re.compile(
    r"\b(?:daily|every\s+day|each\s+day|(?:seven|7)\s+days\s+a\s+week|always|all\s+week|around\s+the\s+clock|t\u00e4glich"
    r"|jeden\s+tag|jederzeit|immer|diariamente|todos\s+los\s+d\u00edas|cada\s+d\u00eda|siempre|tous\s+les\s+jours"
    r"|chaque\s+jour|toujours|ogni\s+giorno|todos\s+os\s+dias)\b",
    re.IGNORECASE,
)
_WEEKEND = re.compile(r"\b(?:week-?ends?|wochenenden?s?|(?:fines?|fins?) de semanas?|fine settimana)\b", re.IGNORECASE)
_WORKDAYS = re.compile(
    r"\b(?:week\s?days|working\s+days|werktags?|wochentags|werktagen|d\u00edas\s+laborables|entre\s+semana"
    r"|jours\s+ouvrables|en\s+semaine)\b",
    re.IGNORECASE,
)
_YES_OR_NO = re.compile(
    r"\W*(?:is|are|was|were|do|does|did|can|may|will|has|have|ist|sind|hat|haben|gibt|kann|darf|hay|est|sont|est-ce|a-t"
    r"|peut|peut-on)\b|\W*\w+e?n? (?:der|die|das|el|la|los|las)\b",
    re.IGNORECASE,
)


def is_of_other_days(question: str, sentence: str) -> bool:
    """Whether the question is about days of the week, and the sentence about others.

    What asks for yes or no is answered by other days, too: open from Tuesday to Friday is not open on Monday.
    """
    if not (asked := weekdays(question)) or _YES_OR_NO.match(question):
        return False
    said = weekdays(sentence)
    return bool(said) and not asked & said


def within_days(question: str, texts: Sequence[str]) -> str:
    """The question without the days that it names, where no text has their names and one speaks of all of them:
    "Monday to Friday", "daily".
    """
    asked = named_days(question)
    if not asked or any(match.group().lower() in text.lower() for match in _FULL.finditer(question) for text in texts):
        return question
    return " ".join(_ON.sub(" ", question).split()) if any(asked <= weekdays(text) for text in texts) else question


@lru_cache(maxsize=4096)
def weekdays(text: str) -> frozenset[int]:
    """The days that are said, from 0 for Monday; those that are excepted too: that is said of them.

    >>> sorted(weekdays("Tue-Thu 9:00, closed at the weekend"))
    [1, 2, 3, 5, 6]
    """
    return frozenset(range(7)) if _ALL.search(text) else named_days(text)


@lru_cache(maxsize=4096)
def named_days(text: str) -> frozenset[int]:
    """Those that have a name there, alone or as the weekend; "every day" names none."""
    found = frozenset(_named(text))
    if _WEEKEND.search(text):
        found |= {5, 6}
    return found | frozenset(range(5)) if _WORKDAYS.search(text) else found


def _named(text: str) -> Iterator[int]:
    matches = list(_NAMED.finditer(text))
    joints = [_BETWEEN.fullmatch(text, a.end(), b.start()) for a, b in pairwise(matches)]
    for n, match in enumerate(matches):
        beside = (n and joints[n - 1]) or (n < len(joints) and joints[n])
        if beside or _FULL.fullmatch(match.group()) or _HOUR.match(text, match.end()):
            yield _number(match)
            if n < len(joints) and (joint := joints[n]) and joint["span"]:
                yield from _until(_number(match), _number(matches[n + 1]))


def _until(first: int, last: int) -> Iterator[int]:
    """The days after the first to the last, across the end of the week."""
    yield from ((first + n) % 7 for n in range(1, (last - first) % 7 + 1))


def _number(match: re.Match[str]) -> int:
    return next(n for n in range(7) if match[f"d{n}"])
