"""Features of one sentence of an answer against its context: words, numbers, names and embeddings.

All are shares, logarithms or cosines, so that a long answer or a long context does not change their scale. Nothing
here needs a download; the only model is the ``embed`` callable that the caller brings.
"""

import math
import re
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from motadata_nb.rag.grounding.amounts import amounts, settled
from motadata_nb.rag.grounding.apart import is_apart
from motadata_nb.rag.grounding.attribution import Claim, cited
from motadata_nb.rag.grounding.context import ContextView
from motadata_nb.rag.grounding.opposition import OPPOSITION
from motadata_nb.rag.grounding.slips import SLIPS, share, shares
from motadata_nb.rag.grounding.slips import slips as slips_of
from motadata_nb.rag.grounding.strangers import is_month
from motadata_nb.rag.words.acronyms import spelled_out
from motadata_nb.rag.words.terms import LIST_ITEM, content, names, ngrams, numbers, words

__all__ = ["AnswerFeatures", "FEATURES", "answer_features"]

FloatArray = NDArray[np.float32]

FEATURES = (
    "novel_count",
    "novel_unasked",
    "novel_run",
    "clause_novel",
    "clause_apart",
    "told_novel_count",
    "told_novel_run",
    "told_novel_dense",
    "told_new",
    "pair_apart",
    "bigram_novel",
    "trigram_novel",
    "window_recall",
    "copied_run",
    "number_novel",
    "number_novel_count",
    "number_off_evidence",
    "name_novel",
    "name_novel_count",
    "name_other",
    "cosine_best",
    "cosine_second",
    "cosine_question",
    "scaffolding",
    "about_context",
    "closing",
    "hedge",
    "colon",
    "is_short",
    "list_item",
    "place",
    "is_last",
    "is_first",
)
"""Columns of :attr:`AnswerFeatures.rows`."""

_ABOUT_CONTEXT = re.compile(
    r"\b(?:passages?|provided|context|given (?:text|information)|unable to answer|(?:not"
    r"|n['\u2019]t) (?:\w+ ){0,2}(?:mention|specif|provid|stat)\w*|no (?:specific )?(?:information|mention))\b",
    re.IGNORECASE,
)
_CLOSING = re.compile(
    r"^\W*(?:overall|in summary|in conclusion|to summarize|therefore|thus|so,|in general|additionally|"
    r"it(?:'s| is) (?:also )?(?:important|worth|recommended|best))",
    re.IGNORECASE,
)
_HEDGE = re.compile(
    r"\b(?:may|might|can|could|likely|possibly|generally|typically|usually|often|some|depending|varies|vary)\b",
    re.IGNORECASE,
)
_CLAUSE = re.compile(r"[,;:()\u2013\u2014]\s|\s(?=(?:and|or|but|which|while|because)\s)")
_DENSE = 5
"""Words in a row of which the most novel are counted."""


@dataclass(frozen=True, kw_only=True)
class AnswerFeatures:
    """What is known of the sentences of an answer."""

    rows: FloatArray
    """Sentences × FEATURES."""
    opposition: FloatArray
    """Sentences × OPPOSITION; nothing for sentences about the passages themselves."""
    slips: FloatArray
    """Sentences × SLIPS, 1 where there is one; nothing for sentences about the passages themselves."""
    evidence: list[int]
    """For each sentence its nearest sentence of the context; -1 for none."""


def answer_features(sentences: Sequence[str], vectors: FloatArray, context: ContextView) -> AnswerFeatures:
    """The features of the *sentences* of an answer; *vectors* has a unit row for each."""
    rows, opposition, slips, evidence = [], [], [], []
    earlier: set[str] = set()
    for at, (written, vector) in enumerate(zip(sentences, vectors, strict=True)):
        claim = Claim(spelled_out(written, [context.text]))
        best, cosines, recall = _nearest(claim, vector, context)
        found = context.sentences[best] if best >= 0 else ""
        values = _features(claim, vector, context, found, cosines, recall, earlier)
        rows.append([*values, *_place(at, len(sentences))])
        about = values[FEATURES.index("about_context")]
        opposition.append([0.0] * len(OPPOSITION) if about else context.opposition.of(claim.said, found))
        if about:
            slips.append((0.0,) * len(SLIPS))
        else:
            apart = is_apart(claim, found, dict(zip(FEATURES, values, strict=False)), len(sentences))
            slips.append((*slips_of(claim.said, best, context, recall), float(apart)))
        evidence.append(best)
        earlier.update(claim.told)
    return AnswerFeatures(
        rows=np.asarray(rows, dtype=np.float32).reshape(-1, len(FEATURES)),
        opposition=np.asarray(opposition, dtype=np.float32).reshape(-1, len(OPPOSITION)),
        slips=np.asarray(slips, dtype=np.float32).reshape(-1, len(SLIPS)),
        evidence=evidence,
    )


def _place(at: int, count: int) -> tuple[float, ...]:
    """Where a sentence stands: an answer leaves its passages towards the end rather than at the beginning."""
    return at / max(count - 1, 1), float(at == count - 1), float(at == 0)


def _nearest(claim: Claim, vector: FloatArray, context: ContextView) -> tuple[int, FloatArray, list[float]]:
    cosines = context.vectors @ vector if len(context.vectors) else np.zeros(0, dtype=np.float32)
    recall = shares(claim.tokens, context.by_sentence)
    best = int(np.argmax(cosines + np.asarray(recall, dtype=np.float32))) if len(cosines) else -1
    return best, cosines, recall


def _features(
    claim: Claim,
    vector: FloatArray,
    context: ContextView,
    evidence: str,
    cosines: FloatArray,
    recall: list[float],
    earlier: set[str],
) -> tuple[float, ...]:
    stems = words(claim.said)
    return (
        *_lexical(claim.tokens, context),
        *_clauses(claim, recall, context),
        *_told(claim.told, earlier, context),
        *_copies(stems, context),
        *_alignment(claim.tokens, stems, recall, context),
        *_numeric(claim.said, evidence, cited(claim.written), context),
        *_named(claim.said, evidence, context),
        *_semantic(vector, cosines, context),
        *_manner(claim),
    )


def _lexical(tokens: list[str], context: ContextView) -> tuple[float, ...]:
    distant = [t not in context.vocabulary and t[:5] not in context.fuzzy for t in tokens]
    unasked = [far and t[:5] not in context.asked for far, t in zip(distant, tokens, strict=True)]
    return math.log1p(sum(distant)), sum(unasked) / max(len(tokens), 1), math.log1p(_longest_run(distant))


def _longest_run(flags: Sequence[bool]) -> int:
    longest = run = 0
    for flag in flags:
        run = run + 1 if flag else 0
        longest = max(longest, run)
    return longest


def _clauses(claim: Claim, recall: Sequence[float], context: ContextView) -> tuple[float, float]:
    """Of the clause that is worst off: the share of its words that the context lacks, and that its best sentence
    lacks.
    """
    clauses = _CLAUSE.split(claim.said)
    each = [content(clause) for clause in clauses] if len(clauses) > 1 else [claim.tokens]
    bags = [bag for bag in each if len(bag) > 1] or [claim.tokens]
    novel = max(1 - share([t[:5] for t in bag], context.fuzzy) for bag in bags)
    found = (recall if bag is claim.tokens else shares(bag, context.by_sentence) for bag in bags)
    return novel, max(1 - max(shares, default=0.0) for shares in found)


def _told(claimed: list[str], earlier: set[str], context: ContextView) -> tuple[float, ...]:
    """Of the words that claim something: how many neither context nor question has, how many in a row, how many of
    any five, how many that the answer has not used before; and how many neighbours the context never brings together.
    """
    known = [word in context.vocabulary or word[:5] in context.fuzzy for word in claimed]
    novel = [not k and word[:5] not in context.asked for k, word in zip(known, claimed, strict=True)]
    dense = max((sum(novel[i : i + _DENSE]) for i in range(max(len(novel) - _DENSE + 1, 1))), default=0)
    new = sum(n and word not in earlier for n, word in zip(novel, claimed, strict=True))
    counted = math.log1p(sum(novel)), math.log1p(_longest_run(novel)), float(dense), math.log1p(new)
    return *counted, _apart(claimed, context)


def _apart(claimed: list[str], context: ContextView) -> float:
    pairs = [(a[:5], b[:5]) for a, b in pairwise(claimed)]
    known = [(a, b) for a, b in pairs if a != b and a in context.fuzzy and b in context.fuzzy]
    return math.log1p(sum(not any(a in near and b in near for near in context.near_pairs) for a, b in known))


def _copies(stems: list[str], context: ContextView) -> tuple[float, float]:
    return 1 - _contained(ngrams(stems, 2), context.bigrams), 1 - _contained(ngrams(stems, 3), context.trigrams)


def _contained(grams: set[tuple[str, ...]], seen: set[tuple[str, ...]]) -> float:
    return len(grams & seen) / len(grams) if grams else 1.0


def _alignment(tokens: list[str], stems: list[str], recall: list[float], context: ContextView) -> tuple[float, float]:
    best = max(recall, default=0.0)
    # Two sentences have no more of it than both together.
    promising = [n for n, (one, next_) in enumerate(pairwise(recall)) if one + next_ > best]
    pairs = [share(tokens, context.by_pair[n]) for n in promising]
    return max([best, *pairs]), _copied_run(stems, context.trigrams)


def _copied_run(stems: list[str], trigrams: set[tuple[str, ...]]) -> float:
    """Longest run of words whose every three neighbours stand in the context, as a share of the sentence."""
    longest = _longest_run([tuple(stems[i : i + 3]) in trigrams for i in range(len(stems) - 2)])
    return (longest + 2) / len(stems) if longest else 0.0


def _numeric(sentence: str, evidence: str, named: frozenset[str], context: ContextView) -> tuple[float, ...]:
    stated = numbers(sentence)
    known = settled(amounts(sentence), context.every_amount) if stated - context.numbers else set()
    unknown = {one for one in stated - named - context.numbers - known if not context.holders(one)}
    away = stated - numbers(evidence) - known
    size = max(len(stated), 1)
    return len(unknown) / size, math.log1p(len(unknown)), len(away) / size


def _named(sentence: str, evidence: str, context: ContextView) -> tuple[float, ...]:
    """Names that neither question nor context has: share, count, and whether the evidence has others in their place."""
    stated = names(sentence)
    unknown = {n for n in stated if n[:5] not in context.asked and n[:5] not in context.fuzzy}
    unknown = {n for n in unknown if not is_month(n, context.vocabulary.__contains__)}
    other = bool(unknown) and not _beside(sentence, unknown).isdisjoint(
        _beside(evidence, names(evidence) - set(words(sentence)))
    )
    return len(unknown) / max(len(stated), 1), math.log1p(len(unknown)), float(other)


def _beside(sentence: str, stated: set[str]) -> set[str]:
    """The words that stand next to those names: what two names have in common when one is put for the other."""
    tokens = content(sentence)
    runs = [token in stated for token in tokens]
    edges = pairwise(zip(tokens, runs, strict=True))
    return {b if left else a for (a, left), (b, right) in edges if left != right}


def _semantic(vector: FloatArray, cosines: FloatArray, context: ContextView) -> tuple[float, ...]:
    ranked = np.sort(cosines)[::-1]
    asked = float(context.question_vector @ vector) if context.question_vector is not None else 0.0
    return float(ranked[0]) if len(ranked) else 0.0, float(ranked[1]) if len(ranked) > 1 else 0.0, asked


def _manner(claim: Claim) -> tuple[float, ...]:
    sentence = claim.written
    spoken = claim.tokens if sentence == claim.said else content(sentence)
    return (
        1 - len(claim.told) / max(len(spoken), 1),
        float(bool(_ABOUT_CONTEXT.search(sentence))),
        float(bool(_CLOSING.search(sentence))),
        float(bool(_HEDGE.search(sentence))),
        float(sentence.rstrip().endswith(":")),
        float(len(spoken) < 4),
        float(bool(LIST_ITEM.match(sentence))),
    )
