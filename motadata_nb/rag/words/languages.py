"""Function words of questions in other languages than English, which say nothing of what is asked for."""

from __future__ import annotations

import re
import unicodedata

from motadata_nb.rag.words.stopwords import STOP_WORDS

__all__ = ["folded", "foreign_words", "is_foreign", "is_german"]

_WORDS = {
    "de": """
        aber alle als also alt am an auch auf aus bei beim bin bis da dann darf das dass dem den denn der des die dies
        diese dieser dieses du durch ein eine einem einen einer eines er es etwa f\u00fcr ganz gibt gilt groß haben hat
        hatte heißt hoch ich ihr im in ist ja kann kein keine k\u00f6nnen lang lange m\u00fcssen muss man mein mit nach
        nicht noch nur ob oder oft ohne sein seine seit sich sie sind so soll spät \u00fcber um und uns unser viel viele
        vom von vor w\u00e4hrend wann war waren warum was weit welche welchem welchen welcher welches wem wen wenn wer
        werden wessen wie wieso wird wir wo woher wohin worauf wof\u00fcr wurde wurden zu zum zur zwischen
    """,
    "es": """
        a al ante c\u00f3mo como con cu\u00e1l cu\u00e1les cual cu\u00e1ndo cuando cu\u00e1nta cu\u00e1ntas
        cu\u00e1nto cu\u00e1ntos de del desde d\u00f3nde donde durante e el ella ellos en entre era es esa ese eso esta
        est\u00e1 est\u00e1n este esto fue fueron ha haber hace hasta hay la las le les lo los m\u00e1s me mi mucho muy
        no nos o para pero por porque puede pueden que qu\u00e9 qui\u00e9n qui\u00e9nes quien se sea ser si sin sobre
        son su sus tan tiene tienen todo tu un una unas uno unos y ya
    """,
    "fr": """
        a \u00e0 au aux avec avoir ce ces cet cette combien comme comment c dans de des doit doivent d du elle elles en
        entre est et \u00eatre eu fait faut il ils j je l la le les leur leurs lors lorsque mais m me m\u00eame mes mon
        n ne non nos notre nous on o\u00f9 ou par pas pendant peut peuvent plus pour pourquoi qu quand que quel quelle
        quelles quels qui quoi sa sans se ses si son sont sous sur t te ton tous tout tr\u00e8s tu un une vos votre vous
        y a-t-il
    """,
    "it": """
        a ai al alla anche che chi ci come con cosa cui da dal dalla dei del della delle di dopo dove \u00e8 e fra gli
        ha hanno i il in la le lo ma nel nella non o ogni per perch\u00e9 pi\u00f9 pu\u00f2 qual quale quali quando
        quanta quante quanti quanto questa questo se si sono su sul sulla suo tra un una uno
    """,
    "pt": """
        a ao aos as at\u00e9 com como da das de do dos e \u00e9 ela ele em entre era essa esse esta est\u00e1 este foi
        foram h\u00e1 isso isto mais mas me muito na nas n\u00e3o no nos o onde os ou para pela pelo pode podem por
        porque qual quais quando quanta quantas quanto quantos que quem se sem ser seu sua s\u00e3o sobre tem t\u00eam
        um uma
    """,
}
_FUNCTION = {language: frozenset(text.split()) for language, text in _WORDS.items()}
_WORD = re.compile(r"[^\W\d_]+")
_LEAST = 2
"""Function words that tell a language; one may be a name, or stand in two languages."""


def folded(word: str) -> str:
    """The word in lower case without accents and umlauts: "Räume" is "raume", as in "Raum"."""
    if word.isascii():
        return word.lower()
    parted = unicodedata.normalize("NFKD", word.lower().replace("\u00df", "ss"))
    return "".join(sign for sign in parted if not unicodedata.combining(sign))


def is_foreign(question: str) -> bool:
    """Whether *question* is in another language than English, as far as its function words tell."""
    return bool(foreign_words(question))


def is_german(question: str) -> bool:
    """Whether every noun of *question* has a capital, so that none tells a name."""
    return foreign_words(question) is _FUNCTION["de"]


def foreign_words(question: str, least: int = _LEAST) -> frozenset[str]:
    """The function words of the language of *question*, in lower case; none when it is English, or has fewer than
    *least* of them.
    """
    said = {word.lower() for word in _WORD.findall(question)}
    counts = {language: len(said & function) for language, function in _FUNCTION.items()}
    best = max(counts, key=counts.__getitem__)
    known = counts[best] >= least and counts[best] > len(said & STOP_WORDS)
    return _FUNCTION[best] if known else frozenset()
