"""%cassette: record model calls, and replay them without a key."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from motadata_nb_magics.grammar import OUT, Call, Command, option

__all__ = ["LINE"]

_PATH = option("path", "a file.", completes="source")


def _to(mode: str | None) -> Callable[[Call], Any]:
    def put(call: Call) -> Any:
        path = call.get("path")
        return call.session.workspace.gateway.cassette(
            mode, call.session.folder / Path(path).expanduser() if path else None
        )

    return put


LINE = Command(
    run=_to(None),
    summary="Record model calls into a file, and replay them without a key.",
    options=(OUT,),
    actions={
        "record": Command(
            run=_to("record"), summary="Write every call to a file.", arguments=(_PATH,),
            examples=("%cassette record calls.jsonl",),
        ),
        "replay": Command(
            run=_to("replay"), summary="Answer from a file; call no model.", arguments=(_PATH,),
            examples=("%cassette replay calls.jsonl",),
        ),
        "off": Command(run=_to("off"), summary="Call models again."),
    },
    examples=("%cassette record calls.jsonl", "%cassette replay calls.jsonl", "%cassette off"),
)  # fmt: skip
