"""Labels of parts of a document in a question, like "MAP 3.4", "clause 2.2" or "§ 7", and the text that stands under
one.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from motadata_nb.rag.extractive.noise import looks_like_heading
from motadata_nb.rag.extractive.units import Unit
from motadata_nb.rag.words.stopwords import STOP_WORDS
from motadata_nb.rag.words.terms import content, stem

__all__ = [
    "ABOUT",
    "Label",
    "asked_beside",
    "asked_label",
    "is_mentioned",
    "item_spans",
    "items",
    "names_only",
    "phrases",
    "stands_under",
    "unlabelled",
]

_NUMBERED = (
    r"art(?:icle|\.)?|clause|control|item|para(?:graph|\.)?|point|requirement|rule|sec(?:tion|\.)?|subsection"
    r"|abschnitt|absatz|artikel|klausel|punkt|ziffer|alin\u00e9a|cl\u00e1usula|art\u00edculo|secci\u00f3n"
)
"""What may be left out before its number in the text."""
_NAMED = (
    r"annex|appendix|chapter|figure|fig\.|part|question|step|table"
    r"|anhang|anlage|kapitel|tabelle|teil|chapitre|cap\u00edtulo"
)
_NUMBER = r"\d{1,3}(?:\.\d{1,3}){0,4}[a-z]?(?![\w%])(?!\.\d)"
_ASKED = re.compile(
    rf"(?:\b(?:{_NUMBERED})|(?P<sign>\u00a7))\s*(?P<number>{_NUMBER}|(?-i:[A-Z](?:\.\d{{1,3}})+)\b)"
    rf"|\b(?P<kind>{_NAMED})\s*(?P<of_kind>{_NUMBER}|(?-i:[A-Z](?:\.\d{{1,3}})*)\b)"
    rf"|\b(?P<word>(?-i:[A-Z]{{2,}}))[\s-]?(?P<of_word>\d{{1,3}}(?:\.\d{{1,3}})+[a-z]?)(?![\w%])",
    re.IGNORECASE,
)
_ABOUT = frozenset(
    """
    according category contain contains content contents cover covers define defines demand demands describe describes
    explain item items list lists mean means mention mentions prescribe provide provides read reads require requires
    required said says say show shown shows specify specifies state states stated stipulate subcategory summarise
    summarize summary text wording
    steht stehen sagt regelt lautet besagt dit pr\u00e9voit dice establece
    """.split()
)
ABOUT = frozenset(stem(word) for word in _ABOUT)
"""Stems of what a question may say of any part of a document."""
_WORD = re.compile(r"[^\W\d_]+")
_LONGEST = 900
_BEFORE = " \t\n.:)*\u2013\u2014-"
_CONTENTS = re.compile(
    r"[^\n]{0,120}?(?:\u2026|\.{4}|[ \t]\d{1,3}[ \t]*(?:$|\n|(?:Table|Figure|Appendix)[ \t]))", re.IGNORECASE
)


class Label(NamedTuple):
    """How a part of a document is called."""

    word: str
    """What stands before the number and belongs to it: `MAP`, `table`; empty for a clause or a section."""
    number: str


def asked_label(question: str) -> Label | None:
    """The label that a question names, or None; a number alone is none."""
    match = _ASKED.search(question)
    return _label(match) if match else None


def _label(match: re.Match[str]) -> Label:
    if match["kind"]:
        return Label(match["kind"].lower(), match["of_kind"])
    return Label(match["word"] or "", match["of_word"] or match["number"])


def phrases(question: str) -> tuple[str, ...]:
    """What stands in a row where the label is: as it was typed, and its number alone, unless that is a single one."""
    match = _ASKED.search(question)
    if match is None:
        return ()
    number = match["number"] or ""
    return (match.group(), number) if "." in number else (match.group(),)


def is_mentioned(label: Label, text: str) -> bool:
    """Whether a text names the label, or has an item with it."""
    return any(_label(match) == label for match in _ASKED.finditer(text)) or _opening(label).search(text) is not None


def names_only(question: str) -> bool:
    """Whether a question asks for what stands under a label, and for nothing more."""
    rest = [word.lower() for word in _WORD.findall(_ASKED.sub(" ", question))]
    return all(word in STOP_WORDS or word in _ABOUT or len(word) < 3 for word in rest)


def unlabelled(question: str) -> str:
    """The question without the label."""
    return " ".join(_ASKED.sub(" ", question).split())


def asked_beside(question: str) -> frozenset[str]:
    """Stems of what a question asks of the item: no label, and nothing like "say" or "require"."""
    return frozenset(content(unlabelled(question))) - ABOUT


def stands_under(label: Label, heading: str) -> bool:
    """Whether one of the headings, parted by " > ", begins with the label."""
    return any(_opening(label).match(part) for part in heading.split(" > "))


def items(label: Label, passages: Sequence[str], contexts: Sequence[str]) -> list[tuple[int, Unit]]:
    """The items with that label, each with the position of its passage: those below a heading with the label, or, where
    there are none, all.
    """
    found = [
        (place, Unit(text[start:end], start, end, text[start:end], " ".join(text[start:end].split())))
        for place, text in enumerate(passages)
        for start, end in item_spans(label, text)
    ]
    below = [(place, item) for place, item in found if stands_under(label, contexts[place])]
    return below or found


def item_spans(label: Label, passage: str) -> Iterator[tuple[int, int]]:
    """Where the items with that label stand in a passage, the label left out; a line of a table of contents is none."""
    for match in _opening(label).finditer(passage):
        start, end = _span(label, passage, match.end())
        if looks_like_heading(passage[start:end]) and end < len(passage):
            start, end = _span(label, passage, end)
        if len(passage[start:end].split()) > 2 and not _CONTENTS.match(passage, match.end()):
            yield start, end


def _span(label: Label, passage: str, at: int) -> tuple[int, int]:
    """From what is said next to where it ends."""
    start = len(passage) - len(passage[at:].lstrip(_BEFORE))
    ends = _ending(label).search(passage, start, start + _LONGEST)
    return start, len(passage[: ends.start() if ends else start + _LONGEST].rstrip())


def _ending(label: Label) -> re.Pattern[str]:
    """A blank line or the next number; neither ends the item when a part of it follows: 2.1 below 2."""
    part = rf"(?!\s*{re.escape(label.number)}\.\d)"
    return re.compile(rf"\n[ \t]*\n{part}|\n{part}(?=[ \t]*(?:[A-Z]{{2,}}[ -]?|\u00a7\s*)?{_NUMBER}[:.)\t ])")


def _opening(label: Label) -> re.Pattern[str]:
    number = rf"{re.escape(label.number)}(?![\w%])(?!\.\d)"
    if not label.word:
        return re.compile(rf"^[ \t#*]*(?:(?:{_NUMBERED})\s*|\u00a7\s*)?{number}", re.IGNORECASE | re.MULTILINE)
    word = "fig(?:ure|\\.)" if label.word.startswith("fig") else re.escape(label.word)
    case = re.NOFLAG if label.word.isupper() else re.IGNORECASE
    return re.compile(rf"(?:^[ \t#*]*|(?<=\t)){word}[\s-]?{number}|\b{word}[\s-]?{number}(?=:)", re.MULTILINE | case)
