"""Whether a claim says of somebody what the context says of another person, a sister or whoever stands by the verb."""

from __future__ import annotations

import re
from collections.abc import Sequence

from motadata_nb.rag.grounding.verbs import as_one_verb, one_verb
from motadata_nb.rag.words.terms import content, stem

__all__ = ["is_of_another_person"]

_NAME = r"[A-Z\u00c0-\u00dd][\w\u2019'-]*(?:\s+(?:[a-z]{2,3}\s+)?[A-Z\u00c0-\u00dd][\w-]*)*"
_KIN = (
    r"(?:(?:grand|step|half-)?(?:sister|brother|son|daughter|mother|father|child|children)s?(?:-in-law)?|wife|husband"
    r"|widow(?:er)?|cousin|uncle|aunt|niece|nephew|twin|friend|student|pupil|teacher|colleague|assistant|partner|rival"
    r"|successor|predecessor|deputy|secretary|employer|boss|heirs?|family|followers?|team|company|firm|neighbou?r"
    r"|Schwester|Bruder|Sohn|Tochter|Mutter|Vater|Frau|Witwe|Sch\u00fcler(?:in)?|Assistent(?:in)?|Kolleg(?:e|in)"
    r"|s\u0153ur|fr\u00e8re|fils|fille|m\u00e8re|p\u00e8re|femme|mari|veuve|\u00e9l\u00e8ve|coll\u00e8gue"
    r"|hermana|hermano|hijo|hija|madre|padre|esposa|marido|viuda|alumn[oa]|colega)"
)
_OWNED = re.compile(rf"(?P<owner>{_NAME}?)['\u2019]s?\s+(?:[a-z-]+\s+){{0,2}}?(?P<kin>{_KIN})\b")
_OF = re.compile(rf"\b(?P<kin>{_KIN})\s+(?:of|von|de|di|des|del|d['\u2019])\s*(?P<owner>{_NAME})")
_KIN_WORD = re.compile(rf"\b{_KIN}\b")
_DOES = re.compile(rf"^\W*(?P<who>(?:(?:Mr|Mrs|Ms|Dr|Prof)\.?\s+)?{_NAME})\s+(?P<verb>[a-z]{{3,}}(?:ed|s)|[a-z]+)\b")
_CLAUSE = re.compile(r"[;:]\s|\s(?:while|whereas|but)\s")
_PRONOUNS = frozenset("he she it they we who which that this these those i you there all both each".split())
_SAME = 0.6
"""Share of what the claim says of somebody that a sentence must have."""
_PAST = frozenset(
    """
    beat began bought brought built chose drew fought found gave got kept led lent left
    lost made met paid ran saw sold taught told took won wrote went sang spoke flew
    """.split()
)


def is_of_another_person(claim: str, near: Sequence[str]) -> bool:
    """Whether the *near* sentences say it of another person than the claim that begins with a name."""
    does = _DOES.match(claim)
    if (
        not does
        or not _is_verb(does["verb"])
        or does["who"].lower() in _PRONOUNS
        or not (does := _DOES.match(as_one_verb(claim)))
    ):
        return False
    who, rest = does["who"].split()[-1], frozenset(content(as_one_verb(claim)[does.end("who") :]))
    told = [sentence for sentence in near if rest and len(rest & frozenset(_verbs(sentence))) >= _SAME * len(rest)]
    if any(_does(who, does["verb"], sentence) for sentence in told):
        return False
    return any(_is_kin(who, claim, sentence) or _has_other(who, does["verb"], sentence) for sentence in told)


def _verbs(sentence: str) -> list[str]:
    return content(as_one_verb(sentence))


def _is_verb(word: str) -> bool:
    return word.endswith("ed") or word in _PAST


def _owners(sentence: str) -> list[re.Match[str]]:
    return [*_OWNED.finditer(sentence), *_OF.finditer(sentence)]


def _is_kin(who: str, claim: str, sentence: str) -> bool:
    """Whether a sentence has the name only in that of a relative, whom the claim does not speak of."""
    owners = [match for match in _owners(sentence) if who in re.findall(r"[\w-]+", match["owner"])]
    if not owners or _KIN_WORD.search(claim):
        return False
    return len(re.findall(rf"\b{re.escape(who)}\b", sentence)) == len(owners)


def _does(who: str, verb: str, sentence: str) -> bool:
    """Whether the clause with the verb has the name, other than that of a relative's relative."""
    return any(who in clause and not _is_kin(who, "", clause) for clause in _clauses_with(verb, sentence))


def _clauses_with(verb: str, sentence: str) -> list[str]:
    key = one_verb(stem(verb))
    clauses = _CLAUSE.split(as_one_verb(sentence))
    return [clause for clause in clauses if key in (one_verb(stem(word)) for word in re.findall(r"[\w-]+", clause))]


def _has_other(who: str, verb: str, sentence: str) -> bool:
    """Whether another name stands where the doer of the verb does, and that name does not stand for the same."""
    for clause in _clauses_with(verb, sentence):
        for match in re.finditer(rf"({_NAME})\s+([a-z]+)\b|\b([a-z]+)\s+by\s+({_NAME})", clause):
            other, does = (match[1], match[2]) if match[1] else (match[4], match[3])
            if one_verb(stem(does)) == one_verb(stem(verb)) and other.split()[0].lower() not in _PRONOUNS:
                return True
    return False
