"""The model that may be meant, when a server does not have the one that was named."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Sequence

from motadata_nb.errors import BadRequest, GatewayError, nearest
from motadata_nb.gateway.base import ChatRequest, Listing, ModelProvider
from motadata_nb.gateway.failures import NoSuchModel
from motadata_nb.telemetry.prices import offered_models

__all__ = ["suggested"]

_PATIENCE_S = 2.0
_SHOWN = 5


async def suggested(
    error: BadRequest, provider: ModelProvider, request: ChatRequest, aliases: Iterable[str]
) -> BadRequest:
    """The error with the nearest name among aliases and what the server has; as it is, when it is about else."""
    if not isinstance(error, NoSuchModel):
        return error
    before = request.name.removesuffix(request.model)
    served = [before + name for name in await _served(provider, request)]
    maker = request.name.partition("/")[0]
    known = served or [name for name in offered_models() if name.partition("/")[0] == maker]
    close = nearest(request.name, [*aliases, *known])
    if close is not None and close != request.name:
        return NoSuchModel(error.what, f"Try: model='{close}'")
    if served and request.name not in served:
        return NoSuchModel(error.what, f"The server has: {_some(served)}")
    return error


async def _served(provider: ModelProvider, request: ChatRequest) -> list[str]:
    if not isinstance(provider, Listing):
        return []
    try:
        async with asyncio.timeout(_PATIENCE_S):
            return await provider.models(request)
    except (GatewayError, TimeoutError):
        return []


def _some(names: Sequence[str]) -> str:
    more = f" and {len(names) - _SHOWN:,} more" if len(names) > _SHOWN else ""
    return ", ".join(names[:_SHOWN]) + more
