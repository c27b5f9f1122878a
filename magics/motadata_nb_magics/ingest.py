"""%ingest: files, folders, globs, addresses, DataFrames and variables into an index."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from motadata_nb.cards import counted
from motadata_nb.errors import InvalidInput, UnknownName, typed
from motadata_nb_magics.display import interrupted
from motadata_nb_magics.grammar import OUT, Call, Command, count, flag, option
from motadata_nb_magics.interpolation import evaluate, fill
from motadata_nb_magics.names import names_of
from motadata_nb_magics.progress import progress_line

if TYPE_CHECKING:
    from collections.abc import Sequence

    from motadata_nb.ingestion.report import IngestReport

__all__ = ["LINE"]


def _run(call: Call) -> IngestReport:
    if not call["into"]:
        raise InvalidInput("%ingest needs to know the index.", "Try: %ingest handbook/*.pdf --into handbook")
    options = {key: call[key] for key in ("password", "chunk_tokens", "embedder") if call[key] is not None}
    if call["ocr"]:
        options["ocr"] = True
    _check_spaces(call["source"], call["into"])
    live = call.live()
    run = call.session.workspace.ingestion(
        [_source(call, word) for word in call["source"]], call["into"], call["backend"],
        progress=lambda p: live.line(progress_line(p), p.done / p.total if p.total else None), **options,
    )  # fmt: skip
    try:
        report = run.run()
    except KeyboardInterrupt as error:
        interrupted(call, live, run.report, error)
        raise
    live.end(f"{counted(report.documents, 'document')}, {counted(report.chunks, 'chunk')}")
    return report


def _check_spaces(given: Sequence[str], into: str) -> None:
    """Raise InvalidInput where words that are no paths are one path together."""
    for first, word in enumerate(given):
        for last in range(first + 2, len(given) + 1):
            path = " ".join(given[first:last])
            if not Path(word).expanduser().exists() and Path(path).expanduser().exists():
                raise InvalidInput(
                    f"The path {path} has spaces in it.", f'Put it into quotes: %ingest "{path}" --into {typed(into)}'
                )


def _source(call: Call, word: str) -> Any:
    """A variable where one is named, tables and bytes by name; what `{{ … }}` stands for; else a path or address."""
    from motadata_nb.ingestion.frames import as_frame

    namespace = call.session.shell.user_ns
    if word.startswith("{{") and word.endswith("}}") and word.count("{{") == 1:
        return evaluate(word, namespace)
    word = fill(word, namespace)
    if word.isidentifier() and word in namespace:
        value = namespace[word]
        return {word: value} if isinstance(value, bytes | bytearray) or as_frame(value) is not None else value
    if not any(c in word for c in "/\\*?:[.") and not Path(word).exists():
        files = [path.name for path in Path().iterdir() if not path.name.startswith(".")]
        near = [*names_of(call.session, "variable"), *files]
        raise UnknownName("file or variable", word, near, example="%ingest {} --into …")
    return word


LINE = Command(
    run=_run,
    summary="Read sources into an index; what is there already costs a hash.",
    arguments=(
        option("source", "files, folders, globs, addresses or variables.", many=True, completes="source", fills=False),
    ),
    options=(
        option("--into", "The index; it is made if it is not there.", completes="index"),
        option("--backend", "Vector backend of a new index.", completes="backend"),
        option("--embedder", "Embedding model of a new index.", completes="embedder"),
        option("--chunk-tokens", "Longest chunk of a new index, in tokens.", count, also=("--chunk",)),
        option("--password", "Password of encrypted files."),
        flag("--ocr", "Recognise text in scanned pages and pictures (needs tesseract)."),
        OUT,
        flag("--quiet", "Show nothing."),
    ),
    examples=("%ingest handbook/*.pdf --into handbook", "%ingest df --into tickets"),
)
