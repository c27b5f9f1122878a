"""Words of which one excludes the other: what is said of employees is not said of trainees.

A sentence about another member of the group is as near to a question as the one that answers it, by its words and by
its meaning, so the groups are written down. Words of one line stand for each other.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Set
from functools import lru_cache

from motadata_nb.rag.words.languages import folded

__all__ = ["asks_of_another", "sisters"]

_GROUPS = """
employee* staff worker* personnel workforce mitarbeiter* angestellte* besch\u00e4ftigte* arbeitnehmer* empleado* \
empleada* trabajador* salari\u00e9* employ\u00e9* dipendent*
trainee* apprentice* intern interns lehrling* azubi* auszubildende* praktikant* aprendi* becari* apprenti* \
stagiaire* tirocinant*
volunteer* ehrenamtliche* freiwillige* voluntari* b\u00e9n\u00e9vole* volontari*
contractor* freelancer* leiharbeiter* aut\u00f3nomos prestataire*
visitor* guest guests besucher* g\u00e4ste visitante* visiteur* visitator*

adult* erwachsene*
child children kids kinder kindern kindes ni\u00f1o* ni\u00f1a* enfant* bambin*
seniors pensioner* retirees rentner* senioren jubilad* pensionist* retrait\u00e9* anziani
teenager* teens youths jugendliche* j\u00f3venes adolescent*
student* studierende* estudiante* \u00e9tudiant*
pupil pupils sch\u00fcler* alumno* alumna* \u00e9l\u00e8ve*
teacher* lehrer* lehrkr\u00e4ft* profesor* enseignant*
lecturer* dozent* docente*

part-time parttime teilzeit* parcial
full-time fulltime vollzeit* completo

winter* invierno hiver inverno
summer* sommer* verano
spring fr\u00fchling* fr\u00fchjahr* primavera printemps
autumn herbst* oto\u00f1o automne autunno

breakfast* fr\u00fchst\u00fcck* desayuno*
lunch* mittagessen almuerzo* pranzo
dinner* supper abendessen cena*

weekday* werktag* wochentag* laborable*
weekend* wochenende* week-end*

dog dogs hund hunde hunden hundes perro* chien* cani
cat cats katze* gato* chats gatti
rabbit* kaninchen conejo* lapin*
horse* pferd* caballo* cheval chevaux

male males men m\u00e4nner hombres hommes
female females women frauen mujeres femmes
"""
_WORD = re.compile(r"[^\W\d_][\w'\u2019-]*")


def _classes() -> Iterator[tuple[str, tuple[int, int]]]:
    for group, block in enumerate(_GROUPS.strip().split("\n\n")):
        for number, line in enumerate(block.splitlines()):
            yield from ((folded(word), (group, number)) for word in line.split())


_EXACT = {word: place for word, place in _classes() if not word.endswith("*")}
_BEGUN = {word[:-1]: place for word, place in _classes() if word.endswith("*")}


def asks_of_another(question: str, sentence: str, around: str) -> bool:
    """Whether the question is about one member of a group and the sentence about another, and *around*, all that
    stands there, does not know the first.
    """
    asked = _members(question)
    if not asked:
        return False
    said, known = _members(sentence), _members(around)
    # A question about several, or a sentence that has one of them, compares them.
    return any(place not in known and _has_other(place, said, asked) for place in asked)


def sisters(text: str, other: str) -> frozenset[str]:
    """Words of *text* in whose place *other* has another of their group."""
    said, known = _members(text), _members(other)
    apart = {place for place in said - known if _has_other(place, known, said)}
    return frozenset(word for word in _WORD.findall(text) if _place(word) in apart) if apart else frozenset()


def _has_other(place: tuple[int, int], said: Set[tuple[int, int]], asked: Set[tuple[int, int]]) -> bool:
    """Whether something else of the group is said, and nothing that is asked of it."""
    group = {one for one in said if one[0] == place[0]}
    return bool(group) and not group & asked


@lru_cache(maxsize=2048)
def _members(text: str) -> frozenset[tuple[int, int]]:
    return frozenset(filter(None, map(_place, _WORD.findall(text))))


@lru_cache(maxsize=8192)
def _place(written: str) -> tuple[int, int] | None:
    word = folded(written)
    if word in _EXACT:
        return _EXACT[word]
    return next((_BEGUN[word[:n]] for n in range(len(word), 2, -1) if word[:n] in _BEGUN), None)
