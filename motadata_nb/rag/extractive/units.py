"""What of a passage can be an answer: a sentence, the reply to a question, an announced list, a row of a table."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from motadata_nb.ingestion.sentences import Sentence, split_sentences
from motadata_nb.rag.extractive.pairs import Pair, pairs
from motadata_nb.rag.extractive.rows import DASH, tables
from motadata_nb.rag.headings import below_heading

__all__ = ["Unit", "is_record", "is_written_out", "units"]

_ITEM = re.compile(r"^\s*(?:\(?\d{1,2}[.)]|\(?[a-z]\)|[-*\u2022\u25aa\u25cf\u25e6\u2023\u00b7\u2013])\s+")
_BARE_MARK = re.compile(r"^\W*(?:\d{1,3}|[a-zA-Z])?\W*$")
_OPEN = re.compile(r"\s[^\W\d_A-Z]+,?$")
"""How a sentence breaks off before a list: with a small word and no mark but a comma."""
_LONGEST_LIST = 700
_ITEMS = 12
_RECORD = re.compile(r"[^;:]{1,40}: [^:]*; [^;:]{1,40}: ")


class Unit(NamedTuple):
    """A part of a passage: `passage[start:end]` is what is cited."""

    text: str
    """What is compared with a question."""
    start: int
    end: int
    cited: str
    """The passage from start to end."""
    shown: str = ""
    """How it reads in an answer; empty: as it stands."""
    row: bool = False
    """Of a table: what it is about stands in it, not in the sentence before."""
    label: str = ""
    """What it is about, where that is known."""


def is_record(unit: Unit) -> bool:
    """Whether it is a row of a table, also one that is written out."""
    return unit.row or is_written_out(unit.text)


def is_written_out(text: str) -> bool:
    """Whether it is a row with the name of each column before its value: "year: 2022; units: 1200"."""
    return _RECORD.match(text) is not None


def units(passage: str, above: str = "") -> list[Unit]:
    """The parts of *passage* in their order; *above* is what it stands under."""
    found: list[Unit] = []
    at = 0
    for block in tables(passage, above):
        found += _prose(passage, at, block[0].block_start)
        found += [Unit(r.shown, r.start, r.end, passage[r.start : r.end], r.shown, True, r.label) for r in block]
        at = block[0].block_end
    return found + _prose(passage, at, len(passage))


def _prose(passage: str, start: int, end: int) -> list[Unit]:
    found: list[Unit] = []
    for block in pairs(passage, start, end):
        found += _sentences(passage, start, block[0].above)
        found += [_paired(passage, pair) for pair in block]
        start = block[-1].end
    return found + _sentences(passage, start, end)


def _paired(passage: str, pair: Pair) -> Unit:
    cited = passage[pair.start : pair.end]
    shown = f"{pair.lead}{DASH}{cited}" if pair.lead else cited
    return Unit(shown, pair.start, pair.end, cited, shown, True, f"{pair.lead} {pair.label}".strip())


def _sentences(passage: str, start: int, end: int) -> list[Unit]:
    shifted = (
        Sentence(s.text, s.start + start, s.end + start)
        for s in split_sentences(passage[start:end])
        if not _BARE_MARK.match(s.text)
    )
    return list(_joined(passage, list(shifted)))


def _joined(passage: str, sentences: Sequence[Sentence]) -> Iterator[Unit]:
    at = 0
    while at < len(sentences):
        sentence = sentences[at]
        items = _items(sentences, at + 1) if _announces(sentences, at) else []
        following = sentences[at + 1] if at + 1 < len(sentences) else None
        if items:
            whole = _announced(passage, sentence, items)
            yield whole
            lead = below_heading(passage, sentence)
            yield from (_item(lead, item) for item in items if _stands_alone(item) or item.end > whole.end)
            at += 1 + len(items)
        elif following and _asks(sentence) and not _asks(following) and not following.text.endswith(":"):
            # The question says what the reply is about; only the reply is an answer.
            yield Unit(f"{sentence.text} {following.text}", following.start, following.end, following.text)
            at += 2
        else:
            # The heading helps to find it, and is not cited.
            bare = below_heading(passage, sentence)
            yield Unit(sentence.text, bare.start, bare.end, bare.text)
            at += 1


def _announces(sentences: Sequence[Sentence], at: int) -> bool:
    """Whether a list goes on with what is said: after a colon, or in small letters where nothing ends it."""
    text = sentences[at].text
    if text.endswith(":") or at + 1 == len(sentences):
        return text.endswith(":")
    following = sentences[at + 1].text
    begun = _ITEM.match(following)
    return begun is not None and _OPEN.search(text) is not None and following[begun.end() :][:1].islower()


def _asks(sentence: Sentence) -> bool:
    """Whether it is a question, also in bold letters."""
    return sentence.text.rstrip("*_").endswith("?")


def _items(sentences: Sequence[Sentence], first: int) -> list[Sentence]:
    """The items of a list from one sentence on; what has no mark of an item ends it."""
    last = first
    while last < len(sentences) and last - first < _ITEMS and _ITEM.match(sentences[last].text):
        last += 1
    return list(sentences[first:last])


def _announced(passage: str, lead: Sentence, items: Sequence[Sentence]) -> Unit:
    """The announcement with as much of its list as can be read."""
    fitting = [item for item in items if item.end - lead.start <= _LONGEST_LIST] or items[:1]
    end = fitting[-1].end
    listed = "; ".join(_bare(item.text).rstrip(" ;,.") for item in fitting)
    more = "; \u2026" if len(fitting) < len(items) else "."
    bare = below_heading(passage, lead)
    return Unit(
        passage[lead.start : end], bare.start, end, passage[bare.start : end], f"{_bare(bare.text)} {listed}{more}"
    )


def _item(lead: Sentence, item: Sentence) -> Unit:
    """An item alone; one that does not begin like a sentence is read with its announcement."""
    bare = _bare(item.text)
    if _stands_alone(item):
        return Unit(bare, item.start, item.end, item.text)
    return Unit(f"{lead.text} {bare}", item.start, item.end, item.text, f"{_bare(lead.text)} {bare}")


def _stands_alone(item: Sentence) -> bool:
    bare = _bare(item.text)
    return bare[:1].isupper() and bare.endswith((".", "!"))


def _bare(text: str) -> str:
    return " ".join(_ITEM.sub("", text).split())
