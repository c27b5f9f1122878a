"""Instructions in disguise: look-alike letters, invisible characters, slips of the pen, and encodings."""

from __future__ import annotations

import base64
import binascii
import codecs
import re
import unicodedata
from collections.abc import Iterator, Sequence

from rapidfuzz.distance import OSA

from motadata_nb.rag.injection.patterns import OVERRIDES

__all__ = ["encoded", "misspelt", "unmasked"]

_WIDE = re.compile("[\uff01-\uff5e\U0001d400-\U0001d7ff]{3,}")
_LIKE = str.maketrans(
    "\u0430\u0435\u043e\u0440\u0441\u0443\u0445\u0456\u0458\u0455\u0501\u051b\u051d\u0442\u043a\u043c\u043d"
    "\u0410\u0412\u0415\u041a\u041c\u041d\u041e\u0420\u0421\u0422\u0425\u0406\u0405\u0408"
    "\u03bf\u03b1\u03c1\u03bd\u03b9\u0391\u0392\u0395\u0397\u0399\u039a\u039c\u039d\u039f\u03a1\u03a4\u03a7\u0131\u0261\u1d0f",
    "aeopcyxijsdqwtkmhABEKMHOPCTXISJoapviABEHIKMNOPTXigo",
)
"""Cyrillic and Greek letters that look like Latin ones."""
_MIXED = re.compile(r"\b(?=\w*[A-Za-z])(?=\w*[\u0370-\u03ff\u0400-\u052f\u0131\u0261\u1d0f])\w{3,}")
_DIGITS = str.maketrans("013457@$", "oieastas")
_LEET = re.compile(r"\b(?=\w*\d)[i1l]gn[o0]r[e3]\b|\bd[i1]sr[e3]g[a4]rd\b|\bf[o0]rg[e3][t7]\b", re.IGNORECASE)
_UNSEEN = re.compile("(?<=\\w)[\u00ad\u200b-\u200d\u2060\ufeff]+(?=\\w)")

_BASE64 = re.compile(r"(?<![\w+/=])[A-Za-z0-9+/]{24,}={0,2}(?![\w+/=])")
_HEX = re.compile(r"(?<!\w)(?:0x)?(?:[0-9a-fA-F]{2}){16,}(?!\w)|(?:\\x[0-9a-fA-F]{2}){12,}|(?:%[0-9a-fA-F]{2}){12,}")
_SPACED = re.compile(r"(?<!\w)(?:[A-Za-z][ ._-]{1,3}){11,}[A-Za-z](?!\w)")
_SPELT = re.compile(r"ignore|disregard|instruction|systemprompt|forget", re.IGNORECASE)
_LONG_RUN = 24
_ROTATED = re.compile(r"\b(?:vtaber|sbetrg|qvfertneq)\b", re.IGNORECASE)
"""The verbs with which an override begins, in ROT13."""
_BACKWARDS = re.compile(
    r"[^\n]{0,80}\b(?:erongi|tegrof|dragersid)\b[^\n]{0,20}|[^\n]{0,20}\bsnoitcurtsni\b[^\n]{0,80}", re.IGNORECASE
)
_OVERRIDES = re.compile(OVERRIDES, re.IGNORECASE)

_VERB = re.compile(r"\b(?:[iI]\w{4,6}|[dD]\w{7,9}|[fF]\w{4,6})\b")
_VERBS = {"ignore": 1, "disregard": 2, "forget": 1}
"""Each with the slips that leave it recognisable."""
_OBJECTS = ("instructions", "instruction", "previous", "prompt", "prompts")
_WORDS = frozenset(
    """
    forge forged forger forgers forges instructed instructing instructive instructor instructors previously promote
    promoted prompted promptly
    """.split()
)
"""What is a slip away, and a word of its own."""
_NEAR = re.compile(r"[^\W\d_]{5,14}")
_REACH = 60
"""Characters behind a verb in which what it is to leave stands."""


def unmasked(passage: str) -> Iterator[tuple[str, Sequence[int]]]:
    """The passage as a reader may see it, once or twice, with the place in it of each character and of the end."""
    everywhere = range(len(passage) + 1)
    if _LEET.search(passage):
        passage = re.sub(r"\w+", lambda match: match.group().translate(_DIGITS), passage)
    elif not passage.isascii():
        passage = _MIXED.sub(lambda match: match.group().translate(_LIKE), _WIDE.sub(_narrow, passage))
        if unseen := {at for match in _UNSEEN.finditer(passage) for at in range(*match.span())}:
            places = [at for at in everywhere if at not in unseen]
            yield "".join(passage[at] for at in places[:-1]), places
    yield passage, everywhere


def _narrow(match: re.Match[str]) -> str:
    """Full-width and mathematical letters as plain ones, one for one."""
    return "".join(c if len(n := unicodedata.normalize("NFKC", c)) != 1 else n for c in match.group())


def misspelt(text: str) -> Iterator[tuple[int, int]]:
    """Where a text tells to leave the instructions, in words that are a slip or two away from these."""
    for match in _VERB.finditer(text):
        slips = _slips(match.group().lower())
        if slips is None:
            continue
        for other in _NEAR.finditer(text, match.end(), match.end() + _REACH):
            word = other.group().lower()
            found = min(OSA.distance(word, name, score_cutoff=2) for name in _OBJECTS)
            if word not in _WORDS and found <= 2 and slips + found > 0:
                yield match.start(), other.end()
                break


def _slips(word: str) -> int | None:
    """How many slips a word is away from a verb; None for other words, inflections among them."""
    if word in _WORDS:
        return None
    near = (OSA.distance(word, verb) for verb, most in _VERBS.items() if OSA.distance(word, verb) <= most)
    slips = min(near, default=None)
    return None if slips and word.startswith(tuple(_VERBS)) else slips


def encoded(passage: str) -> Iterator[tuple[int, int]]:
    """Runs that are prose once they are decoded, and instructions in letters that are spaced, rotated or backwards."""
    if max(map(len, passage.split()), default=0) >= _LONG_RUN:
        for pattern, decode in ((_BASE64, _from_base64), (_HEX, _from_hex)):
            yield from (match.span() for match in pattern.finditer(passage) if _is_prose(decode(match.group())))
    for match in _SPACED.finditer(passage):
        if _SPELT.search(re.sub(r"[ ._-]", "", match.group())):
            yield match.span()
    if _ROTATED.search(passage):
        yield from (match.span() for match in _OVERRIDES.finditer(codecs.decode(passage, "rot13")))
    if "rongi" in passage or "snoit" in passage or "tegrof" in passage:
        yield from (m.span() for m in _BACKWARDS.finditer(passage) if _OVERRIDES.search(m.group()[::-1]))


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
