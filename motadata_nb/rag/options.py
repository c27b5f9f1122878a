"""How a question is asked: the options that a person gives in Python or on a cell."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from motadata_nb.errors import InvalidInput, UnknownName
from motadata_nb.gateway.options import check_options

__all__ = ["AskOptions", "MEANT", "ask_options", "check_unasked"]

MEANT = {
    "filter": "where", "filters": "where", "limit": "k", "n_results": "k", "num_results": "k", "reranker": "rerank",
    "similarity_top_k": "k", "top_n": "k", "where_filter": "where",
}  # fmt: skip
"""What other libraries call our options."""

_ASKED = ("around", "check", "diversity", "expand", "explain", "mode", "rerank", "schema", "where")
_OWN = {**MEANT, **{name: name for name in (*_ASKED, "images", "k", "model", "thread")}}


@dataclass(frozen=True, kw_only=True)
class AskOptions:
    """How a question is asked; None takes the configured value."""

    k: int | None = None
    model: str | None = None
    thread: str | None = None
    mode: str | None = None
    where: str | None = None
    expand: str | None = None
    schema: Any = None
    rerank: str | None = None
    around: int = 0
    diversity: float = 0.0
    spread: bool = False
    """Whether further documents are preferred to further chunks of a short one."""
    check: bool | str = False
    """True for the built-in detector, or a detector's name."""
    explain: bool = False
    provider: dict[str, Any] = field(default_factory=dict)
    """Further options of the model call: temperature, cache …"""

    @property
    def server(self) -> dict[str, Any]:
        """Where the model stands, when that was given: for the calls before and after the answer too."""
        return {name: self.provider[name] for name in ("api_base", "api_key") if self.provider.get(name)}


def ask_options(k: int | None, model: str | None, thread: str | None, how: dict[str, Any]) -> AskOptions:
    """How a question is asked; what is not ours goes to the model. Raises UnknownName for a misspelt option."""
    if "stream" in how:
        raise InvalidInput("This call gives the whole answer.", "Try: for piece in index.stream('…'): print(piece)")
    check_options(how, _OWN)
    own = {name: how.pop(name) for name in _ASKED if name in how}
    return AskOptions(k=k, model=model, thread=thread, **own, provider=how)


def check_unasked(options: dict[str, Any]) -> None:
    """Raises UnknownName for an option that only a model could know, when none is asked."""
    strange = check_options(options, _OWN)
    if "top_k" in options:  # of a model it is one, of a search another
        raise UnknownName("option", "top_k", (), example="{}=…", near="k")
    if strange:
        raise UnknownName("option", strange[0], set(_OWN.values()), example="{}=…")
