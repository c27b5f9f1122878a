"""Names of models: which are offered, and which is meant by a mistyped one."""

from __future__ import annotations

import pytest

from motadata_nb.config import Config
from motadata_nb.errors import UnknownName
from motadata_nb.gateway.names import models_of, route


def test_only_models_that_write_or_embed_are_offered() -> None:
    config = Config()
    config.set("models", {"fast": "scripted"})
    names = models_of(config)
    assert {"openai/gpt-4o-mini", "openai/text-embedding-3-small", "gemini/gemini-2.5-flash"} <= set(names)
    assert names[0] == "fast" and {n for n in names if "/" not in n} == {"fast", "extractive", "local", "scripted"}
    silly = ("*", "fal_ai/fal-ai/flux", "dall-e", "commitment", "-x-", "whisper-1", "hd/")
    assert [n for n in names if any(part in n for part in silly) or n.endswith("/")] == []


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("opnai/gpt-4o-mini", "openai/gpt-4o-mini"),
        ("gpt4o-mini", "openai/gpt-4o-mini"),
        ("claude-opus-4-20250513", "anthropic/claude-opus-4-20250514"),
        ("o3-mni", "openai/o3-mini"),
        ("scrited", "scripted"),
        ("fasst", "fast"),
    ],
)
def test_a_mistyped_model_is_answered_with_the_one_that_is_meant(typed: str, meant: str) -> None:
    config = Config()
    config.set("models", {"fast": "scripted"})
    with pytest.raises(UnknownName, match="No model is called") as error:
        route(typed, config)
    assert error.value.hint == f"Try: model='{meant}'"


@pytest.mark.parametrize("typed", ["dall-e", "1024-x-1024", "zzzz"])
def test_what_is_near_to_nothing_is_answered_with_our_own(typed: str) -> None:
    with pytest.raises(UnknownName) as error:
        route(typed, Config())
    assert error.value.hint == "Known: extractive, local, scripted"
