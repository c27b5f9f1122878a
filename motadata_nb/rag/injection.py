"""Instructions hidden in passages: text that speaks to the model instead of the reader, with reason and span.

It flags, it does not judge: passages stay quoted as data.
"""

from __future__ import annotations

import base64
import binascii
import codecs
import re
import unicodedata
from collections import defaultdict
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from motadata_nb.rag.injection_patterns import ALWAYS, OVERRIDES, PATTERNS

__all__ = ["Flag", "find_injections"]

_FLAGS = re.IGNORECASE | re.MULTILINE
_COMPILED = {reason: re.compile(pattern, _FLAGS) for reason, pattern, _ in PATTERNS}
_ALWAYS = tuple((reason, re.compile(pattern, _FLAGS)) for reason, pattern in ALWAYS)
_BEGINNING = 5
_SIGNS: dict[str, tuple[str, ...]] = {
    sign: tuple(reason for reason, _, signs in PATTERNS if sign in signs.split())
    for _, _, signs in PATTERNS
    for sign in signs.split()
}
_WORD = re.compile(r"[^\W\d_]+")
_BACK, _ON = 70, 110
"""Characters before and after a sign in which a match lies."""
_OVERRIDES = re.compile(OVERRIDES, re.IGNORECASE)
_BASE64 = re.compile(r"(?<![\w+/=])[A-Za-z0-9+/]{24,}={0,2}(?![\w+/=])")
_HEX = re.compile(r"(?<!\w)(?:0x)?(?:[0-9a-fA-F]{2}){16,}(?!\w)|(?:\\x[0-9a-fA-F]{2}){12,}|(?:%[0-9a-fA-F]{2}){12,}")
_SPACED = re.compile(r"(?<!\w)(?:[A-Za-z][ ._-]{1,3}){11,}[A-Za-z](?!\w)")
_SPELT = re.compile(r"ignore|disregard|instruction|systemprompt|forget", re.IGNORECASE)
_LONG_RUN = 24
_WIDE = re.compile("[\uff01-\uff5e\U0001d400-\U0001d7ff]{3,}")
_ROTATED = re.compile(r"\b(?:vtaber|sbetrg|qvfertneq)\b", re.IGNORECASE)
"""The verbs with which an override begins, in ROT13."""


class Flag(NamedTuple):
    """A suspicious span: ``passage[start:end] == text``."""

    reason: str
    start: int
    end: int
    text: str


def find_injections(passage: str) -> list[Flag]:
    """Every suspicious span of *passage* in the order of the text; spans of different reasons may overlap."""
    return sorted((*_matches(passage), *_encoded(passage)), key=lambda flag: (flag.start, flag.end))


def _matches(passage: str) -> Iterator[Flag]:
    plain = _WIDE.sub(_narrow, passage)
    for reason, places in _suspected(plain).items():
        for start, end in _windows(places):
            for match in _COMPILED[reason].finditer(plain, start, end):
                yield _flag(reason, passage, match)
    for reason, pattern in _ALWAYS:
        for match in pattern.finditer(plain):
            yield _flag(reason, passage, match)


def _suspected(text: str) -> dict[str, list[int]]:
    """Where words stand that a match of a reason's pattern would hold."""
    found: dict[str, list[int]] = defaultdict(list)
    for match in _WORD.finditer(text):
        word = match.group().lower()
        for reason in {*_SIGNS.get(word, ()), *_SIGNS.get(word[:_BEGINNING], ())}:
            found[reason].append(match.start())
    return found


def _windows(places: Sequence[int]) -> Iterator[tuple[int, int]]:
    """The surroundings of the places, those that overlap as one."""
    start, end = 0, 0
    for place in places:
        if place - _BACK > end:
            if end:
                yield start, end
            start = place - _BACK
        end = place + _ON
    yield max(0, start), end


def _flag(reason: str, passage: str, match: re.Match[str]) -> Flag:
    return Flag(reason, match.start(), match.end(), passage[match.start() : match.end()])


def _narrow(match: re.Match[str]) -> str:
    """Full-width and mathematical letters as plain ones, one for one."""
    return "".join(c if len(n := unicodedata.normalize("NFKC", c)) != 1 else n for c in match.group())


def _encoded(passage: str) -> Iterator[Flag]:
    """Runs that are prose once they are decoded, and instructions in letters that are spaced or rotated."""
    if max(map(len, passage.split()), default=0) >= _LONG_RUN:
        for pattern, decode in ((_BASE64, _from_base64), (_HEX, _from_hex)):
            yield from (
                _flag("encodes text", passage, m) for m in pattern.finditer(passage) if _is_prose(decode(m.group()))
            )
    for match in _SPACED.finditer(passage):
        if _SPELT.search(re.sub(r"[ ._-]", "", match.group())):
            yield _flag("encodes text", passage, match)
    if _ROTATED.search(passage):
        for match in _OVERRIDES.finditer(codecs.decode(passage, "rot13")):
            yield _flag("encodes text", passage, match)


def _from_base64(run: str) -> bytes:
    try:
        return base64.b64decode(run + "=" * (-len(run) % 4), validate=True)
    except binascii.Error:
        return b""


def _from_hex(run: str) -> bytes:
    digits = re.sub(r"0x|\\x|%|[\s:]", "", run)
    return bytes.fromhex(digits[: len(digits) // 2 * 2])


def _is_prose(decoded: bytes) -> bool:
    """Whether bytes are a text of several words."""
    try:
        text = decoded.decode("utf-8")
    except UnicodeDecodeError:
        return False
    letters = sum(c.isalpha() or c.isspace() for c in text)
    return len(text.split()) > 2 and letters >= 0.8 * len(text)
