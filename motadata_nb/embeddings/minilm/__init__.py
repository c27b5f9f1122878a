"""The bundled embedder: all-MiniLM-L6-v2, int8, on onnxruntime. No download, no network."""

from __future__ import annotations

import os
import threading
from collections import deque
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor, wait
from functools import cached_property
from importlib.resources import as_file, files
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from motadata_nb.embeddings.bulk import give_way, is_bulk

if TYPE_CHECKING:
    from tokenizers import Tokenizer

__all__ = ["MiniLM"]

_FEW = 32
"""Texts up to which waking the tokenizer's own threads takes longer than they save."""


class MiniLM:
    """English sentence embeddings, 384 dimensions, up to 256 tokens; about 150 texts of 160 tokens/s on 2 cores."""

    name = "minilm"
    dimension = 384
    max_tokens = 254  # 256 with the two special tokens

    def __init__(self, threads: int | None = None) -> None:
        self._threads = threads or os.cpu_count() or 1
        self._lock = threading.Lock()

    @cached_property
    def _session(self) -> Any:
        # Recent releases tell Microsoft about machine and model over HTTPS, unless this is set before the import.
        os.environ.setdefault("ORT_DISABLE_TELEMETRY", "1")
        import onnxruntime

        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = 1
        options.log_severity_level = 3
        with as_file(files(__package__) / "model.onnx") as path:
            return onnxruntime.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])

    @cached_property
    def _pool(self) -> ThreadPoolExecutor:
        return ThreadPoolExecutor(self._threads, thread_name_prefix="motadata-nb-embed")

    @cached_property
    def _patient(self) -> ThreadPoolExecutor:
        return ThreadPoolExecutor(self._threads, thread_name_prefix="motadata-nb-embed-bulk", initializer=give_way)

    @cached_property
    def _tokenizer(self) -> Tokenizer:
        from tokenizers import Tokenizer

        tokenizer = Tokenizer.from_str((files(__package__) / "tokenizer.json").read_text("utf-8"))
        tokenizer.no_padding()
        tokenizer.enable_truncation(self.max_tokens + 2)
        return tokenizer

    @cached_property
    def _whole_tokenizer(self) -> Tokenizer:
        from tokenizers import Tokenizer

        tokenizer = Tokenizer.from_str((files(__package__) / "tokenizer.json").read_text("utf-8"))
        tokenizer.no_padding()
        tokenizer.no_truncation()
        return tokenizer

    def embed(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """Unit vectors, float32, texts × 384, in the order of the texts.

        Each text is run by itself, on as many threads as there are cores. In a batch its numbers would be rounded
        together with those of its neighbours, and its vector would depend on them; and padding costs as much as text.
        In bulk the threads are of low priority, and the calling one, whose priority must stay, waits for them.
        """
        bulk = is_bulk()
        with self._lock:  # two threads would load two models
            session, pool, encoded = self._session, self._patient if bulk else self._pool, self._tokenized(texts)
        rows = np.zeros((len(encoded), self.dimension), dtype=np.float32)
        # The longest first, so that no thread is left with one when the others have done.
        left = deque(sorted(range(len(encoded)), key=lambda at: -len(encoded[at])))

        def work() -> None:
            while (at := _next(left)) is not None:
                rows[at] = _run(session, encoded[at])

        helpers = [pool.submit(work) for _ in range(min(self._threads, len(encoded)) - (not bulk))]
        try:
            if not bulk:
                work()
            wait(helpers)
        finally:
            left.clear()  # after an interrupt
            for helper in helpers:
                helper.result()
        return rows

    def _tokenized(self, texts: Sequence[str]) -> list[list[int]]:
        if len(texts) <= _FEW:
            return [self._tokenizer.encode(text).ids for text in texts]
        return [encoded.ids for encoded in self._tokenizer.encode_batch(list(texts))]

    def token_offsets(self, text: str) -> list[tuple[int, int]]:
        """Character span of each token of the whole text, special tokens left out."""
        encoded = self._whole_tokenizer.encode(text, add_special_tokens=False)
        return list(encoded.offsets)


def _next(left: deque[int]) -> int | None:
    """The next of those that are left, whoever else takes of them."""
    try:
        return left.popleft()
    except IndexError:
        return None


def _run(session: Any, ids: Sequence[int]) -> NDArray[np.float32]:
    row = np.asarray([ids], dtype=np.int64)
    feed = {"input_ids": row, "attention_mask": np.ones_like(row), "token_type_ids": np.zeros_like(row)}
    found: NDArray[np.float32] = session.run(["embedding"], feed)[0][0]
    return found
