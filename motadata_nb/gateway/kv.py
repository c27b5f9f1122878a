"""The attention state of prompts that were read before, so that the next prompt with the same beginning starts there.

Prompts are read in blocks of a fixed size from the first token on, and only whole blocks are reused. The arithmetic of
every later block is then the same, shape for shape, whether the beginning was read or remembered; and so are the
logits, bit for bit.
"""

from __future__ import annotations

import copy
from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

__all__ = ["BLOCK", "Prefixes"]

BLOCK = 64
"""Tokens that are read at a time."""


@dataclass(frozen=True)
class _Kept:
    state: Any
    bytes: int


class Prefixes:
    """Attention states by their tokens, at most `size` bytes; the least recently used goes first."""

    def __init__(self, size: int = 512_000_000) -> None:
        self._size = size
        self._kept: OrderedDict[tuple[int, ...], _Kept] = OrderedDict()
        self.bytes = 0

    def __len__(self) -> int:
        return len(self._kept)

    def find(self, tokens: Sequence[int]) -> tuple[Any, int]:
        """A state to go on from, and how many of the tokens it covers; never all, as the last must be read."""
        best, covered = None, 0
        for kept in self._kept:
            common = _common(kept, tokens) // BLOCK * BLOCK
            common = min(common, (len(tokens) - 1) // BLOCK * BLOCK)
            if common > covered:
                best, covered = kept, common
        if best is None:
            return None, 0
        self._kept.move_to_end(best)
        return _cut(self._kept[best].state, covered), covered

    def keep(self, tokens: Sequence[int], state: Any) -> None:
        """Remember the whole blocks of a prompt that was read. A state that cannot be cut is not kept."""
        length = len(tokens) // BLOCK * BLOCK
        if length == 0 or not _can_be_cut(state):
            return
        key = tuple(tokens[:length])
        if any(_common(kept, key) == length for kept in self._kept):
            return
        for shorter in [kept for kept in self._kept if _common(kept, key) == len(kept)]:
            self._drop(shorter)
        cut = _cut(state, length)
        size = sum(t.numel() * t.element_size() for layer in cut.layers for t in (layer.keys, layer.values))
        if size > self._size:
            return
        self._kept[key] = _Kept(cut, size)
        self.bytes += size
        while self.bytes > self._size:
            self._drop(next(iter(self._kept)))

    def _drop(self, key: tuple[int, ...]) -> None:
        self.bytes -= self._kept.pop(key).bytes


def _common(kept: Sequence[int], tokens: Sequence[int]) -> int:
    for place, (a, b) in enumerate(zip(kept, tokens, strict=False)):
        if a != b:
            return place
    return min(len(kept), len(tokens))


def _can_be_cut(state: Any) -> bool:
    """Whether each layer holds all positions; a sliding window or a recurrent state does not."""
    layers = getattr(state, "layers", None) or ()
    return len(layers) > 0 and all(
        getattr(layer, "keys", None) is not None and not getattr(layer, "is_sliding", False) for layer in layers
    )


def _cut(state: Any, length: int) -> Any:
    """A state of the first positions. The tensors are views: a layer that grows makes new ones and leaves these."""
    cut = copy.copy(state)
    cut.layers = [copy.copy(layer) for layer in state.layers]
    for layer in cut.layers:
        layer.keys, layer.values = layer.keys[:, :, :length], layer.values[:, :, :length]
    return cut
