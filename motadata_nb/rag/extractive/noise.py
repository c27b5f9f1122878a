"""What stands in a document without saying anything: lines of a table of contents, references, headings, questions."""

from __future__ import annotations

import re

__all__ = ["is_filler", "looks_like_heading", "shown"]

_DOTS = re.compile(r"\.{4,}|(?:\. ){4,}|\u2026{2,}|(?:_{4,})")
_CONTENTS = re.compile(r"^\d{1,4}\s+\S.{0,80}\u2026$|^\S.{0,80}\u2026\s*\d{1,4}$")
_NUMBERED_CAPTION = re.compile(r"^\W*(?:fig(?:ure|\.)|exhibit|chart)\s*\d+(?:\.\d+)*\s+(?-i:[A-Z])", re.IGNORECASE)
_EXHIBIT = re.compile(r"^\W*\d{1,2}\.\d{1,2}[+*\u2020]?\s+\S.*incorporated\s+(?:herein\s+)?by\s+reference", re.DOTALL)
_IDENTIFIER = re.compile(r"\bdoi:\s*10\.|\b(?:doi|arxiv)\.org/", re.IGNORECASE)
_QUOTED = re.compile(r"^\u201c[^\u201d]+[.,]?\u201d[.,]?$")
_CAPTION = re.compile(r"^\W*(?:fig(?:ure|\.)|table|exhibit|chart)\s*[A-Z]?\d+(?:\.\d+)*\s*[.:\u2013-]", re.IGNORECASE)
_AUTHORS = re.compile(
    r"^\W*(?:\[?\d{1,3}[\].]\s*)?(?:[A-Z][\w'\u2019-]+,\s+(?:[A-Z]\.[\s,-]*)+|(?:[A-Z]\.\s*)+[A-Z]\w+,)"
)
_REFERENCE_SIGNS = (
    re.compile(r"\bhttps?://|\bdoi\b|\barXiv\b", re.IGNORECASE),
    re.compile(r"\(\s*(?:19|20)\d{2}\s*\)|\b(?:19|20)\d{2}\s*[.;,]\s*(?:$|\D)"),
    re.compile(r"\b(?:vol|no|pp)\.\s*\d|\d+\(\d+\)|\d+\s*[\u2013-]\s*\d+\.?$", re.IGNORECASE),
    re.compile(r"\b(?:Proceedings|Journal|Conference|Press|Retrieved|Available at|Accessed|In Proc\.?|et al)\b"),
)
_ENDS = re.compile(r"[.!?:;\u3002\uff01\uff1f][\"'\u201d\u2019)\]]*$")
_HYPHEN = re.compile(r"(?<=[^\W\d_]{2})[-\u00ad\u2010]\s*\n\s*(?=[^\W\d_]{2})")
_WORD = re.compile(r"[^\W\d_][\w'\u2019-]*")
_BULLET = re.compile(r"^(?:[\u2022\u25aa\u25cf\u25e6\u2023\u00b7*\u2013-]|\(?\d{1,2}[.)])\s+(?=\D)")
_HEADING_WORDS = 9
_IMAGE = re.compile(r"!\[(?P<alt>[^\]\n]*)\](?:\([^)\n]*\)|\[[^\]\n]*\])")
_LINK = re.compile(r"(?<![!\\\w])\[(?P<text>[^\[\]\n]*)\]\((?:[^()\n]|\([^()\n]*\))*\)")
_STRONG = re.compile(r"(?<!\*)\*\*(?=[^\s*])(?P<text>[^*\n]+)(?<=\S)\*\*(?!\*)")
_TELLING = 5
"""Words of a picture's description from which it says something."""


def is_filler(sentence: str) -> bool:
    """Whether a sentence is a line of contents, a caption, a picture, or an entry of a list of references."""
    if "![" in sentence and _is_picture(sentence):
        return True
    if _DOTS.search(sentence) or (_CAPTION.match(sentence) and len(sentence.split()) < 16):
        return True
    if _IDENTIFIER.search(sentence) or _CONTENTS.match(sentence) or _EXHIBIT.match(sentence) or _is_title(sentence):
        return True
    if _NUMBERED_CAPTION.match(sentence) and len(sentence.split()) < 16:
        return True
    signs = sum(bool(sign.search(sentence)) for sign in _REFERENCE_SIGNS)
    return signs + bool(_AUTHORS.match(sentence)) >= 2


def _is_picture(sentence: str) -> bool:
    """Whether a sentence of Markdown is a picture with a few words, or none, that describe it."""
    beside = _LINK.sub(" ", _IMAGE.sub(" ", sentence))
    described = " ".join(match["alt"] for match in _IMAGE.finditer(sentence))
    return not _WORD.search(beside) and len(described.split()) < _TELLING


def _is_title(sentence: str) -> bool:
    """Whether a sentence is nothing but the title of a work between quotation marks."""
    longer = [word for word in _WORD.findall(sentence) if len(word) > 3]
    return _QUOTED.match(sentence) is not None and bool(longer) and all(word[0].isupper() for word in longer)


def looks_like_heading(sentence: str) -> bool:
    """Whether a sentence is a few words without an end, most of them capitalised."""
    if _ENDS.search(sentence):
        return False
    words = _WORD.findall(sentence)
    longer = [word for word in words if len(word) > 3]
    return len(words) <= _HEADING_WORDS and bool(longer) and sum(w[0].isupper() for w in longer) >= 0.6 * len(longer)


def shown(sentence: str) -> str:
    """A sentence in one line, without the mark of a list and the signs of Markdown for pictures, links and what is
    strong, words put together that the end of a line had parted.
    """
    bare = _STRONG.sub(r"\g<text>", _LINK.sub(r"\g<text>", _IMAGE.sub(r"\g<alt>", sentence)))
    return _BULLET.sub("", " ".join(_HYPHEN.sub(_joined, bare).split()))


def _joined(match: re.Match[str]) -> str:
    """Nothing before a small letter; the hyphen of a name or a compound stays before a capital."""
    following = match.string[match.end() : match.end() + 1]
    return "" if following.islower() or match.group()[0] == "\u00ad" else match.group()[0]
