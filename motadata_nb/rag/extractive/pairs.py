"""Lines that give a name and its value, one below the other: "Weight: 48 kg"."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import NamedTuple

__all__ = ["Pair", "pairs"]

_LINE = re.compile(
    r"^[ \t]*(?P<label>[^\W\d_][^:\n|\t]{0,40}?):[ \t]+(?P<value>[^\s][^\n]{0,160}?)[ \t]*$", re.MULTILINE
)
_SENTENCE = re.compile(r"[.!?:;][\"'\u201d\u2019)]*$")
_MARK = re.compile(r"^[\s#>*]+|[\s:*]+$")
_WORDS = 6
"""Words of a name, or of the heading above."""


class Pair(NamedTuple):
    """A line: `text[start:end]`."""

    start: int
    end: int
    label: str
    lead: str
    """The heading or the announcement above the first of the lines; empty where there is none."""
    above: int
    """Where that begins, or the first of the lines."""


def pairs(text: str, start: int, end: int) -> Iterator[list[Pair]]:
    """Each run of two or more of such lines in `text[start:end]`; a value that is a sentence makes none."""
    block: list[Pair] = []
    for match in _LINE.finditer(text, start, end):
        if _SENTENCE.search(match["value"]) or len(match["label"].split()) > _WORDS:
            continue
        if block and text[block[-1].end : match.start()].strip(" \t") != "\n":
            yield from _several(block)
            block = []
        lead, above = (block[0].lead, block[0].above) if block else _lead(text, start, match.start())
        block.append(Pair(match.start("label"), match.end("value"), match["label"], lead, above))
    yield from _several(block)


def _several(block: list[Pair]) -> list[list[Pair]]:
    return [block] if len(block) > 1 else []


def _lead(text: str, start: int, at: int) -> tuple[str, int]:
    """The line above, when it is no sentence, and where it begins."""
    before = text[start:at].rstrip()
    begin = start + before.rfind("\n") + 1
    line = text[begin : start + len(before)].strip()
    bare = _MARK.sub("", line)
    ended = _SENTENCE.search(line) is not None and not line.endswith(":")
    return ("", at) if not bare or ended or len(bare.split()) > _WORDS else (bare, begin)
