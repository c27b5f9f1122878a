"""A small randomly initialised model, made here: it answers, streams, and remembers shared prefixes."""

from __future__ import annotations

import asyncio
import os
import threading
import time
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest

if any(find_spec(name) is None for name in ("torch", "transformers")):
    wanted = os.environ.get("MOTADATA_TEST_REQUIRE", "0") not in ("", "0")
    if wanted and os.environ.get("MOTADATA_TEST_WITHOUT") != "local":
        raise ImportError('pip install "motadata-nb[local]"')
    pytest.skip('pip install "motadata-nb[local]"', allow_module_level=True)

from motadata_nb.errors import ContextOverflow, InvalidInput
from motadata_nb.gateway.base import ChatRequest, ModelProvider
from motadata_nb.gateway.kv import BLOCK, Prefixes
from motadata_nb.gateway.local import LocalModel
from motadata_nb.testing.model_suite import ModelSuite, user


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A Llama of four layers over a byte tokenizer."""
    import torch
    from tokenizers import Tokenizer, decoders, models, pre_tokenizers
    from transformers import LlamaConfig, LlamaForCausalLM, PreTrainedTokenizerFast

    path = tmp_path_factory.mktemp("model")
    alphabet = sorted(pre_tokenizers.ByteLevel.alphabet())
    vocabulary = {"<end>": 0, **{c: i + 1 for i, c in enumerate(alphabet)}}
    tokenizer = Tokenizer(models.BPE(vocab=vocabulary, merges=[]))
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    PreTrainedTokenizerFast(tokenizer_object=tokenizer, eos_token="<end>").save_pretrained(path)
    torch.manual_seed(7)
    config = LlamaConfig(
        vocab_size=len(vocabulary), hidden_size=256, intermediate_size=768, num_hidden_layers=4, num_attention_heads=4,
        max_position_embeddings=4096, bos_token_id=None, eos_token_id=0,
    )  # fmt: skip
    LlamaForCausalLM(config).save_pretrained(path)
    yield path


class TestLocal(ModelSuite):
    never = frozenset({"tools", "schema", "embed"})

    @pytest.fixture(autouse=True)
    def _made(self, folder: Path) -> None:
        self.path = str(folder)

    def provider(self) -> ModelProvider:
        return LocalModel()

    def request(self, text: str, **fields: Any) -> ChatRequest:
        return ChatRequest(model=self.path, messages=[user(text)], options={"max_tokens": 12}, **fields)


def _request(folder: Path, text: str, **options: Any) -> ChatRequest:
    return ChatRequest(model=str(folder), messages=[user(text)], options={"max_tokens": 1, **options})


PREFIX = "".join(chr(97 + (i * 7 + i // 11) % 26) for i in range(1000))


def test_a_shared_prefix_starts_three_times_faster(folder: Path) -> None:
    """The better of three pairs, as other processes may take the processor meanwhile."""
    provider = LocalModel()
    model = provider._model(str(folder))
    ratios = []
    for turn in range(3):
        start = f"{turn}{PREFIX}"
        first, _ = _seconds(provider, _request(folder, start + " What is the first question?"))
        second, usage = _seconds(provider, _request(folder, start + " And then the second one?"))
        assert usage.cached_tokens >= 1000 // BLOCK * BLOCK and usage.input_tokens > 1000
        ratios.append(first / second)
    assert max(ratios) >= 3, ratios
    assert len(model.prefixes) >= 3


def _seconds(provider: LocalModel, request: ChatRequest) -> tuple[float, Any]:
    started = time.perf_counter()
    delta = asyncio.run(provider.complete(request))
    return time.perf_counter() - started, delta.usage


def test_the_logits_are_the_same_bit_for_bit(folder: Path) -> None:
    import torch

    model = LocalModel()._model(str(folder))
    stop = threading.Event()
    one = model._tokens(_request(folder, PREFIX + " one"))
    two = model._tokens(_request(folder, PREFIX + " another question"))
    with torch.inference_mode():
        model.read(one, stop)
        remembered, _, reused = model.read(two, stop)
        model.prefixes = Prefixes()
        fresh, _, nothing = model.read(two, stop)
        whole = model.model(torch.tensor([two])).logits[0, -1]
    assert (reused > 900, nothing) == (True, 0)
    assert torch.equal(remembered, fresh)
    assert torch.allclose(remembered, whole, atol=1e-4)


def test_what_is_remembered_is_bounded(folder: Path) -> None:
    provider = LocalModel()
    model = provider._model(str(folder))
    asyncio.run(provider.complete(_request(folder, "a" * 200)))
    one = model.prefixes.bytes
    model.prefixes = Prefixes(size=one * 3)
    for letter in "bcdefg":
        asyncio.run(provider.complete(_request(folder, letter * 200)))
    assert len(model.prefixes) == 3 and model.prefixes.bytes <= one * 3
    assert asyncio.run(provider.complete(_request(folder, "g" * 200))).usage.cached_tokens > 0  # type: ignore[union-attr]
    asyncio.run(provider.complete(_request(folder, "g" * 400)))
    assert len(model.prefixes) <= 3, "a longer prompt takes the place of its own beginning"


async def test_leaving_stops_the_writing(folder: Path) -> None:
    provider = LocalModel()
    source = provider.stream(_request(folder, "write on and on", max_tokens=3000))
    await anext(source)
    started = time.perf_counter()
    await source.aclose()  # type: ignore[attr-defined]  # the provider is an async generator
    assert time.perf_counter() - started < 2


def test_drawing_is_repeatable_with_a_seed(folder: Path) -> None:
    provider = LocalModel()

    def text(**options: Any) -> str:
        return asyncio.run(provider.complete(_request(folder, "hello", max_tokens=20, **options))).text

    assert text(temperature=1.0, seed=3) == text(temperature=1.0, seed=3) != text(temperature=1.0, seed=4)


def test_it_ends_at_a_stop(folder: Path) -> None:
    provider = LocalModel()

    async def pieces(**options: Any) -> list[str]:
        return [d.text async for d in provider.stream(_request(folder, "hello", max_tokens=40, **options))]

    text = "".join(asyncio.run(pieces(temperature=1.0, seed=3)))
    stop = text[6:9]
    assert "".join(asyncio.run(pieces(temperature=1.0, seed=3, stop=[stop]))) == text[: text.find(stop)]


def test_clear_errors(folder: Path, tmp_path: Path) -> None:
    provider = LocalModel()
    with pytest.raises(InvalidInput, match="no model in the folder"):
        asyncio.run(provider.complete(_request(tmp_path, "x")))
    (tmp_path / "config.json").write_text("{}")
    with pytest.raises(InvalidInput, match="cannot be loaded"):
        asyncio.run(provider.complete(_request(tmp_path, "x")))
    with pytest.raises(ContextOverflow, match="takes 4,096"):
        asyncio.run(provider.complete(_request(folder, "x" * 5000)))
