"""%cache: the answers that are kept, so that nothing is paid twice."""

from __future__ import annotations

from typing import Any

from motadata_nb.cards import counted
from motadata_nb.errors import InvalidInput
from motadata_nb_magics.grammar import OUT, Call, Command, flag, option
from motadata_nb_magics.tables import TableResult

__all__ = ["LINE"]


def _stats(call: Call) -> Any:
    return call.session.workspace.gateway.cache.stats()


def _drop(call: Call) -> TableResult:
    if bool(call["tag"]) == call["all"]:
        raise InvalidInput("%cache drop takes tags, or --all.", "Try: %cache drop model:openai/gpt-5-mini")
    removed = call.session.workspace.gateway.cache.drop(tags=call["tag"])
    return TableResult(title=f"{counted(removed, 'answer')} dropped", headers=[], rows=[])


LINE = Command(
    run=_stats,
    summary="The cache of model answers.",
    options=(OUT,),
    actions={
        "stats": Command(run=_stats, summary="What it holds and how often it helped.", options=(OUT,)),
        "drop": Command(
            run=_drop, summary="Forget answers.",
            arguments=(option("tag", "tags, like model:openai/gpt-5-mini.", default=(), many=True),),
            options=(flag("--all", "Forget every answer."),),
        ),
    },
    examples=("%cache", "%cache drop model:openai/gpt-5-mini", "%cache drop --all"),
)  # fmt: skip
