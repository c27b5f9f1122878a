"""Every provider that LiteLLM knows. Importing it takes seconds, so that happens at the first call, in a thread."""

from __future__ import annotations

import asyncio
import os
import threading
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from typing import TYPE_CHECKING, Any

from motadata_nb.errors import BadResponse, GatewayError, StreamBroken
from motadata_nb.gateway.base import ChatRequest, Delta, ToolCall, Usage
from motadata_nb.gateway.failures import from_litellm, unreachable
from motadata_nb.gateway.messages import tool_payload
from motadata_nb.gateway.openai_answers import declined
from motadata_nb.gateway.pieces import Fragments, tool_calls, usage_of
from motadata_nb.gateway.prefix import cache_key, marked

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

__all__ = ["LiteLLMModel", "load"]

_lock = threading.Lock()
_module: Any = None
_ours: ContextVar[bool] = ContextVar("motadata_nb_litellm_call", default=False)
"""Whether the gateway makes the call, and not somebody who uses LiteLLM beside it."""


def load() -> Any:
    """The `litellm` module, with its price download, telemetry and printing switched off."""
    global _module
    with _lock:
        if _module is None:
            os.environ.setdefault("LITELLM_LOCAL_MODEL_COST_MAP", "True")
            os.environ.setdefault("LITELLM_LOCAL_ANTHROPIC_BETA_HEADERS", "True")
            import warnings

            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                import litellm
            warnings.filterwarnings("ignore", category=DeprecationWarning, module=r"litellm\.")
            litellm.telemetry = False
            litellm.suppress_debug_info = True
            litellm.disable_streaming_logging = True
            _spare_logging(litellm)
            _spare_metadata(litellm)
            _module = litellm
    return _module


def _spare_logging(module: Any) -> None:
    """Skip LiteLLM's logging of a call when nobody listens.

    Its queue belongs to one event loop, and is dropped with coroutines that never ran as soon as another loop calls.
    """
    try:
        from litellm.litellm_core_utils import logging_worker
    except ImportError:  # Before 1.76 there is no queue.
        return
    worker: Any = getattr(logging_worker, "GLOBAL_LOGGING_WORKER", None)
    enqueue = getattr(worker, "ensure_initialized_and_enqueue", None)
    if enqueue is None:
        return
    lists = ("callbacks", "success_callback", "_async_success_callback", "failure_callback", "_async_failure_callback")

    def enqueue_if_heard(async_coroutine: Any) -> None:
        if any(getattr(module, name, None) for name in lists):
            enqueue(async_coroutine)
        else:
            async_coroutine.close()

    worker.ensure_initialized_and_enqueue = enqueue_if_heard


def _spare_metadata(module: Any) -> None:
    """Skip what LiteLLM notes in the hidden fields of an answer, its price above all, in calls of the gateway.

    The gateway reads none of it and has its own prices; it takes as long as all of the gateway's own work.
    """
    noted: Any = getattr(module.utils, "update_response_metadata", None)
    if noted is None:
        return

    def note_for_others(*args: Any, **kwargs: Any) -> None:
        if not _ours.get():
            noted(*args, **kwargs)

    module.utils.update_response_metadata = note_for_others
    logged: Any = getattr(module.utils, "_client_async_logging_helper", None)
    if logged is None:
        return

    async def log_for_others(*args: Any, **kwargs: Any) -> None:
        # The gateway asks for no log; LiteLLM would still work out what to log.
        if not _ours.get():
            await logged(*args, **kwargs)

    module.utils._client_async_logging_helper = log_for_others


@contextmanager
def _our_call() -> Iterator[None]:
    token = _ours.set(True)
    try:
        yield
    finally:
        _ours.reset(token)


class LiteLLMModel:
    """The provider behind every name with a prefix that LiteLLM knows, and behind `litellm/…`."""

    async def complete(self, request: ChatRequest) -> Delta:
        """The whole answer."""
        module = await _loaded()
        try:
            with _our_call():
                found = await module.acompletion(**_arguments(request))
        except Exception as error:
            raise _mapped(error, request) from None
        return _whole(found, request)

    async def stream(self, request: ChatRequest) -> AsyncIterator[Delta]:
        """The answer in pieces; leaving closes the connection."""
        module = await _loaded()
        gathered = _Gathered(request)
        try:
            source = await module.acompletion(
                **_arguments(request), stream=True, stream_options={"include_usage": True}
            )
            try:
                async for chunk in source:
                    delta = gathered.add(chunk)
                    if delta is not None:
                        yield delta
                # LiteLLM ends a stream that broke as if it were whole; only this tells whether the model had finished.
                if getattr(source, "received_finish_reason", "unknown") is None and not gathered.calls:
                    raise gathered.broken("the connection ended")
            finally:
                await _close(source)
        except Exception as error:
            raise gathered.mapped(error) from None
        yield gathered.last()

    async def embed(self, texts: Sequence[str], request: ChatRequest) -> tuple[NDArray[np.float32], Usage]:
        """Vectors in the order of the texts."""
        import numpy as np

        module = await _loaded()
        try:
            found = await module.aembedding(model=request.model, input=list(texts), **_common(request))
        except Exception as error:
            raise _mapped(error, request) from None
        rows = [row["embedding"] for row in found.data]
        return np.asarray(rows, np.float32), _usage(found) or Usage()

    @staticmethod
    def warm() -> None:
        """Import LiteLLM."""
        load()

    async def aclose(self) -> None:
        """Close LiteLLM's connections of this loop."""
        if _module is not None:
            await _module.close_litellm_async_clients()


class _Gathered:
    def __init__(self, request: ChatRequest) -> None:
        self._request = request
        self._fragments = Fragments()
        self._usage: Usage | None = None
        self._finish: str | None = None
        self._text: list[str] = []

    @property
    def calls(self) -> tuple[ToolCall, ...]:
        return self._fragments.joined()

    def add(self, chunk: Any) -> Delta | None:
        self._usage = _usage(chunk) or self._usage
        if not chunk.choices:
            return None
        choice = chunk.choices[0]
        self._finish = choice.finish_reason or self._finish
        delta = choice.delta
        self._fragments.add([_fragment(call, call.index) for call in delta.tool_calls or ()])
        text, thinking = delta.content or "", getattr(delta, "reasoning_content", None) or ""
        if not text and not thinking:
            return None
        self._text.append(text)
        return Delta(text=text, thinking=thinking)

    def last(self) -> Delta:
        calls = self.calls
        finish = "tool_calls" if calls else self._finish or "stop"
        return Delta(tool_calls=calls, usage=self._usage, finish_reason=finish, model=self._request.model)

    def mapped(self, error: Exception) -> Exception:
        found = _mapped(error, self._request)
        if isinstance(found, StreamBroken) or not self._text or not getattr(found, "retryable", False):
            return found
        return self.broken(found.what if isinstance(found, GatewayError) else str(found))

    def broken(self, detail: str) -> GatewayError:
        came = "".join(self._text)
        if not came:
            return unreachable("its address", detail, model=self._request.model, secrets=_secrets(self._request))
        return StreamBroken(
            f"{self._request.model}: the stream broke after {len(came)} characters: {detail}",
            "What came is kept in .partial; run the cell again for the whole.",
            came,
        )


async def _loaded() -> Any:
    return _module if _module is not None else await asyncio.to_thread(load)


def _common(request: ChatRequest) -> dict[str, Any]:
    found: dict[str, Any] = {"timeout": request.timeout_s, "num_retries": 0, "max_retries": 0, **request.options}
    if request.api_key:
        found["api_key"] = request.api_key
    if request.api_base:
        found["api_base"] = request.api_base
        if request.model.startswith("openai/") and not os.environ.get("OPENAI_API_KEY"):
            # The OpenAI client wants a key even for a server that needs none.
            found.setdefault("api_key", "none")
    return found


# Models that cache a prefix only where they are told to; others do it by themselves.
_MARKED = ("claude", "amazon.nova")


def _arguments(request: ChatRequest) -> dict[str, Any]:
    needs_marks = request.model.startswith("anthropic/") or any(name in request.model for name in _MARKED)
    messages = marked(request.messages, tools=True) if needs_marks else [dict(m) for m in request.messages]
    found = {"model": request.model, "messages": messages, **_common(request)}
    if request.model.startswith("openai/") and not request.api_base:
        found.setdefault("prompt_cache_key", cache_key(request))
    found["no-log"] = True
    if request.tools:
        found["tools"] = tool_payload(request.tools)
    if request.schema is not None:
        form = {"name": "answer", "schema": dict(request.schema), "strict": False}
        found["response_format"] = {"type": "json_schema", "json_schema": form}
    return found


# Their objects are read as they are: pydantic takes longer to make dictionaries of them than the whole gateway does.


def _whole(found: Any, request: ChatRequest) -> Delta:
    if not found.choices:
        raise BadResponse(f"{request.shown} answered without a choice.", "Ask again; the server is at fault.")
    choice = found.choices[0]
    message = choice.message
    calls = [_fragment(call, index) for index, call in enumerate(message.tool_calls or ())]
    refusal = (getattr(message, "provider_specific_fields", None) or {}).get("refusal")
    if refusal and not (message.content or calls):
        raise declined(refusal, request)
    return Delta(
        text=message.content or "",
        thinking=getattr(message, "reasoning_content", None) or "",
        tool_calls=tool_calls(calls) if calls else (),
        usage=_usage(found),
        finish_reason=choice.finish_reason or "stop",
        model=found.model or request.model,
    )


def _fragment(call: Any, index: int) -> dict[str, Any]:
    function = call.function
    return {"index": index, "id": call.id, "function": {"name": function.name, "arguments": function.arguments}}


def _usage(found: Any) -> Usage | None:
    usage = getattr(found, "usage", None)
    if usage is None:
        return None
    names = (
        "prompt_tokens", "completion_tokens", "prompt_cache_hit_tokens", "cache_read_input_tokens",
        "cache_creation_input_tokens",
    )  # fmt: skip
    details = getattr(usage, "prompt_tokens_details", None)
    counts = {name: getattr(usage, name, None) for name in names}
    return usage_of(counts | {"prompt_tokens_details": {"cached_tokens": getattr(details, "cached_tokens", None)}})


async def _close(source: Any) -> None:
    """Close the connection behind a stream; its wrapper has no `aclose` before 1.79."""
    inner = source if hasattr(source, "aclose") else getattr(source, "completion_stream", None)
    for name in ("aclose", "close"):
        close = getattr(inner, name, None)
        if close is not None:
            await close()
            return


def _mapped(error: Exception, request: ChatRequest) -> Exception:
    if isinstance(error, GatewayError):
        return error
    return from_litellm(error, model=request.model, secrets=_secrets(request), base=request.api_base)


def _secrets(request: ChatRequest) -> tuple[str, ...]:
    """The key of the call and those in the environment, which LiteLLM reads by itself."""
    named = (v for k, v in os.environ.items() if k.endswith(("_API_KEY", "_TOKEN", "_SECRET", "_ACCESS_KEY")))
    return (*request.secrets, *named)
