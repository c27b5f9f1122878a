"""The names of the months, for what reads dates."""

from __future__ import annotations

__all__ = ["ENGLISH_MONTH", "MONTH", "MONTHS", "month_number"]

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
_NUMBERS = {month[:3].lower(): number for number, month in enumerate(MONTHS, 1)}


def month_number(written: str) -> int:
    """From 1 to 12, of what `ENGLISH_MONTH` matches.

    >>> month_number("Sept")
    9
    """
    return _NUMBERS[written[:3].lower()]
