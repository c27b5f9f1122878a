"""What kind of answer a question asks for, and whether a sentence has one beside the question's own words."""

from __future__ import annotations

import re
from collections.abc import Sequence

from motadata_nb.rag.words.months import MONTHS
from motadata_nb.rag.words.terms import SPOKEN_NUMBER, content, stem

__all__ = ["CUES", "PRONOUN", "asked_kinds", "counted", "held", "rest"]

_FREE = r": free\b|\b(?:free of charge|gratis|kostenlos|gratuit\w*)\b"
_AMOUNT = (
    rf"\d|(?i:{SPOKEN_NUMBER.pattern})"
    r"|\b(?:dozens?|half|hundreds?|thousands?|millions?|third|quarter|once|twice)\b"
    rf"|{_FREE}"
)
_DATE = (
    rf"\b(?:1\d{{3}}|20\d{{2}}|\d{{1,2}}(?:st|nd|rd|th)|{'|'.join(MONTHS)}|century|centuries|BC|AD|today|day|year)\b"
)
CUES: dict[str, tuple[re.Pattern[str], re.Pattern[str]]] = {
    name: (re.compile(asked, re.IGNORECASE), re.compile(found))
    for name, asked, found in (
        (
            "amount",
            r"\bhow (?:many|much|old|long|tall|large|big|far|high|often|fast)\b"
            r"|\bwhat (?:percent|number|amount|share|age|score|size)",
            _AMOUNT,
        ),
        ("date", r"\bwhen\b|\b(?:what|which) (?:year|date|day|month|decade|century|time)\b", _DATE),
        ("year", r"\b(?:what|which) year\b|\bwhen\b", r"\b(?:1\d{3}|20\d{2})\b"),
        ("percent", r"\bpercent|\bproportion|\bfraction", r"%|percent|\bhalf\b|third|quarter"),
        (
            "money",
            r"\bhow much (?:money|did|does|do|was|is|were|may)\b|\b(?:cost|price|revenue|sales|income|eps|earnings)\b",
            rf"[$\u20ac\u00a3\u00a5]|\b(?:million|billion|dollars?|euros?|pounds?)\b|{_FREE}",
        ),
        ("who", r"\bwho(?:m|se)?\b", r"(?<=\w\s)[A-Z][a-z]+|\b(?:he|she|they|people|company|group)\b"),
        (
            "person",
            r"\bwho(?:m|se)?\b|\bwhat (?:person|man|woman|king|emperor|president|player|author)",
            r"[A-Z][\w'.-]+ (?:[a-z]{2,3} )?[A-Z][\w'-]+",
        ),
        (
            "place",
            r"\bwhere\b|\b(?:what|which) (?:city|country|state|place|location|region|area|river|town|building)",
            r"\b(?:in|at|from|near|to|on|of)\s+(?:the\s+)?[A-Z]",
        ),
        (
            "reason",
            r"\bwhy\b|\bwhat (?:caused?|reason|purpose)",
            r"\b(?:because|since|due to|in order to|so that|caus\w+|reason\w*|result\w*|as a)\b",
        ),
        (
            "means",
            r"^\W*how (?:do|does|did|is|are|was|were|can|could|has|have|had)\b",
            r"\b(?:by|through|via|using|with)\b",
        ),
        (
            "called",
            r"\b(?:called|named?|known as|term|title|word)\b",
            r"\b(?:called|named|known as|termed|titled|referred to|dubbed|nicknamed)\b|[\"\u201c'\u2018]\w",
        ),
        ("several", r"\bwhat (?:are|were|two|three|types|kinds|other)\b|\bwhich \w+s\b", r",[^,]+,|\band\b"),
    )
}
PRONOUN = re.compile(r"\W*(?:he|she|it|they|this|these|those|its|his|her|their|such|that|there)\b", re.IGNORECASE)
"""How a sentence begins that goes on about what the one before it is about."""

_WORD = re.compile(r"[^\W_]+")
_COUNT = re.compile(r"\bhow many ((?:[\w-]+ ){0,4}[\w-]+)", re.IGNORECASE)
_NUMBER = (
    r"(?:\d[\d.,]*|one|two|three|four|five|six|seven|eight|nine|ten|eleven|twelve|dozens?|hundreds?|thousands?"
    r"|million|billion|several|few|many)"
)


def asked_kinds(question: str) -> list[str]:
    """Names of the kinds of answer that a question asks for."""
    return [name for name, (asked, _) in CUES.items() if asked.search(question)]


def held(kind: str, rests: Sequence[str]) -> list[float]:
    """1 for each text that has an answer of that kind; *rests* are sentences without the question's words."""
    return [float(bool(CUES[kind][1].search(rest))) for rest in rests]


def rest(sentence: str, known: set[str]) -> str:
    """A sentence without the words whose stems are known."""
    return _WORD.sub(lambda word: "" if stem(word.group()) in known else word.group(), sentence)


def counted(question: str, sentences: Sequence[str]) -> list[float]:
    """1 for each sentence that has a number shortly before what is counted: "how many teams", "28 young teams"."""
    match = _COUNT.search(question)
    things = [thing[:5] for thing in content(match.group(1))[:2]] if match else []
    beside = [re.compile(rf"\b{_NUMBER}\W+(?:[\w'-]+\W+){{0,3}}?{re.escape(thing)}", re.IGNORECASE) for thing in things]
    return [float(any(pattern.search(sentence) for pattern in beside)) for sentence in sentences]
