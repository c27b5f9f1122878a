"""Verbs that say the same of two parties, and those that say it from the other one's side: lend and borrow."""

from __future__ import annotations

import re

from motadata_nb.rag.words.terms import stem

__all__ = ["CONVERSE", "as_one_verb", "one_verb"]

_SAME = """
acquire acquires acquired acquiring buy buys bought buying purchase purchases purchased
defeat defeats defeated beat beats beaten overcome overcomes overcame outplayed
hire hires hired employ employs employed recruit recruits recruited engage engages engaged
found founds founded establish establishes established
sue sues sued
lead leads led head heads headed direct directs directed
own owns owned possess possesses possessed
lend lends lent loan loaned
kill kills killed murder murders murdered slew
teach teaches taught instruct instructs instructed tutored
succeed succeeds succeeded replace replaces replaced
precede precedes preceded predate predates predated
write writes wrote written author authored authors
build builds built construct constructs constructed
invent invents invented devise devised devises
pay pays paid
invite invites invited
support supports supported back backs backed
attack attacks attacked assault assaulted assaults
accuse accuses accused
cause causes caused
contain contains contained include includes included
exceed exceeds exceeded surpass surpasses surpassed outstrip outstripped
orbit orbits orbited circle circles circled
praise praises praised
owe owes owed
""".strip().splitlines()
_OTHER_SIDE = (
    ("borrow borrows borrowed", "lent"),
    ("lostto losesto losingto", "defeated"),
    ("belongsto belongedto", "owned"),
)
"""What the second does to the first."""
_ONE = {stem(word): stem(line.split()[0]) for line in _SAME for word in line.split()}
CONVERSE = {stem(word): _ONE[stem(verb)] for line, verb in _OTHER_SIDE for word in line.split()}
"""A verb from the other side, by its stem, and the verb whose parties it exchanges."""
_SHARED = CONVERSE | _ONE
_PHRASES = (
    (re.compile(r"\b(?:take|takes|took|taken|taking) over\b", re.IGNORECASE), "acquired"),
    (re.compile(r"\btook ((?:[\w.-]+ ){1,3})to court\b", re.IGNORECASE), r"sued \1"),
    (re.compile(r"\b(lost|loses|losing|belongs|belonged) to\b", re.IGNORECASE), r"\1to"),
    (re.compile(r"\bset(?:s|ting)? up\b", re.IGNORECASE), "founded"),
)
_BEGUN = re.compile(r"\b(?:tak|took|los|belong|set)", re.IGNORECASE)
"""One look for the beginnings of all phrases, which few sentences have."""


def as_one_verb(sentence: str) -> str:
    """The sentence with verbs of several words in one."""
    if not _BEGUN.search(sentence):
        return sentence
    for pattern, verb in _PHRASES:
        sentence = pattern.sub(verb, sentence)
    return sentence


def one_verb(key: str) -> str:
    """The stem that all verbs of the same meaning share; another word as it is."""
    return _SHARED.get(key, key)
