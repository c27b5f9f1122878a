"""Amounts, dates and times of a text in one unit each: "1.2 million" is "1,200,000", and two years are 24 months."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from functools import lru_cache
from typing import NamedTuple

from motadata_nb.rag.words.months import ENGLISH_MONTH, FOREIGN_MONTH, month_number
from motadata_nb.rag.words.terms import LIST_ITEM, SPOKEN_NUMBER, in_digits, numbers, spoken

__all__ = ["Amount", "UNIT_WORD", "amounts", "as_key", "kind", "recounted", "same_amount", "settled", "unmeasured"]


class Amount(NamedTuple):
    """A value with its unit, and how it is written."""

    value: float
    """In the unit; of a date year, month and day as `yyyymmdd` with zeros for what is not said."""
    unit: str
    """What can be compared: `m`, `kg`, `s`, `month`, `share`, a currency, `date`, `clock`; empty for a bare number."""
    slack: float
    """How far away another value may be that is the same, rounded."""
    written: str


_UNITS: dict[str, tuple[str, float]] = {
    form: (unit, factor)
    for forms, unit, factor in (
        ("% percent per\u00a0cent prozent", "share", 0.01),
        ("km kilometre kilometer kilometres kilometers", "m", 1000.0),
        ("m metre meter metres meters", "m", 1.0),
        ("cm centimetre centimeter centimetres centimeters", "m", 0.01),
        ("mm millimetre millimeter millimetres millimeters", "m", 0.001),
        ("mile miles", "m", 1609.344),
        ("t tonne tonnes", "kg", 1000.0),
        ("kg kilogram kilograms kilo kilos", "kg", 1.0),
        ("g gram grams", "kg", 0.001),
        ("mg milligram milligrams", "kg", 1e-6),
        ("l litre liter litres liters", "l", 1.0),
        ("ml millilitre milliliter millilitres milliliters", "l", 0.001),
        ("second seconds", "s", 1.0),
        ("minute minutes min", "s", 60.0),
        ("hour hours h", "s", 3600.0),
        ("day days tag tage tagen jour jours d\u00eda d\u00edas giorni dias", "s", 86400.0),
        ("week weeks woche wochen semaine semaines semana semanas settimane", "s", 604800.0),
        ("month months monat monate monaten mois meses mesi", "month", 1.0),
        ("year years jahr jahre jahren ans a\u00f1o a\u00f1os anni anos", "month", 12.0),
        ("decade decades", "month", 120.0),
        ("times", "times", 1.0),
        ("kw", "w", 1000.0),
        ("mw", "w", 1e6),
        ("w watt watts", "w", 1.0),
        ("\u20ac euro euros eur", "eur", 1.0),
        ("$ dollar dollars usd", "usd", 1.0),
        ("\u00a3 pound pounds gbp", "gbp", 1.0),
    )
    for form in forms.split(" ")
}
UNIT_WORD = "|".join(sorted(map(re.escape, _UNITS), key=len, reverse=True))
"""Pattern of what units are called."""
_CASED = {"mW": ("w", 0.001)}
"""Signs that mean something else than with another case."""
_MONEY = ("eur", "usd", "gbp")
_SCALES = {
    "k": 1e3, "thousand": 1e3, "m": 1e6, "mn": 1e6, "million": 1e6, "millions": 1e6, "bn": 1e9, "b": 1e9,
    "billion": 1e9, "billions": 1e9, "trillion": 1e12, "hundred": 1e2,
}  # fmt: skip
_OFTEN = re.compile(
    r"\b(?P<said>twice|thrice|once(?=\s*(?:[.,;]|$|(?:an?|per|each|every)\s|daily|weekly|monthly)))", re.IGNORECASE
)
_HOW_OFTEN = {"once": 1.0, "twice": 2.0, "thrice": 3.0}
_MILLIONS = re.compile(r"people|men|women|children|(?!hurdles|across|towards|less)[^\W\d_]{3,}s", re.IGNORECASE)
"""What is counted in millions where "45m" stands before it, and not measured in metres."""
_HALVES = {"half": 0.5, "one half": 0.5, "a quarter": 0.25, "one quarter": 0.25, "three quarters": 0.75}
_DIGITS = r"\d{1,3}(?:,\d{3})+(?:\.\d+)?|\d+(?:[.,]\d+)?"
_SPOKEN = SPOKEN_NUMBER.pattern.removeprefix(r"\b").removesuffix(r"\b")
_AMOUNT = re.compile(
    rf"(?P<before>[$\u20ac\u00a3])?(?<![\w.,])(?P<number>{_DIGITS}|\b(?:{_SPOKEN})\b)(?P<half>\s+and\s+a\s+half)?"
    r"(?:[\s-]?(?P<scale>hundred|thousand|millions?|billions?|trillion|bn|mn|[kKmb](?=\b))(?![\w%]))?"
    r"(?:[\s-]*(?P<unit>%|per\scent|[$\u20ac\u00a3]|[^\W\d_]+))?",
    re.IGNORECASE,
)
_HALF = re.compile(r"\b(?P<half>(?:one\s+)?half|(?:a|one)\s+quarter|three\s+quarters)\s+(?:of\b|the\b)", re.IGNORECASE)
_MONTH = rf"(?P<month>{ENGLISH_MONTH})\b\.?"
_DATES = (
    re.compile(rf"\b(?P<day>\d{{1,2}})(?:st|nd|rd|th|\.)?\s+(?:of\s+)?{_MONTH}(?:,?\s+(?P<year>\d{{4}})\b)?"),
    re.compile(
        rf"\b(?P<day>\d{{1,2}})\.?\s+(?:de\s+|di\s+)?(?P<month>{FOREIGN_MONTH})\b(?:,?\s+(?:del?\s+)?(?P<year>\d{{4}})\b)?",
        re.IGNORECASE,
    ),
    re.compile(rf"\b{_MONTH}\s+(?P<day>\d{{1,2}})(?:st|nd|rd|th)?\b(?!:)(?:,?\s+(?P<year>\d{{4}})\b)?"),
    re.compile(rf"\b{_MONTH}\s+(?P<year>\d{{4}})\b"),
    re.compile(r"\b(?P<year>\d{4})-(?P<number>\d{1,2})-(?P<day>\d{1,2})\b"),
    re.compile(r"\b(?P<day>\d{1,2})(?P<sign>[./])(?P<number>\d{1,2})(?P=sign)(?P<year>\d{4})\b"),
)
_CLOCK = re.compile(
    r"\b(?P<hour>\d{1,2})(?:(?::(?P<minute>[0-5]\d)\b|\.(?P<past>[0-5]\d)(?=\s*[ap]\.?m\b))\s*(?P<half>[ap]\.?m\b)?"
    r"|\s*(?P<only>[ap]\.?m\b))",
    re.IGNORECASE,
)
_ANY = re.compile(rf"\d|\b(?:half|quarters?|once|twice|thrice|{_SPOKEN})\b", re.IGNORECASE)
_ABOUT = re.compile(
    r"\b(?:about|around|approximately|roughly|nearly|almost|some|over|more than|ca\.?)\W+$", re.IGNORECASE
)


@lru_cache(maxsize=4096)
def amounts(text: str) -> tuple[Amount, ...]:
    """What *text* counts and measures, and its dates and times."""
    text = in_digits(text)
    if not _ANY.search(text):
        return ()
    left, found = LIST_ITEM.sub("", text), []
    for pattern, read in (*((pattern, _date) for pattern in _DATES), (_CLOCK, _clock)):
        matches = list(pattern.finditer(left))
        found += [amount for match in matches if (amount := read(match))]
        left = pattern.sub(lambda match: " " * len(match.group()), left) if matches else left
    halves = [Amount(_HALVES[" ".join(m["half"].lower().split())], "share", 0.0, "") for m in _HALF.finditer(left)]
    often = _OFTEN.finditer(left) if "ce" in left else ()
    times = [Amount(_HOW_OFTEN[m["said"].lower()], "times", 0.0, m["said"]) for m in often]
    return (*found, *halves, *times, *_measured(left))


def unmeasured(text: str) -> str:
    """The text without its amounts, dates and times."""
    text = in_digits(text)
    for pattern in (*_DATES, _CLOCK, _HALF, _OFTEN):
        text = pattern.sub(" ", text)
    return _AMOUNT.sub(lambda match: match.group() if _bare(match) else " ", text)


def _bare(match: re.Match[str]) -> bool:
    """Whether what follows the number is no unit but what is counted."""
    return not match["before"] and (match["unit"] or "").lower() not in _UNITS


def _measured(text: str) -> Iterator[Amount]:
    for match in _AMOUNT.finditer(text):
        plain = spoken(match["number"])
        scale = _SCALES[match["scale"].lower()] if match["scale"] else 1.0
        unit, factor = _unit(match["before"] or match["unit"] or "")
        if match["scale"] == "m" and unit not in _MONEY and not _MILLIONS.fullmatch(match["unit"] or ""):
            scale, (unit, factor) = 1.0, _UNITS["m"]
        value = (float(plain) + (0.5 if match["half"] else 0.0)) * scale * factor
        near = 0.05 * value if _ABOUT.search(text[: match.start()]) else 0.0
        yield Amount(value, unit, max(near, _slack(plain, scale) * factor), match["number"])


def _unit(written: str) -> tuple[str, float]:
    """The unit of a sign or word and how many of it that is; none for what is counted."""
    said = "\u00a0".join(written.split())
    return _CASED.get(said) or _UNITS.get(said.lower(), ("", 1.0))


def _slack(plain: str, scale: float) -> float:
    """Half of the last digit that says something: the zeros of a round number of thousands do not."""
    decimals = len(plain.partition(".")[2])
    zeros = len(plain) - len(plain.rstrip("0")) if not decimals and len(plain) > 3 else 0
    return 0.5 * 10.0 ** (zeros - decimals) * scale if decimals or zeros or scale > 1 else 0.0


def _date(match: re.Match[str]) -> Amount | None:
    parts = match.groupdict()
    month = int(parts.get("number") or month_number(parts["month"]))
    year, day = int(parts.get("year") or 0), int(parts.get("day") or 0)
    if parts.get("sign") == "/":
        month, day = _of_two(month, day)
    if month > 12 or day > 31:
        return None
    return Amount(year * 10_000 + month * 100 + day, "date", 0.0, match.group())


def _of_two(one: int, other: int) -> tuple[int, int]:
    """Month and day of two numbers in either order; zeros when both may be the month."""
    month, day = sorted((one, other))
    return (0, 0) if month != day <= 12 else (month, day)


def _clock(match: re.Match[str]) -> Amount | None:
    hour, half = int(match["hour"]), (match["half"] or match["only"] or "").lower()
    if hour > 24:
        return None
    if half:
        hour = hour % 12 + 12 * half.startswith("p")
    return Amount(hour * 60 + int(match["minute"] or match["past"] or 0), "clock", 0.0, match.group())


def kind(amount: Amount) -> str:
    """What can be said instead of each other: days and months, not euros."""
    return "s" if amount.unit == "month" else amount.unit


def as_key(amount: Amount) -> str:
    """What amounts share that are written with the same number, dates and times of day that are the same."""
    if amount.unit in {"date", "clock"}:
        return f"{amount.unit} {amount.value:g}"
    return spoken(amount.written) if amount.written else ""


def settled(claim: Iterable[Amount], known: Iterable[Amount]) -> set[str]:
    """The numbers of a claim that are known, however they are written."""
    others = list(known)
    return {n for one in claim if any(same_amount(one, other) for other in others) for n in numbers(one.written)}


def recounted(claim: Iterable[Amount], evidence: Iterable[Amount], known: Iterable[Amount]) -> bool:
    """Whether the claim measures something otherwise than its evidence, in a unit of both or by the same number in
    another unit, and nothing does so.
    """
    there, measured = list(evidence), [one for one in claim if one.unit]
    if not there or not measured:
        return False
    others = list(known)
    unknown = [one for one in measured if not any(same_amount(one, other) for other in others)]
    return any(one.unit == other.unit or _is_measured_otherwise(one, other) for one in unknown for other in there)


def _is_measured_otherwise(one: Amount, other: Amount) -> bool:
    """Whether both have the same number of different things: "$65" and "65 %"."""
    return bool(other.unit) and {"date", "clock"}.isdisjoint({one.unit, other.unit}) and one.written == other.written


def same_amount(one: Amount, other: Amount) -> bool:
    """Whether two amounts are the same, rounded."""
    if one.unit == other.unit == "date":
        return _same_day(one.value, other.value)
    if one.unit != other.unit and {one.unit, other.unit} != {"", "share"}:
        return False
    return abs(one.value - other.value) <= max(one.slack, 1e-9 + 1e-6 * abs(other.value))


def _same_day(one: float, other: float) -> bool:
    """Whether two dates agree in all that both say."""
    pairs = (
        (int(one) // cut % size, int(other) // cut % size) for cut, size in ((10_000, 10_000), (100, 100), (1, 100))
    )
    return all(a == b or not (a and b) for a, b in pairs)
