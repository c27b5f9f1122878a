"""From bytes to text: byte-order marks, UTF-8, UTF-16 without a mark, and the old code pages."""

from __future__ import annotations

import codecs
import re
import warnings

__all__ = ["decode", "looks_binary"]

_BOMS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_SAMPLE = 64 * 1024
_CONTROL = re.compile(rb"[\x00-\x08\x0e-\x1a\x1c-\x1f\x7f]")


def decode(data: bytes, declared: str = "") -> tuple[str, str]:
    """The text and the name of its encoding; line ends become `\\n`. What cannot be decoded becomes U+FFFD.

    `declared` is what the document itself says, for instance in an HTML `meta`; a byte-order mark and valid UTF-8 win.
    """
    encoding = _encoding(data, declared)
    text = data.decode(encoding, errors="replace")
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    return text, encoding


def _encoding(data: bytes, declared: str) -> str:
    for bom, name in _BOMS:
        if data.startswith(bom):
            return name
    wide = _wide(data)
    if wide:
        return wide
    if _is_utf8(data):
        return "utf-8"
    if declared and _known(declared):
        return declared
    return _guess(data)


def _known(name: str) -> bool:
    try:
        return codecs.lookup(name).name not in ("utf-8", "ascii") and codecs.lookup(name)._is_text_encoding
    except LookupError:
        return False


def _wide(data: bytes) -> str | None:
    """UTF-16 without a mark: nearly every second byte of Western text is zero."""
    sample = data[:4096]
    pairs = len(sample) // 2
    if pairs < 2:
        return None
    even, odd = sample[0::2].count(0), sample[1::2].count(0)
    if odd > 0.7 * pairs and even < 0.05 * pairs:
        return "utf-16-le"
    if even > 0.7 * pairs and odd < 0.05 * pairs:
        return "utf-16-be"
    return None


def _is_utf8(data: bytes) -> bool:
    """Valid UTF-8, or so nearly that a few bytes were damaged."""
    try:
        data.decode("utf-8")
    except UnicodeDecodeError:
        sample = data[:_SAMPLE]
        text = sample.decode("utf-8", errors="replace")
        bad = text.count("\ufffd")
        good = sum(1 for char in text if ord(char) > 127) - bad
        return bad * 20 < good
    return True


def _guess(data: bytes) -> str:
    sample = _dense(data)
    high = sum(1 for byte in sample if byte > 127)
    if high < 24:
        # Too little evidence for statistics: Western text is by far the most frequent.
        return "cp1252"
    from charset_normalizer import from_bytes

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        best = from_bytes(sample).best()
    return best.encoding if best is not None else "cp1252"


def _dense(data: bytes) -> bytes:
    """The part of a long text with bytes outside ASCII, cut at white space."""
    if len(data) <= _SAMPLE:
        return data
    first = re.search(rb"[\x80-\xff]", data)
    start = max(0, (first.start() if first else 0) - 1024)
    piece = data[start : start + _SAMPLE]
    return piece[: piece.rfind(b" ") + 1] or piece


def looks_binary(data: bytes) -> bool:
    """Whether bytes are no text in any encoding, judged by control characters at start, middle and end."""
    if data.startswith(tuple(bom for bom, _ in _BOMS)) or _wide(data):
        return False
    middle = len(data) // 2
    sample = data if len(data) <= 3 * _SAMPLE else data[:_SAMPLE] + data[middle : middle + _SAMPLE] + data[-_SAMPLE:]
    controls = len(_CONTROL.findall(sample))
    return controls > max(2, len(sample) // 500) or (controls > 0 and len(sample) < 64 and b"\x00" in sample)
