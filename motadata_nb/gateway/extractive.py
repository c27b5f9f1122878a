"""Answers without a language model: the sentences of the given passages that fit the question best, cited."""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import AsyncIterator, Mapping, Sequence
from typing import TYPE_CHECKING

from motadata_nb.errors import InvalidInput
from motadata_nb.gateway.base import ChatRequest, Delta, Instant, Usage
from motadata_nb.gateway.messages import passages_in, text_of

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

__all__ = ["ExtractiveModel", "NO_MODEL", "extract"]

NO_MODEL = (
    "No language model answers this prompt: 'extractive' takes sentences out of passages, and writes none of its own. "
    "Choose a model with --model openai/gpt-5-mini, or set it for good: %config Motadata.model = 'ollama/llama3'"
)
_MARK = re.compile(r"^\s*\[\d+\]", re.MULTILINE)
# What may stand before passages without being the question.
_HEADING = re.compile(r"\s*([\w ]{0,40}:\s*)?")
_SENTENCE = re.compile(r"[^.!?\n]+(?:[.!?]+(?=\s|$)|\n|$)")
_STOP = frozenset(
    """
    a an and are as at be by do does for from has have how i in is it its may of on or that the their there
    they this to was what when where which who why will with you your
    """.split()
)


class ExtractiveModel(Instant):
    """The provider behind `extractive`."""

    async def complete(self, request: ChatRequest) -> Delta:
        """Up to `sentences` (default 3) sentences with the numbers of their passages."""
        question, passages = _parted(request)
        text = extract(question, passages, int(request.options.get("sentences", 3))) if passages else NO_MODEL
        read = sum(len(text_of(m).split()) for m in request.messages)
        usage = Usage(input_tokens=read, output_tokens=len(text.split()))
        return Delta(text=text, usage=usage, finish_reason="stop", model="extractive")

    async def stream(self, request: ChatRequest) -> AsyncIterator[Delta]:
        """The answer in one piece; there is nothing to wait for."""
        yield await self.complete(request)

    async def embed(self, texts: Sequence[str], request: ChatRequest) -> tuple[NDArray[np.float32], Usage]:
        """Raises InvalidInput: this provider has no vectors."""
        raise InvalidInput("'extractive' is not an embedding model.", "Leave model=… out for the bundled one.")

    async def aclose(self) -> None:
        """Nothing is open."""


def _parted(request: ChatRequest) -> tuple[str, dict[int, str]]:
    """The question and the passages; in one message the question stands before them, or is their last paragraph."""
    passages = passages_in(request.messages)
    asked = next((text_of(m) for m in reversed(request.messages) if m["role"] == "user"), "")
    match = _MARK.search(asked)
    head, tail = (asked[: match.start()], asked[match.end() :]) if match else (asked, "")
    if match is None or not _HEADING.fullmatch(head):
        return head, passages
    paragraphs = re.split(r"\n\s*\n", tail.strip())
    question = paragraphs[-1] if len(paragraphs) > 1 else ""
    last = list(passages)[-1]
    passages[last] = passages[last].removesuffix(question).strip()
    return question, passages


def extract(question: str, passages: Mapping[int, str], limit: int) -> str:
    """The sentences that share the rarest words with the question, best first; says so when none shares any."""
    sentences = [
        (number, s.group().strip())
        for number, passage in passages.items()
        for s in _SENTENCE.finditer(passage)
        if len(s.group().split()) > 2
    ]
    documents = [set(_words(s)) for _, s in sentences]
    frequency = Counter(word for words in documents for word in words)
    wanted = set(_words(question))

    def score(i: int) -> float:
        shared = wanted & documents[i]
        return sum(math.log(1 + len(documents) / frequency[w]) for w in shared) / math.sqrt(4 + len(documents[i]))

    ranked = sorted(range(len(sentences)), key=lambda i: (-score(i), i))
    best = [i for i in ranked[:limit] if score(i) > max(0.35 * score(ranked[0]), 0.0)]
    if not best:
        return "Not found in these passages."
    return " ".join(f"{sentences[i][1]} [{sentences[i][0]}]" for i in best)


def _words(text: str) -> list[str]:
    return [_stem(w) for w in re.findall(r"\w+", text.lower()) if w not in _STOP]


def _stem(word: str) -> str:
    for ending in ("ings", "ing", "ies", "ed", "es", "s"):
        if word.endswith(ending) and len(word) - len(ending) >= 3:
            return word[: -len(ending)]
    return word
