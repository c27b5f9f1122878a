"""Options of a model call by name: one that is misspelt is told, and not sent where nobody reads it.

Providers differ in what they take, so a name that is like none of these goes along; `extra_body={…}` takes any.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Mapping

from motadata_nb.errors import UnknownName

__all__ = ["KNOWN", "OWN", "check_options"]

OWN = frozenset(
    """
    cache cell deadline_s dedup documents image images on_queue priority prompt_version retries system tags thread
    timeout_s
    """.split()
)
"""Options that are the gateway's; all others go to the provider."""

KNOWN = OWN | frozenset(
    """
    add_generation_prompt allowed_openai_params api_base api_key api_version audio auto_truncate
    aws_access_key_id aws_profile_name aws_region_name aws_role_name aws_secret_access_key aws_session_name
    aws_session_token azure_ad_token azure_ad_token_provider base_model best_of betas cache_control cache_prompt
    chat_template chat_template_kwargs citations cached_content container custom_llm_provider delay_s dimensions
    drop_params echo encoding_format extra_body extra_headers fallbacks format frequency_penalty function_call
    functions grammar guardrails guided_choice guided_decoding_backend guided_grammar guided_json guided_regex headers
    ignore_eos include include_reasoning input_type json_schema keep_alive length_penalty logit_bias logprobs
    max_completion_tokens max_output_tokens max_retries max_tokens mcp_servers metadata min_p min_tokens mirostat
    mirostat_eta mirostat_tau mock_response modalities model_kwargs models n num_ctx num_gpu num_keep num_predict
    num_retries num_thread options organization parallel_tool_calls plugins prediction presence_penalty
    previous_response_id project prompt_cache_key prompt_cache_retention provider raw reasoning reasoning_effort
    reasoning_format region_name repeat_last_n repeat_penalty repetition_penalty response_format route
    safety_identifier safety_settings sampling_params script search_parameters seed sentences service_tier
    skip_special_tokens stop stop_sequences stop_token_ids store stream stream_options structured_outputs suffix
    task_type temperature template text thinking tool_choice top_a top_k top_logprobs top_p transforms truncate
    truncation typical_p use_beam_search user verbosity vertex_credentials vertex_location vertex_project
    web_search_options xtc_probability
    """.split()
)
"""Beside those, what providers call theirs; a near miss of one of them is one."""

_NEAR, _NEAR_OWN = 0.75, 0.6
"""How like, from 0 to 1, a name must be."""
_MEANT = {"llm": "model", "max_new_tokens": "max_tokens", "system_prompt": "system", "timeout": "timeout_s"}
"""What other libraries call them."""


def check_options(given: Iterable[str], own: Mapping[str, str] | None = None) -> list[str]:
    """The names that nobody here knows. Raises UnknownName for one that is nearly one of `own`, or of a provider's.

    `own` are what the caller takes beside, and other words for them, each with the name that is meant.
    """
    own = own or {}
    strange = sorted(name for name in given if name not in KNOWN and own.get(name) != name)
    for name in strange:
        meant = own.get(name) or _MEANT.get(name) or _nearest(name, own)
        if meant is not None:
            raise UnknownName("option", name, (), example="{}=…", near=meant)
    return strange


def _nearest(name: str, own: Mapping[str, str]) -> str | None:
    """Few names are the caller's own, so that one of them may be farther away."""
    like = difflib.SequenceMatcher(b=name.lower())
    near = [*((word, _NEAR_OWN) for word in set(own.values())), *((word, _NEAR) for word in KNOWN)]
    found = [(likeness, word) for word, least in near if (likeness := _likeness(like, word)) >= least]
    return max(found)[1] if found else None


def _likeness(like: difflib.SequenceMatcher[str], word: str) -> float:
    like.set_seq1(word.lower())
    return like.ratio() if like.real_quick_ratio() >= _NEAR_OWN else 0.0
