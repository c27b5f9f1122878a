"""By what an amount is counted: litres per hour are no litres per minute, and a price per kilo none per piece of a ton.

In English, German, Spanish and French.
"""

from __future__ import annotations

import re
from functools import lru_cache

__all__ = ["is_of_another_rate", "rates"]

_UNITS = (
    ("time", (
        "second seconds sec s sekunde segundo seconde", "minute minutes min minuto minuten",
        "hour hours h hr stunde hora heure std", "day days tag d\u00eda dia jour", "week weeks woche semana semaine",
        "month months monat mes mois", "quarter quarters quartal trimestre",
        "year years annum jahr a\u00f1o an ann\u00e9e",
    )),
    ("mass", (
        "gram grams g gramm gramo gramme", "kilo kilogram kilograms kg kilogramm kilogramo kilogramme",
        "pound pounds lb", "ounce ounces oz", "ton tons tonne tonnes t tonelada",
    )),
    ("volume", (
        "litre liter litres liters l litro", "gallon gallons gal", "pint pints", "millilitre milliliter ml mililitro",
        "hectolitre hl hektoliter hectolitro",
    )),
    ("length", (
        "metre meter m metro m\u00e8tre", "kilometre kilometer km kilom\u00e8tre kil\u00f3metro", "mile miles",
        "foot ft",
    )),
)  # fmt: skip
"""Units that exclude each other, those of one line mean the same; anything else may be said in other words."""
_PLACES = {
    word: (kind, number)
    for kind, lines in _UNITS
    for number, line in enumerate(lines)
    for word in line.split()
}  # fmt: skip
_OFTEN = {
    word: ("time", number)
    for number, line in enumerate((
        "", "", "hourly st\u00fcndlich", "daily t\u00e4glich nightly diario diariamente quotidien",
        "weekly w\u00f6chentlich semanal semanalmente hebdomadaire", "monthly monatlich mensual mensualmente mensuel",
        "quarterly trimestral trimestriel", "yearly annual annually j\u00e4hrlich anual anualmente annuel",
    ))
    for word in line.split()
}  # fmt: skip
"""One word for both."""
_UNIT = "|".join(sorted(_PLACES, key=len, reverse=True))
_PER = re.compile(
    rf"(?:\b(?:per|pro|je|jede[nmrs]?|por|par|each|every|cada|chaque|al|a\s+la|die\s+in\s+der|in\s+der|im|an?)\s+|(?<=[a-z\u00b2\u00b3\d])/)"
    rf"(?P<unit>{_UNIT})\b(?!(?<=\ba second)\s+[a-z])",
    re.IGNORECASE,
)
_ADVERB = re.compile(rf"\b(?P<unit>{'|'.join(_OFTEN)})\b", re.IGNORECASE)
_AMOUNT = re.compile(
    r"\b(?:how\s+(?:many(?!\s+times)|much|fast)|rates?|wie\s?(?:viele?|schnell)|cu\u00e1nt[oa]s?|combien|quant[oaie]s?"
    r"|costs?|charged?|paid|price|kostet|cuesta|co\u00fbte|kilometers?|kilometres?|miles)\b",
    re.IGNORECASE,
)


def is_of_another_rate(question: str, sentence: str) -> bool:
    """Whether the question asks for an amount per something, and the sentence counts only by others of the kind."""
    asked = rates(question) if _AMOUNT.search(question) else frozenset()
    if not asked:
        return False
    said = rates(sentence)
    kinds = {kind for kind, _ in asked}
    rivals = {one for one in said if one[0] in kinds}
    return bool(rivals) and not asked & rivals


@lru_cache(maxsize=4096)
def rates(text: str) -> frozenset[tuple[str, int]]:
    """What stands behind "per", or in a word like "hourly".

    >>> sorted(rates("12 l/min, inspected weekly"))
    [('time', 1), ('time', 4)]
    """
    per = (_PLACES[match["unit"].lower()] for match in _PER.finditer(text))
    return frozenset((*per, *(_OFTEN[match["unit"].lower()] for match in _ADVERB.finditer(text))))
