"""The names of the months, for what reads dates."""

from __future__ import annotations

__all__ = ["ENGLISH_MONTH", "FOREIGN_MONTH", "MONTH", "MONTHS", "month_number"]

MONTHS = (
    "January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November",
    "December",
)  # fmt: skip
ENGLISH_MONTH = (
    r"Jan(?:uary)?|Feb(?:ruary)?|Mar(?:ch)?|Apr(?:il)?|May|June?|July?|Aug(?:ust)?|Sep(?:t(?:ember)?)?|Oct(?:ober)?"
    r"|Nov(?:ember)?|Dec(?:ember)?"
)
"""Pattern of a month's English name or what it is shortened to."""
MONTH = (
    r"jan(?:uar[yi]?)?|feb(?:ruar[yi]?)?|m(?:arch|\u00e4rz|arzo|ars)|apr(?:il)?|abril|avril|ma[iy]o?|jun[ei]?|junio|juin"
    r"|jul[iy]?|julio|juillet|aug(?:ust)?|agosto|ao\u00fbt|sept?(?:ember|iembre|embre)?|o[ck]t(?:ober|ubre|obre)?"
    r"|nov(?:ember|iembre|embre)?|de[czs](?:ember|iembre|\u00e9?cembre)?|enero|febrero|janvier|f\u00e9vrier|d\u00e9cembre"
)
"""The same in English, German, Spanish and French, in small letters."""
_FOREIGN = (
    "januar j\u00e4nner enero janvier gennaio janeiro", "februar febrero f\u00e9vrier febbraio fevereiro",
    "m\u00e4rz marzo mars mar\u00e7o", "abril avril aprile", "mai mayo maggio maio", "juni junio juin giugno junho",
    "juli julio juillet luglio julho", "agosto ao\u00fbt", "septiembre septembre settembre setembro",
    "oktober octubre octobre ottobre outubro", "noviembre novembre novembro",
    "dezember diciembre d\u00e9cembre dicembre dezembro",
)  # fmt: skip
FOREIGN_MONTH = "|".join(word for line in _FOREIGN for word in line.split())
"""The names that German, French, Spanish, Italian and Portuguese do not share with English, in small letters."""
_NUMBERS = {word: number for number, line in enumerate(_FOREIGN, 1) for word in line.split()} | {
    month[:3].lower(): number for number, month in enumerate(MONTHS, 1)
}


def month_number(written: str) -> int:
    """From 1 to 12, of what `ENGLISH_MONTH` or `FOREIGN_MONTH` matches.

    >>> month_number("Sept")
    9
    """
    return _NUMBERS.get(written.lower()) or _NUMBERS[written[:3].lower()]
