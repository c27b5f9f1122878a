"""The words that say what an amount is of: those of its row, its column, or what stands around it in a sentence."""

from __future__ import annotations

import re
from functools import lru_cache

from motadata_nb.rag.words.languages import folded
from motadata_nb.rag.words.terms import telling

__all__ = ["labels"]

_SAME = """
cost costs price prices priced fee fees charge charged charges pay pays paid rate rates tariff preis kostet kosten \
zahlen zahlt bezahlen gebuhr gebuhren prix coute coutent paie paient precio cuesta cuestan pagan paga
wide width breit breite large largeur ancho anchura
high height tall hoch hohe haut hauteur alto altura
long length lang lange longueur longitud
deep depth tief tiefe
heavy weigh weighs weight gewicht wiegt poids pese peso pesa
daily day days
weekly week weeks
monthly month months
yearly annual annually year years
employs employed employees employee staff
last lasts lasted duration dauert dauer dure duree dura duracion
fast speed
hot temperature
loud noise
"""
_LIGHT = """
betragt betragen every let has have had get gets got take takes taken took need needs needed require requires required
use uses used include includes included come comes contain contains set amount amounts total value values figure
figures stand stands reach reached reaches receive receives received cover covers hat haben gibt ist sind wird mit fur
der die das den dem des ein eine einen est sont les une pour avec el los las una para con son esta
"""
_LETTERS = 5
"""Letters that related words share."""
_WORD = re.compile(r"[^\W_]+")
_CAMEL = re.compile(r"(?<=[a-z])(?=[A-Z])")
_SHARED = {word[:12]: line.split()[0] for line in _SAME.strip().splitlines() for word in line.split()}
_DROPPED = frozenset(_LIGHT.split())


def labels(text: str) -> frozenset[str]:
    """Keys of the words of *text* that tell one label from another, with its numbers; `maxUsers` has two."""
    return frozenset(filter(None, map(_key, _WORD.findall(_CAMEL.sub(" ", text)))))


@lru_cache(maxsize=50_000)
def _key(word: str) -> str:
    """That of a word; empty for one that says nothing."""
    plain = folded(word)
    if plain in _DROPPED and not (word.isupper() and len(word) > 1):
        return ""
    if len(word) == 1 and word.isupper() and word not in "AI":
        return word
    return _SHARED.get(plain) or "".join(telling([word]))[:_LETTERS]
