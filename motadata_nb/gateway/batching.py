"""Small embedding calls joined into large ones.

Calls that arrive within a few milliseconds travel together, equal texts once. A text that the provider refuses fails
the call that brought it, not its neighbours: a refused batch is halved until the text is alone. Before that one
harmless text is asked for: when that is refused as well, it is not the texts, and all fail at once.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Hashable, Sequence
from typing import TYPE_CHECKING
from weakref import WeakKeyDictionary

from motadata_nb.errors import BadRequest, BadResponse, ContentRefused, ContextOverflow, GatewayError
from motadata_nb.gateway.failures import NoSuchModel

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

__all__ = ["Batcher"]

_WAIT_S = 0.003
_LARGEST = 256
# Of one request, in characters: providers bound the tokens of a batch as well.
_CHARACTERS = 400_000
# Texts that are as well asked for one by one.
_FEW = 8

Send = Callable[[Sequence[str]], Awaitable["NDArray[np.float32]"]]


class _Batch:
    def __init__(self, send: Send) -> None:
        self.send = send
        self.wanted: dict[str, asyncio.Future[NDArray[np.float32]]] = {}
        self.characters = 0
        self.timer: asyncio.TimerHandle | None = None


class Batcher:
    """Collects texts by key (deployment and options), for each event loop its own."""

    def __init__(self, *, wait_s: float = _WAIT_S, largest: int = _LARGEST) -> None:
        self._wait_s = wait_s
        self._largest = largest
        self._open: WeakKeyDictionary[asyncio.AbstractEventLoop, dict[Hashable, _Batch]] = WeakKeyDictionary()
        self._tasks: set[asyncio.Task[None]] = set()

    async def embed(self, texts: Sequence[str], key: Hashable, send: Send) -> NDArray[np.float32]:
        """Vectors in the order of the texts."""
        import numpy as np

        futures = [self._add(text, key, send) for text in texts]
        found = await asyncio.gather(*futures, return_exceptions=True)
        for place, vector in enumerate(found):
            if isinstance(vector, BaseException):
                raise _about(vector, place, texts)
        return np.stack([v for v in found if not isinstance(v, BaseException)])

    def _add(self, text: str, key: Hashable, send: Send) -> asyncio.Future[NDArray[np.float32]]:
        loop = asyncio.get_running_loop()
        batches = self._open.setdefault(loop, {})
        batch = batches.get(key)
        if batch is None:
            batch = batches[key] = _Batch(send)
            batch.timer = loop.call_later(self._wait_s, self._flush, batches, key, batch)
        if text not in batch.wanted:
            batch.wanted[text] = loop.create_future()
            batch.characters += len(text)
        future = batch.wanted[text]
        if len(batch.wanted) >= self._largest or batch.characters >= _CHARACTERS:
            self._flush(batches, key, batch)
        # One caller that leaves must not cancel the others' text.
        return asyncio.shield(future)

    def _flush(self, batches: dict[Hashable, _Batch], key: Hashable, batch: _Batch) -> None:
        if batch.timer is not None:
            batch.timer.cancel()
        if batches.get(key) is batch:
            del batches[key]
        task = asyncio.get_running_loop().create_task(_send(batch, list(batch.wanted)))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)


async def _send(batch: _Batch, texts: list[str], *, trusted: bool = False) -> None:
    try:
        vectors = await batch.send(texts)
        if len(vectors) != len(texts):
            raise BadResponse(f"The model gave {len(vectors)} vectors for {len(texts)} texts.", "Ask again.")
    except NoSuchModel as error:
        _fail(batch, texts, error)
    except (BadRequest, BadResponse, ContentRefused, ContextOverflow) as error:
        if len(texts) == 1 or not (trusted or len(texts) < _FEW or await _works(batch)):
            _fail(batch, texts, error)
            return
        half = len(texts) // 2
        halves = (texts[:half], texts[half:])
        await asyncio.gather(*(_send(batch, part, trusted=True) for part in halves))
    except BaseException as error:
        _fail(batch, texts, error)
        if not isinstance(error, Exception):
            raise
    else:
        for text, vector in zip(texts, vectors, strict=True):
            if not batch.wanted[text].done():
                batch.wanted[text].set_result(vector)


async def _works(batch: _Batch) -> bool:
    """Whether the model embeds anything with these options."""
    try:
        return len(await batch.send(["a"])) == 1
    except GatewayError:
        return False


def _fail(batch: _Batch, texts: Sequence[str], error: BaseException) -> None:
    for text in texts:
        future = batch.wanted[text]
        if not future.done():
            if not isinstance(error, Exception):
                future.cancel()
                continue
            future.set_exception(error)
            future.exception()  # Seen here, so that a caller who has left leaves no warning behind.


def _about(error: BaseException, place: int, texts: Sequence[str]) -> BaseException:
    """The error, with the text that it is about when a list was given."""
    if isinstance(error, GatewayError) and not error.retryable and len(texts) > 1:
        shown = texts[place][:60]
        return type(error)(f"{error.what} (text {place}: {shown!r})", error.hint)
    return error
