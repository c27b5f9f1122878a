"""A follow-up question as a question that stands alone."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

from motadata_nb.catalog.turns import Turn
from motadata_nb.rag.words.terms import content, names, stem

if TYPE_CHECKING:
    from motadata_nb.gateway.gateway import Gateway

__all__ = ["BACK", "Followed", "TURNS", "arewritten", "followed", "leaning"]

TURNS = 4
"""How many turns back a model sees."""
BACK = 12
"""How many turns back a chain of follow-ups may begin."""

_ASK = """Rewrite the last question so that it can be understood without the conversation. Keep its language and its \
meaning. Reply with the question alone."""
_REFERS = re.compile(
    r"\b(?:it|its|they|them|their|this|that|these|those|he|she|his|her|there|then|so|one|ones|same|former|latter)\b"
    r"|^why\b\W*$",
    re.IGNORECASE,
)
_FEW_WORDS = 4
_WHOLE = re.compile(r"^\W*\w+\s+(?:\w+\s+)?(?:the|an?)\s+\w|\w\s+[A-Z]\w")
"""A short question that names what it asks about: "Who is the CFO?"."""
_PERSON = re.compile(r"\b(?:he|she|him|his|her|they|them|their)\b", re.IGNORECASE)
_LEAD = re.compile(
    r"^\W*(?:(?:and|but|or|also|then|so)\b\W*)*(?:(?:what|how)\s+about\b\W*)?(?:and\b\W*)?", re.IGNORECASE
)
_ASKS = re.compile(
    r"\b(?:who|whom|whose|what|when|where|which|why|how|is|are|was|were|do|does|did|can|could|may|must|should|will|has"
    r"|have|had|would)\b",
    re.IGNORECASE,
)
_PREPOSITION = r"(?:in|on|at|for|from|of|by|during|since|until|to|with|within|under|after|before)"
_VERB = r"(?:is|are|was|were|do|does|did|can|may|must|should|will|has|have|had)"
_PHRASE = re.compile(
    rf"\b{_PREPOSITION}\s+(?:the\s+)?[\w.&'\u2019-]+(?:\s+(?!{_PREPOSITION}\b|{_VERB}\b)[\w.&'\u2019-]+){{0,2}}"
)
_WORD = re.compile(r"[^\W_]+(?:['\u2019][^\W_]+)?")
_MARK = re.compile(r"\s*\[\d{1,3}\]")


class Followed(NamedTuple):
    """A question after others."""

    asked: str
    """As it was typed."""
    search: str
    """The text to search for."""
    read: str
    """As it is understood."""


def leaning(question: str) -> bool:
    """Whether a question seems to refer to what was said before."""
    bare = _LEAD.sub("", question, count=1)
    if _REFERS.search(bare):
        return True
    if bare != question and (_is_elliptic(question) or len(content(bare)) < 2):
        return True
    return len(question.split()) <= _FEW_WORDS and not _WHOLE.search(question)


def followed(question: str, turns: Sequence[Turn]) -> Followed:
    """The question after those turns, without a model: what it leaves out is taken from the one before it, and for
    "she" the names of the answer.
    """
    standing, search = "", ""
    for at, asked in enumerate([*(turn.question for turn in turns), question]):
        if not standing or not leaning(asked):
            standing = search = asked
        elif _is_elliptic(asked):
            standing = search = _exchanged(standing, _LEAD.sub("", asked, count=1))
        else:
            search = f"{standing} {asked}"
            standing = _recalled(asked, standing, turns[at - 1].answer)
    return Followed(question, search, standing)


def _is_elliptic(question: str) -> bool:
    """Whether it has no verb of its own: "And in 2023?"."""
    return not _ASKS.search(_LEAD.sub("", question, count=1))


def _exchanged(standing: str, part: str) -> str:
    """The question before it with a phrase in the place of its like: another year, another "in the South"."""
    part = part.strip(" ?.!")
    begins = re.match(rf"{_PREPOSITION}\b", part, re.IGNORECASE) is not None
    if like := [old for old in _phrases(standing) if _kind(old) == _kind(part) != "thing"]:
        old = min(like, key=lambda phrase: _apart(phrase, part))
        return standing.replace(old, part if begins else f"{old.split()[0]} {part}", 1)
    if begins:
        return f"{standing.rstrip(' ?.!')} {part}?"
    return _recalled(part, standing, "")


def _phrases(standing: str) -> list[str]:
    """The phrases that may be exchanged, those at the end first."""
    return [match.group() for match in _PHRASE.finditer(standing.rstrip(" ?.!"))][::-1]


def _apart(phrase: str, part: str) -> tuple[bool, int]:
    """How unlike two phrases are built: with an article or without, of how many words."""
    article = re.compile(r"\bthe\b")
    one, other = (re.sub(rf"^{_PREPOSITION}\s+", "", text) for text in (phrase, part))
    return bool(article.search(one)) != bool(article.search(other)), abs(len(one.split()) - len(other.split()))


def _kind(phrase: str) -> str:
    if re.search(r"\b(?:1\d|20)\d\d\b", phrase):
        return "year"
    return "name" if names(f"x {phrase}") else "thing"


def _recalled(question: str, standing: str, answer: str) -> str:
    """The question with what the one before it is about."""
    said = set(content(question))
    about = [word for word in _WORD.findall(standing) if stem(word) in set(content(standing)) - said]
    if _PERSON.search(question):
        told = names(f"x {_MARK.sub('', answer)[:200]}") - said
        about = [word for word in _WORD.findall(answer[:200]) if stem(word) in told] + about
    return f"{question.rstrip(' ?.!')} ({' '.join(dict.fromkeys(about))})?" if about else question


async def arewritten(
    question: str, turns: Sequence[Turn], gateway: Gateway | None, model: str | None, **options: Any
) -> Followed:
    """The question as it is to be searched for and read: rewritten by the model, or, without one, by its words."""
    if not turns or gateway is None:
        return followed(question, turns)
    said = "\n".join(f"Q: {turn.question}\nA: {turn.answer[:600]}" for turn in turns[-TURNS:])
    prompt = f"{_ASK}\n\nConversation:\n{said}\n\nLast question: {question}"
    written = (await gateway.acomplete(prompt, model=model, **options)).text.strip().strip('"')
    fits = written and len(written) < 10 * len(question) + 400
    return Followed(question, written if fits else question, question)
