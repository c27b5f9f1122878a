"""The words of a question that say what is asked for: what somebody does, what is counted, which thing of what."""

from __future__ import annotations

import re
from typing import NamedTuple

from motadata_nb.rag.extractive.attributes import ANSWERED_UNSAID
from motadata_nb.rag.words.stopwords import STOP_WORDS
from motadata_nb.rag.words.terms import content, names, stem, words

__all__ = ["Asked", "LIGHT", "asked_words", "telling"]

LIGHT = frozenset(
    words("happen happened occur occurred take took taken took place get got make made need like long much often")
)
"""What a question may say of anything."""
_SAID = frozenset(
    stem(word)
    for word in """
    according add additional another call called come consider considered following gave give given go goes
    include included includes left mention mentioned mentions refer referred say says somebody someone text went
    """.split()
)
"""What a question says of the text, or of whatever it asks for."""
_WORD = re.compile(r"[^\W\d_][\w'\u2019-]*")
_BEFORE = r"^\W*(?:(?:in|on|at|by|from|to|for|of|with|under|during|since|until|about|and|after|before) )?"
_AUXILIARY = (
    r"can|could|did|do|does|had|has|have|is|are|was|were|may|might|must|should|will|would|been|be|not|first|also"
    r"|originally|currently|usually"
)
_DOES = re.compile(rf"{_BEFORE}whom?\s+(?:(?:{_AUXILIARY})\s+)*(?P<word>(?-i:[a-z])[\w-]+)", re.IGNORECASE)
_ARTICLE = r"(?:the|an?|his|her|its|their|our|my|your)"
_PHRASE = r"(?P<phrase>(?:[\w'\u2019-]+\s+){0,3}?[\w'\u2019-]+?)"
_ENDS = rf"(?=\s+(?:of|for|in|on|at|to|by|with|from|after|before|per|that|which|who|used|called|{_AUXILIARY})\b|\W*$)"
_COUNTED = re.compile(rf"\bhow many (?:(?:different|other|more|total|new)\s+)?{_PHRASE}{_ENDS}", re.IGNORECASE)
_THING = re.compile(
    rf"{_BEFORE}(?:(?:what|which|whose|who)\s+(?:is|was|are|were|will be)\s+(?:{_ARTICLE}\s+)?"
    rf"|how\s+\w+\s+(?:is|was|are|were)\s+(?:{_ARTICLE}\s+)?){_PHRASE}{_ENDS}",
    re.IGNORECASE,
)
_TYPE = re.compile(rf"{_BEFORE}(?:what|which|whose)\s+(?!(?:{_AUXILIARY})\b){_PHRASE}{_ENDS}", re.IGNORECASE)
_LAST = re.compile(
    r"\b(?:when|where|how)\b.*?\b(?:is|was|are|were|did|does|do|has|have|had)\b.*?\b(?P<word>(?-i:[a-z]+))\W*$",
    re.IGNORECASE,
)


class Asked(NamedTuple):
    """The words of a question that have a part in it, as they are written; each may be without."""

    does: tuple[str, ...]
    """What somebody is asked to do: "publishes", in "Who publishes it?"."""
    thing: tuple[str, ...]
    """What is asked for: "notice", in "What is the notice period?"."""
    counted: tuple[str, ...]
    """What is to be counted: "desks", in "How many desks are there?"."""
    type: tuple[str, ...]
    """What the answer is one of: "courts", in "Which courts decide?"; it may be understood."""
    last: tuple[str, ...]
    """What happens to the rest of it: "founded", in "When was it founded?"."""


def telling(question: str) -> dict[str, str]:
    """The words that a sentence must have, or others for them, as written by stem: no names, nothing that an answer
    gives without saying it.
    """
    named, said = names(question), set(content(question))
    found: dict[str, str] = {}
    for word in _WORD.findall(question):
        key = stem(word)
        if key in said and key not in named and not _idle(word, key):
            found.setdefault(key, word)
    return found


def _idle(word: str, key: str) -> bool:
    return key in LIGHT or key in _SAID or key in ANSWERED_UNSAID or word.lower() in STOP_WORDS


def asked_words(question: str) -> Asked:
    """The parts of a question, each with those of its words that are :func:`telling`."""
    # A name that says which one it is must be there too: the Chief *Technology* Officer.
    named, known = names(question), set(telling(question).values())

    def of(match: re.Match[str] | None, group: str) -> tuple[str, ...]:
        return tuple(word for word in match[group].split() if word in known) if match else ()

    does, counted = of(_DOES.match(question), "word"), of(_COUNTED.search(question), "phrase")
    match = None if counted else _THING.match(question)
    which = tuple(word for word in match["phrase"].split() if stem(word) in named) if match else ()
    thing = (*of(match, "phrase"), *which)
    kind = () if counted or thing else of(_TYPE.match(question), "phrase")
    last = of(_LAST.search(question), "word")
    return Asked(does, thing, counted, kind, () if {*last} & {*does, *thing, *counted, *kind} else last)
