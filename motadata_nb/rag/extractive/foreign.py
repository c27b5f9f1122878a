"""The words that ask in a German, French, Spanish, Italian or Portuguese question, and how far a sentence has them.

By the letters alone: the bundled model knows no other language than English well, and inflections and compounds differ.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence, Set

from motadata_nb.rag.words.languages import folded, foreign_words
from motadata_nb.rag.words.terms import stem

__all__ = ["ASKING_VERBS", "foreign_gaps", "kin"]

_WORD = re.compile(r"[^\W\d_][\w'\u2019-]*")
_ELIDED = re.compile(r"^(?:[cdjlmnst]|qu)['\u2019](?=\w{2})", re.IGNORECASE)
_INVERTED = re.compile(r"-(?:t-)?(?:ils?|elles?|on|je|tu|nous|vous|ce)$", re.IGNORECASE)
_OTHERWISE = {"ouvr": "ouve", "abre": "abie", "abri": "abie", "cier": "cerr"}
"""How verbs of opening and closing begin in other forms: "ouvre" and "ouvert", "abre" and "abierto"."""
_BESIDE = 0.6
"""What a word counts that stands in the sentence before or after."""
_WHO = re.compile(r"^\W*(?:\w{1,4} )?(?:wer|wem|wen|qui|qui\u00e9n(?:es)?|chi|quem)\b(?P<rest>.*)", re.IGNORECASE)
_COUNTED = re.compile(
    r"\b(?:wie ?viele|wie ?viel(?= (?-i:[A-Z\u00c4\u00d6\u00dc]))|cu\u00e1nt(?:os|as?)"
    r"|combien (?:de (?!temps)|d['\u2019]|des )|quant[aei] |quant[ao]s)\s*(?P<rest>\S.*)",
    re.IGNORECASE,
)
_KIND = re.compile(
    r"^\W*(?:\w{1,4} )?(?:welche[mnrs]?|qu\u00e9|quel(?:le)?s?|quali?|quais)\b(?P<rest>.*)", re.IGNORECASE
)
_THING = re.compile(
    r"^\W*(?:wie (?:hoch|lange?|gro\u00df|schwer|alt|breit|hei\u00dft)|was|welche[mnrs]?|cu\u00e1l(?:es)?"
    r"|quel(?:le)?s?|qual[ei]?) (?:ist|sind|war|waren|es|son|era|est|sont|\u00e9tait|\u00e8|\u00e9) "
    r"(?:d[aeiou]\w+ |ein\w* |l[aeo]s? |el |les |l['\u2019]|il |gli |[oa]s? )?(?P<rest>.*)",
    re.IGNORECASE,
)
_UNSAID = frozenset(
    """
    art arten tipo tipos type types sorte clase clases nombre nom name namen jahr a\u00f1o ann\u00e9e tag d\u00eda
    d\u00edas jour jours uhrzeit hora heure monat mes mois edad \u00e2ge alter montant importe betrag ort lugar lieu
    dur\u00e9e duraci\u00f3n dauer plazo d\u00e9lai prix precio preis zahl n\u00famero personen personas personnes gente
    menschen
    """.split()
)
"""What an answer gives without saying it."""
ASKING_VERBS = frozenset(
    """
    kosten kostet kostete kosteten zahlen zahlt zahle bezahlen bezahlt dauert dauern dauerte nennt genannt
    cuesta cuestan cost\u00f3 costar vale valen paga pagan pagar dura duran dur\u00f3 llama llaman lleva llevan contiene
    mide
    co\u00fbte co\u00fbtent co\u00fbt\u00e9 payer paie paient dure durent appelle appellent contient mesure faut
    """.split()
)
"""What asks for an amount, a time or a name, which a sentence may give in any words: whether it does is seen apart."""


def foreign_gaps(
    question: str, sentence: str, above: str, beside: str, weights: Mapping[str, float]
) -> dict[str, float]:
    """What of a question is missing from a sentence, by the names of `RELATION`; of those left out nothing is."""
    idle = foreign_words(question)
    written = _telling(question, idle)
    telling = [word for word in written if word.lower() not in _UNSAID] or written
    wanted = {word: weights.get(stem(word), 1.0) for word in dict.fromkeys(telling)}
    total = sum(wanted.values()) or 1.0
    here, over, near_by = (_folded(text) for text in (sentence, above, beside))
    inside = {word: float(_akin(word, here)) for word in wanted}
    near = {
        word: max(held, 1.0 if _akin(word, over) else _BESIDE if _akin(word, near_by) else 0.0)
        for word, held in inside.items()
    }
    last = telling[-1] if telling and question.rstrip(" ?").endswith(telling[-1]) else ""
    does, counted, kind, thing = (_first(pattern, question, written) for pattern in (_WHO, _COUNTED, _KIND, _THING))
    return {
        "soft": sum(wanted[word] * (1 - held) for word, held in inside.items()) / total,
        "soft_near": sum(wanted[word] * (1 - held) for word, held in near.items()) / total,
        "worst": max((1 - held for held in inside.values()), default=0.0),
        "worst_near": max((1 - held for held in near.values()), default=0.0),
        "nothing": float(bool(wanted) and not any(inside.values())),
        "does": 1 - near.get(does, 1.0) if does else 0.0,
        "counted": 1 - near[counted] if counted and counted.lower() not in _UNSAID else 0.0,
        "type": 1 - near[kind] if kind and not thing and _is_noun(kind, question, idle) else 0.0,
        "thing": 1 - near[thing] if thing and thing.lower() not in _UNSAID else 0.0,
        "last": 1 - near[last] if last else 0.0,
    }


def _is_noun(kind: str, question: str, idle: Set[str]) -> bool:
    """Whether one of a kind is asked for that an answer names: a verb after "que" has a function word behind it."""
    if kind.lower() in _UNSAID:
        return False
    after_que = re.search(rf"\bqu\u00e9\s+{re.escape(kind)}\s+(?P<next>[\w-]+)", question, re.IGNORECASE)
    return after_que["next"].lower() not in idle if after_que else "qu\u00e9" not in question.lower()


def _telling(text: str, idle: Set[str]) -> list[str]:
    """The words of a text that are no function words."""
    return [w for w in _bare(text) if w.lower() not in idle and w.lower() not in ASKING_VERBS and len(w) > 2]


def _first(pattern: re.Pattern[str], question: str, written: Sequence[str]) -> str:
    """The first telling word after what the pattern finds; empty without."""
    match = pattern.search(question)
    return next((word for word in _bare(match["rest"]) if word in written), "") if match else ""


def _bare(text: str) -> list[str]:
    """The words of a text, without an elided article and without the pronoun behind a verb: "ouvre-t-il"."""
    return [_INVERTED.sub("", _ELIDED.sub("", word)) for word in _WORD.findall(text)]


def _folded(text: str) -> set[str]:
    return {folded(word) for word in _WORD.findall(text)}


def _akin(word: str, others: Set[str]) -> bool:
    """Whether one of the others is the word in another form, or one of them is put together with the other."""
    own = folded(word)
    begin = own[: max(4, len(own) - 3)]
    otherwise = _OTHERWISE.get(own[:4], begin)
    return any(
        other.startswith((begin, otherwise)) or (len(own) > 4 and begin in other) or (len(other) > 4 and other in own)
        for other in others
    )


def kin(word: str, others: Mapping[str, str]) -> set[str]:
    """Those of the others that are the word in another form, or put together with it; each with its :func:`folded`."""
    own = folded(word)
    begin = own[: max(4, len(own) - 3)]
    if own[:4] in _OTHERWISE:
        return {other for other, form in others.items() if form.startswith((begin, _OTHERWISE[own[:4]]))}
    if len(own) > 4:
        return {other for other, form in others.items() if begin in form or (len(form) > 4 and form in own)}
    return {other for other, form in others.items() if form.startswith(begin)}
