"""Hugging Face causal models on this machine: `local/PATH`, with the extra `local`. Nothing is downloaded."""

from __future__ import annotations

import asyncio
import json
import re
import threading
from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from motadata_nb.errors import ContextOverflow, InvalidInput, MissingExtra
from motadata_nb.gateway.base import ChatRequest, Delta, NoCharge, ToolCall, Usage
from motadata_nb.gateway.kv import BLOCK, Prefixes
from motadata_nb.gateway.messages import text_of, tool_payload
from motadata_nb.gateway.pieces import Whole

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

__all__ = ["LocalModel"]

_TOOL_CALL = re.compile(r"<tool_call>\s*(\{.*?\})\s*</tool_call>", re.DOTALL)
_USUAL_ANSWER = 256


class LocalModel(NoCharge):
    """The provider behind `local/PATH`. Options: max_tokens, temperature (0, greedy), top_p, seed, stop."""

    def __init__(self) -> None:
        self._loaded: dict[str, _Model] = {}
        self._lock = threading.Lock()

    async def stream(self, request: ChatRequest) -> AsyncIterator[Delta]:
        """The answer as it is written, in a thread; leaving stops it at the next token."""
        loop, stop = asyncio.get_running_loop(), threading.Event()
        queue: asyncio.Queue[Delta | BaseException | None] = asyncio.Queue()

        def work() -> None:
            try:
                for delta in self._model(request.model).answer(request, stop):
                    loop.call_soon_threadsafe(queue.put_nowait, delta)
                loop.call_soon_threadsafe(queue.put_nowait, None)
            except BaseException as error:
                loop.call_soon_threadsafe(queue.put_nowait, error)

        working = loop.run_in_executor(None, work)
        try:
            while True:
                item = await queue.get()
                if item is None:
                    return
                if isinstance(item, BaseException):
                    raise item
                yield item
        finally:
            stop.set()
            await asyncio.shield(working)

    async def complete(self, request: ChatRequest) -> Delta:
        """The whole answer."""
        whole = Whole()
        async for delta in self.stream(request):
            whole.add(delta)
        return whole.delta

    async def embed(self, texts: Sequence[str], request: ChatRequest) -> tuple[NDArray[np.float32], Usage]:
        """Raises InvalidInput: a causal model has no vectors to offer."""
        raise InvalidInput("A model that writes is not an embedding model.", "Leave model=… out for the bundled one.")

    async def aclose(self) -> None:
        """Nothing is open; models stay loaded."""

    def _model(self, path: str) -> _Model:
        with self._lock:
            if path not in self._loaded:
                self._loaded[path] = _Model(path)
            return self._loaded[path]


class _Model:
    def __init__(self, path: str) -> None:
        try:
            import torch
            from transformers import AutoModelForCausalLM, AutoTokenizer
        except ModuleNotFoundError:
            raise MissingExtra("The model 'local'", "local") from None
        if not (Path(path) / "config.json").is_file():
            raise InvalidInput(f"There is no model in the folder {path!r}.", "Try: model='local/PATH/TO/FOLDER'")
        self.torch: Any = torch
        try:
            self.tokenizer: Any = AutoTokenizer.from_pretrained(path, local_files_only=True)
            self.model: Any = AutoModelForCausalLM.from_pretrained(path, local_files_only=True, dtype="auto").eval()
        except (OSError, ValueError, KeyError) as error:
            reason = str(error).splitlines()[0][:200]
            raise InvalidInput(f"The model in {path!r} cannot be loaded: {reason}", "Is the folder complete?") from None
        self.prefixes = Prefixes()
        self._one_at_a_time = threading.Lock()

    def answer(self, request: ChatRequest, stop: threading.Event) -> Iterator[Delta]:
        tokens = self._tokens(request)
        wanted = int(request.options.get("max_tokens") or request.options.get("max_completion_tokens") or _USUAL_ANSWER)
        room = getattr(self.model.config, "max_position_embeddings", None)
        if room is not None and len(tokens) + 1 > room:
            raise ContextOverflow(
                f"The messages have {len(tokens):,} tokens, and the model takes {room:,}.",
                "Shorten the messages, or use fewer passages (k=…).",
            )
        with self._one_at_a_time, self.torch.inference_mode():
            logits, state, reused = self.read(tokens, stop)
            yield from self._write(
                request, tokens, logits, state, reused, min(wanted, (room or 10**9) - len(tokens)), stop
            )

    def read(self, tokens: Sequence[int], stop: threading.Event) -> tuple[Any, Any, int]:
        """Logits behind the last token, the attention state, and how many tokens were remembered."""
        from transformers import DynamicCache

        state, reused = self.prefixes.find(tokens)
        if state is None:
            state = DynamicCache(config=self.model.config)
        logits = None
        for start in range(reused, len(tokens), BLOCK):
            if stop.is_set():
                break
            block = self.torch.tensor([tokens[start : start + BLOCK]])
            found = self.model(block, past_key_values=state, use_cache=True, logits_to_keep=1)
            state, logits = found.past_key_values, found.logits[0, -1]
        if not stop.is_set():
            self.prefixes.keep(tokens, state)
        return logits, state, reused

    def _write(
        self, request: ChatRequest, tokens: list[int], logits: Any, state: Any, reused: int, most: int,
        stop: threading.Event,
    ) -> Iterator[Delta]:  # fmt: skip
        ends = self._ends()
        choose = _Chooser(self.torch, request.options)
        stops = _texts(request.options.get("stop"))
        written: list[int] = []
        text, shown, finish = "", "", "length"
        while len(written) < most and not stop.is_set():
            token = choose(logits)
            if token in ends:
                finish = "stop"
                break
            written.append(token)
            text = self.tokenizer.decode(written, skip_special_tokens=True)
            cut = min((text.find(s) for s in stops if s in text), default=-1)
            if cut >= 0:
                text, finish = text[:cut], "stop"
            # An unfinished character shows as the replacement sign, and a stop may have begun: both are held back.
            ready = len(shown) if text.endswith("�") else len(text) - _begun(text, stops)
            if cut < 0 and ready > len(shown):
                yield Delta(text=text[len(shown) : ready])
                shown = text[:ready]
            if cut >= 0:
                break
            if len(written) < most:
                found = self.model(self.torch.tensor([[token]]), past_key_values=state, use_cache=True)
                state, logits = found.past_key_values, found.logits[0, -1]
        if len(text) > len(shown):
            yield Delta(text=text[len(shown) :])
        calls = _tool_calls(text) if request.tools else ()
        usage = Usage(input_tokens=len(tokens), output_tokens=len(written), cached_tokens=reused)
        yield Delta(tool_calls=calls, usage=usage, finish_reason="tool_calls" if calls else finish)

    def _tokens(self, request: ChatRequest) -> list[int]:
        messages = [{**m, "content": text_of(m)} for m in request.messages]
        if request.schema is not None:
            wanted = f"Answer with nothing but JSON that follows this schema: {json.dumps(request.schema)}"
            messages.append({"role": "user", "content": wanted})
        if getattr(self.tokenizer, "chat_template", None):
            tools = tool_payload(request.tools) or None
            text = self.tokenizer.apply_chat_template(messages, tools=tools, tokenize=False, add_generation_prompt=True)
            found = self.tokenizer(text, add_special_tokens=False)
        else:
            text = "\n".join(f"{m['role']}: {m['content']}" for m in messages) + "\nassistant:"
            found = self.tokenizer(text)
        return list(found["input_ids"])

    def _ends(self) -> set[int]:
        configured = getattr(self.model.generation_config, "eos_token_id", None)
        ends = configured if isinstance(configured, list) else [configured]
        return {e for e in (*ends, self.tokenizer.eos_token_id) if e is not None}


class _Chooser:
    """The next token: the likeliest, or a draw at a temperature."""

    def __init__(self, torch: Any, options: Mapping[str, Any]) -> None:
        self._torch = torch
        self._temperature = float(options.get("temperature") or 0.0)
        self._top_p = float(options.get("top_p") or 1.0)
        self._generator = torch.Generator()
        if options.get("seed") is not None:
            self._generator.manual_seed(int(options["seed"]))
        else:
            self._generator.seed()

    def __call__(self, logits: Any) -> int:
        if self._temperature == 0.0:
            return int(logits.argmax())
        chances = self._torch.softmax(logits.float() / self._temperature, -1)
        ordered, places = chances.sort(descending=True)
        ordered[ordered.cumsum(0) - ordered > self._top_p] = 0.0
        return int(places[self._torch.multinomial(ordered, 1, generator=self._generator)])


def _texts(stop: Any) -> list[str]:
    return [stop] if isinstance(stop, str) else [str(s) for s in stop or ()]


def _begun(text: str, stops: Sequence[str]) -> int:
    """How many of the last characters may be the beginning of a stop."""
    return max((n for s in stops for n in range(1, len(s)) if text.endswith(s[:n])), default=0)


def _tool_calls(text: str) -> tuple[ToolCall, ...]:
    """Calls in the form that most open models are trained on."""
    calls = []
    for number, match in enumerate(_TOOL_CALL.finditer(text)):
        try:
            found = json.loads(match.group(1))
            calls.append(
                ToolCall(id=f"call_{number}", name=found["name"], arguments=json.dumps(found.get("arguments", {})))
            )
        except (ValueError, KeyError, TypeError):
            continue
    return tuple(calls)
