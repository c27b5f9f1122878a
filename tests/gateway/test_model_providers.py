"""The conformance suite over every registered provider."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from motadata_nb.gateway.base import ChatRequest, ModelProvider
from motadata_nb.gateway.embedders import EmbedderModel
from motadata_nb.gateway.extractive import ExtractiveModel
from motadata_nb.gateway.litellm_sdk import LiteLLMModel
from motadata_nb.gateway.openai_http import OpenAIModel
from motadata_nb.gateway.registry import MODELS
from motadata_nb.gateway.scripted import ScriptedModel
from motadata_nb.testing.model_suite import ModelSuite, user
from motadata_nb.testing.openai_server import OpenAIServer


class TestScripted(ModelSuite):
    def provider(self) -> ModelProvider:
        return ScriptedModel()

    def request(self, text: str, **fields: Any) -> ChatRequest:
        return ChatRequest(model="", messages=[user(text)], **fields)


class TestExtractive(ModelSuite):
    never = frozenset({"tools", "schema", "embed"})

    def provider(self) -> ModelProvider:
        return ExtractiveModel()

    def request(self, text: str, **fields: Any) -> ChatRequest:
        return ChatRequest(model="", messages=[user(text)], **fields)


class TestEmbedder(ModelSuite):
    never = frozenset({"chat"})

    def provider(self) -> ModelProvider:
        return EmbedderModel()

    def request(self, text: str, **fields: Any) -> ChatRequest:
        return ChatRequest(model="minilm", messages=[user(text)], **fields)


class _OverHttp(ModelSuite):
    model = "stub"

    @pytest.fixture(autouse=True)
    def _serve(self) -> Iterator[None]:
        with OpenAIServer() as self.server:
            yield

    def request(self, text: str, **fields: Any) -> ChatRequest:
        return ChatRequest(model=self.model, messages=[user(text)], api_base=self.server.url, api_key="k-1", **fields)


class TestOpenAI(_OverHttp):
    def provider(self) -> ModelProvider:
        return OpenAIModel()


class TestLiteLLM(_OverHttp):
    model = "openai/stub"

    def provider(self) -> ModelProvider:
        return LiteLLMModel()


def test_every_provider_has_a_suite() -> None:
    suites = {"TestScripted", "TestExtractive", "TestEmbedder", "TestOpenAI", "TestLiteLLM"}
    tested = {type(globals()[name].provider(globals()[name])).__name__ for name in suites}
    # The suite of `local` needs its extra, and stands in test_local_models.py.
    assert {MODELS.load(name).__name__ for name in MODELS.names()} - {"LocalModel"} <= tested
