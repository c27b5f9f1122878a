"""Which side of a thing is measured: what is 25 metres long says nothing of how wide it is."""

from __future__ import annotations

import re
from functools import lru_cache

__all__ = ["is_of_another_side"]

_SIDES = (
    r"long|length|lang|l\u00e4nge|largo|longitud|longueur|lunghezza|comprimento",
    r"wide|width|broad|breit|breite|ancho|anchura|largeur|larghezza|largura",
    r"high|tall|height|hoch|h\u00f6he|alto|altura|haut|hauteur|altezza",
    r"deep|depth|tief|tiefe|profundo|profundidad|profond|profondeur|profondit\u00e0",
    r"thick|thickness|dick|dicke|grosor|espesor|\u00e9pais|\u00e9paisseur|spessore",
)
_SIDE = "|".join(f"(?P<s{n}>{words})" for n, words in enumerate(_SIDES))
_UNIT = (
    r"(?:[kcmd]?m|(?:kilo|centi|milli|deci)?met(?:er|re)[ns]?|metros?|m\u00e8tres?|metri|feet|foot|ft|inch(?:es)?|yards?"
    r"|miles?)"
)
_MEASURE = rf"\d[\d.,]*\s*-?\s*{_UNIT}\b"
_MEASURES = re.compile(_MEASURE, re.IGNORECASE)
_AFTER = re.compile(rf"{_MEASURE}\s*-?\s*(?:(?:de|in|di|of)\s+)?(?:{_SIDE})\b", re.IGNORECASE)
_BEFORE = re.compile(rf"\b(?:{_SIDE})\s*:?\s*(?:\w+\s+){{0,2}}{_MEASURE}", re.IGNORECASE)
_ASKED = re.compile(
    rf"\b(?:how|wie)\s+(?:{_SIDE})\b"
    + rf"|\b(?:what\s+(?:is|was)\s+the|quelle\s+est\s+la|cu\u00e1l\s+es\s+la)\s+(?:{_SIDE.replace('P<s', 'P<t')})\b"
    + rf"|\b(?:cu\u00e1nto\s+\w+\s+de|combien\s+\w+\s+de)\s+(?:{_SIDE.replace('P<s', 'P<u')})\b",
    re.IGNORECASE,
)


def is_of_another_side(question: str, sentence: str) -> bool:
    """Whether the question asks for one side of a thing, and all that is measured in the sentence are others."""
    asked = _asked(question)
    if asked is None:
        return False
    said = [_side(match) for pattern in (_AFTER, _BEFORE) for match in pattern.finditer(sentence)]
    return bool(said) and asked not in said and len(said) >= len(_MEASURES.findall(sentence))


@lru_cache(maxsize=256)
def _asked(question: str) -> int | None:
    match = _ASKED.search(question)
    return _side(match) if match else None


def _side(match: re.Match[str]) -> int:
    return next(int(name[1:]) for name, found in match.groupdict().items() if found)
