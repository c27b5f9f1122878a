"""Makes ``motadata_nb/rag/extractive/refusal.json``: from what the nearest sentence has, and what it lacks, how likely
the passages hold an answer. Learned from XQuAD in English, which stands beside the project.

Run from the repository root: ``python -m tests.benchmarks.train_refusal``. Needs scipy.

A question is read with its passage in the index; without its article; without the sentence that answers it; and with
one of its words changed for one of another question, from the same place in it, of other meaning. How good the weights
are is said of every third article by weights of the others, words included; those that are shipped are fitted on all.
"""

from __future__ import annotations

import json
import random
import re
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray

import motadata_nb as mn
from motadata_nb.embeddings.minilm import MiniLM
from motadata_nb.ingestion.sentences import split_sentences
from motadata_nb.rag.extractive.asked import asked_words
from motadata_nb.rag.extractive.extract import extract_answer
from motadata_nb.rag.extractive.extraction import Extraction
from motadata_nb.rag.index import Index
from motadata_nb.rag.words.terms import content, stem, words
from tests.benchmarks.collections import xquad
from tests.benchmarks.train_groundedness import minimise

OUT = Path(__file__).parents[2] / "motadata_nb" / "rag" / "extractive" / "refusal.json"
SEED = 3
K = 5
FOLDS = 6
REFUSED = 0.027
"""Share of the questions with an answer that may be refused, by weights that have not seen their articles."""
STRENGTH = 0.3
WEIGHTS = {"answered": 1.0, "unanswered": 0.7, "absent": 5.0, "changed": 0.3}
"""What an example of each kind counts: what is far from an answer is refused before what is near to one. A sentence
that answers may have a neighbour that says the same, and a changed word may ask for nearly the same."""
_FAR = 0.45
"""Cosine below which a word means something else than another."""
_UNKNOWN = 6.0
"""The inverse document frequency of a word that no question of the collection has."""
_BEGINNING = 5
_PARTS = ("does", "thing", "counted", "type", "last")
_MORE_IS_WORSE = frozenset(_PARTS)
"""A word that is missing never speaks for an answer: its weight is not above 0."""
Array = NDArray[np.float32]


class Read(NamedTuple):
    """A question with the passages that were found for it."""

    question: str
    article: str
    answers: Sequence[str]
    passages: Sequence[tuple[str, float]]
    contexts: Sequence[str]
    kind: str
    """A key of :data:`WEIGHTS`."""


class Example(NamedTuple):
    """What was seen of a question."""

    kind: str
    article: str
    signs: Mapping[str, float]
    right: bool
    """Whether the best sentence has the answer."""


def reads() -> Iterator[Read]:
    """Every question with its passages, and every other one with those of other articles."""
    data = xquad()
    with tempfile.TemporaryDirectory() as home, mn.open(Path(home) / ".motadata") as workspace:
        workspace.ingest(pd.DataFrame(data.paragraphs), into="xquad")
        index = workspace.index("xquad")
        for n, row in enumerate(data.questions):
            article = data.article(row)
            whole = _read(index, row, article, "answered")
            yield whole
            yield whole._replace(
                kind="unanswered", passages=[(_without(t, row["answers"]), s) for t, s in whole.passages]
            )
            if n % 2 == 0:
                yield _read(index, row, article, "absent", where=f"article != '{article}'")


def _read(index: Index, row: Mapping[str, Any], article: str, kind: str, where: str | None = None) -> Read:
    hits = index.retrieve(row["text"], k=K, where=where).hits
    contexts = [f"{hit.title} > {hit.heading}" for hit in hits]
    return Read(row["text"], article, row["answers"], [(hit.text, hit.score) for hit in hits], contexts, kind)


def _without(text: str, answers: Sequence[str]) -> str:
    """The text without its sentences that have an answer."""
    left = (s.text for s in split_sentences(text) if not any(a.lower() in s.text.lower() for a in answers))
    return " ".join(left)


def changed(found: Sequence[Read], embed: Callable[[Sequence[str]], Array]) -> Iterator[Read]:
    """The questions with one word changed for one from the same place of another question, of other meaning and not in
    the passages.
    """
    chance = random.Random(SEED)
    places = [{part: told[-1] for part in _PARTS if (told := getattr(asked_words(r.question), part))} for r in found]
    bank = {part: sorted({place[part] for place in places if part in place}) for part in _PARTS}
    for read, place in zip(found, places, strict=True):
        if not place:
            continue
        part = chance.choice(sorted(place))
        known = {word[:_BEGINNING] for text, _ in read.passages for word in words(text)}
        new = (
            word for word in chance.sample(bank[part], min(20, len(bank[part]))) if stem(word)[:_BEGINNING] not in known
        )
        other = next((word for word in new if _is_far(word, place[part], embed)), None)
        if other:
            question = re.sub(rf"\b{re.escape(place[part])}\b", other, read.question, count=1)
            yield read._replace(question=question, answers=(), kind="changed")


def _is_far(one: str, other: str, embed: Callable[[Sequence[str]], Array]) -> bool:
    a, b = embed([one.lower(), other.lower()])
    return float(a @ b) < _FAR


def frequencies(found: Sequence[Read]) -> dict[str, float]:
    """The inverse document frequency, in BM25's form, of the words of the passages."""
    texts = {text for read in found if read.kind == "answered" for text, _ in read.passages}
    often: dict[str, int] = {}
    for text in texts:
        for word in set(content(text)):
            often[word] = often.get(word, 0) + 1
    return {word: float(np.log(1 + (len(texts) - n + 0.5) / (n + 0.5))) for word, n in often.items()}


def example(read: Read, embed: Callable[[Sequence[str]], Array], idf: Mapping[str, float]) -> Example | None:
    """What is seen of a question; None where a label or the kind of answer decides alone."""
    found: Extraction = extract_answer(
        read.question, read.passages, embed, lambda word: idf.get(word, _UNKNOWN), contexts=read.contexts
    )
    if not found.signs or found.signs["kind"]:
        return None
    first = found.sentences[0].text
    return Example(read.kind, read.article, found.signs, any(answer in first for answer in read.answers))


def fit(data: Sequence[Example]) -> dict[str, float]:
    """The weights of a logistic regression, by name."""
    columns = [name for name in data[0].signs if name not in ("bias", "kind")]
    rows = np.asarray([[e.signs[name] for name in columns] for e in data], dtype=np.float64)
    labels = np.asarray([e.kind == "answered" for e in data], dtype=np.int64)
    counts = np.asarray([WEIGHTS[e.kind] for e in data])
    mean, scale = rows.mean(axis=0), np.maximum(rows.std(axis=0), 1e-3)
    found = minimise((rows - mean) / scale, labels, STRENGTH, [-(n in _MORE_IS_WORSE) for n in columns], counts)
    plain = found[:-1] / scale
    weights = {"bias": float(found[-1] - plain @ mean), **dict(zip(columns, plain.tolist(), strict=True))}
    return {name: round(weight, 3) for name, weight in weights.items()}


def support(data: Sequence[Example], weights: Mapping[str, float]) -> NDArray[np.float64]:
    """The probability of an answer, per example."""
    odds = [sum(weight * e.signs[name] for name, weight in weights.items()) for e in data]
    return np.asarray(1 / (1 + np.exp(-np.asarray(odds))))


def threshold(data: Sequence[Example]) -> float:
    """The support that all but :data:`REFUSED` of the questions with an answer reach, by weights of other articles."""
    articles = sorted({e.article for e in data})
    reached: list[float] = []
    for fold in range(FOLDS):
        out = set(articles[fold::FOLDS])
        seen = [e for e in data if e.article in out and e.kind == "answered"]
        reached += support(seen, fit([e for e in data if e.article not in out])).tolist()
    return round(float(np.quantile(reached, REFUSED)), 3)


def is_trained_on(article: str) -> bool:
    """Two of three."""
    return int(article.removeprefix("a")) % 3 != 2


def main() -> None:
    embed = MiniLM(threads=2).embed
    found = list(reads())
    idf = frequencies(found)
    whole = [read for read in found if read.kind == "answered"]
    found += changed([read for read in whole if is_trained_on(read.article)], embed)
    found += changed([read for read in whole if not is_trained_on(read.article)], embed)
    data = [e for read in found if (e := example(read, embed, idf))]
    trained, left_out = ([e for e in data if is_trained_on(e.article) is part] for part in (True, False))
    for name, seen in (("two of three articles", trained), ("the third, left out", left_out)):
        print(name, _answered(seen, support(seen, fit(trained)) >= threshold(trained)))
    OUT.write_text(json.dumps(_model(data), indent=1) + "\n", encoding="utf-8")


def _model(data: Sequence[Example]) -> dict[str, Any]:
    """The weights and the threshold with a note of where they come from."""
    note = {
        "what": "weights of a logistic regression, no text",
        "data": "XQuAD in English (Artetxe et al., ACL 2020), github.com/google-deepmind/xquad",
        "licence": "CC BY-SA 4.0",
        "rows": f"{len(data)} readings of {len({e.article for e in data})} articles",
        "made_by": "tests/benchmarks/train_refusal.py",
    }
    return {"provenance": note, "threshold": threshold(data), "weights": fit(data)}


def _answered(data: Sequence[Example], reached: NDArray[np.bool_]) -> dict[str, float]:
    """The share of each kind that is answered, and of those that the best sentence answers."""
    kinds = np.asarray([e.kind for e in data])
    right = np.asarray([e.right for e in data]) & (kinds == "answered")
    shares = {kind: float(reached[kinds == kind].mean()) for kind in WEIGHTS}
    return {name: round(share, 3) for name, share in (shares | {"right": float(reached[right].mean())}).items()}


if __name__ == "__main__":
    main()
