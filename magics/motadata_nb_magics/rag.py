"""%%rag asks an index; %rag keeps indexes."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

from motadata_nb.cards import counted
from motadata_nb.errors import GatewayError, InvalidInput, typed
from motadata_nb_magics.display import broken, interrupted, waiting
from motadata_nb_magics.grammar import OUT, SHARED, Call, Command, count, flag, option
from motadata_nb_magics.images import IMAGE, images
from motadata_nb_magics.schemas import schema
from motadata_nb_magics.tables import TableResult

if TYPE_CHECKING:
    from collections.abc import Callable

    from motadata_nb.cards import Cell
    from motadata_nb.rag.answer import Answer

__all__ = ["CELL", "LINE"]

_INDEX = option("index", "an index.", completes="index")
_BACKEND = option("--backend", "Vector backend, like duckdb.", completes="backend")


def _ask(call: Call) -> Answer | Any:
    index = call.session.workspace.index(call["index"])
    how: dict[str, Any] = {key: call[key] for key in ("k", "mode", "where", "model", "thread", "expand", "rerank")}
    how |= {key: True for key in ("check", "explain") if call[key]}
    how |= {key: call[key] for key in ("around", "diversity") if call[key] is not None}
    if call["detector"]:
        how["check"] = call["detector"]
    if call["schema"]:
        how["schema"] = schema(call)
    seen = {"images": images(call)} if call["image"] else {}
    if call["dry_run"]:
        messages = index.prepare(call.body, **how).messages
        return call.session.workspace.gateway.preview(messages, call["model"], **seen)
    how |= seen
    if call["no_cache"]:
        how["cache"] = False
    if index.is_extractive(call["model"]):
        return index.ask(call.body, **how)
    live = call.live()
    how["on_queue"] = waiting(live, call["model"] or str(call.session.config["model"]))
    stream = index.stream(call.body, **how)
    live.card(stream.card)
    try:
        for _ in stream:
            live.card(stream.card)
    except KeyboardInterrupt as error:
        interrupted(call, live, stream.answer, error)
        raise
    except GatewayError as error:
        broken(call, live, stream.answer, error)
        raise
    live.end()
    return stream.answer


def _ls(call: Call) -> TableResult:
    workspace = call.session.workspace
    rows: list[list[Cell]] = []
    for name in workspace.indexes():
        d = workspace.index(name).describe()
        size = round(d.size / 1e6, 1)
        rows.append([d.name, d.documents, d.chunks, d.backend, d.embedder, size, d.freshness, len(d.quarantined)])
    headers = ["Index", "Documents", "Chunks", "Backend", "Embedder", "MB", "Freshness", "Quarantined"]
    return TableResult(title="Indexes", headers=headers, rows=rows, empty="Make one: %ingest FILE --into NAME")


def _show(call: Call) -> Any:
    return call.session.workspace.index(call["index"]).describe()


def _docs(call: Call) -> Any:
    return call.session.workspace.index(call["index"]).documents()


def _drop(call: Call) -> TableResult:
    call.session.workspace.drop(call["index"])
    return TableResult(title=f"Dropped {call['index']}.", headers=[], rows=[])


def _reindex(call: Call) -> Any:
    index = call.session.workspace.index(call["index"])
    return _watched(call, lambda told: index.reindex(call["embedder"], call["chunk_tokens"], told))


def _move(call: Call) -> Any:
    index = call.session.workspace.index(call["index"])
    if not call["backend"]:
        raise InvalidInput("It is not said where to.", f"Try: %rag move {typed(call['index'])} --backend duckdb")
    return _watched(call, lambda told: index.move(call["backend"], told), index.describe().chunks)


def _watched(call: Call, work: Callable[[Callable[[int], None]], Any], total: int | None = None) -> Any:
    """Run with a line that says how far it is; `total` is known where the chunks stay what they are."""
    from motadata_nb.ingestion.pipeline import Progress
    from motadata_nb_magics.progress import progress_line

    live, done, started = call.live(), 0, time.monotonic()

    def told(chunks: int) -> None:
        nonlocal done
        done += chunks
        seconds = time.monotonic() - started
        now = Progress(stage="writing", done=done, total=total, unit="chunks", quarantined=0, seconds=seconds)
        live.line(progress_line(now), done / total if total else None)

    try:
        return work(told)
    finally:
        live.end()


def _diff(call: Call) -> Any:
    asked = call["before"], call["after"], " ".join(call["question"]), call["k"] or 10
    return _watched(call, lambda told: call.session.workspace.diff(*asked, told))


def _purge(call: Call) -> Any:
    return call.session.workspace.index(call["index"]).purge()


def _delete(call: Call) -> TableResult:
    removed = call.session.workspace.index(call["index"]).delete(call["documents"], where=call["where"])
    return TableResult(title=f"{counted(removed, 'document')} removed from {call['index']}.", headers=[], rows=[])


def _export(call: Call) -> TableResult:
    folder = call.session.workspace.index(call["index"]).export(call["folder"])
    rows: list[list[Cell]] = [
        [file.name, round(file.stat().st_size / 1e6, 2)] for file in sorted(folder.glob("*.parquet"))
    ]
    return TableResult(title=f"Exported to {folder}", headers=["File", "MB"], rows=rows)


def _import(call: Call) -> Any:
    return call.session.workspace.import_index(call["folder"], call["into"], call["backend"])


def _snapshot(call: Call) -> TableResult:
    label = call.session.workspace.index(call["index"]).snapshot(call["label"] or None)
    return TableResult(
        title=f"Kept as {label}: %rag restore {typed(call['index'])} {typed(label)}", headers=[], rows=[]
    )


def _restore(call: Call) -> Any:
    return call.session.workspace.index(call["index"]).restore(call["label"])


_REMOVE = "An index: %rag drop NAME    Documents of it: %rag delete NAME DOCUMENT"
_ASK = "Type: %%rag NAME, and the question in the line below it."
_OTHER_WORDS = {
    **dict.fromkeys(("remove", "rm", "del"), _REMOVE),
    **dict.fromkeys(("ask", "query", "search", "retrieve"), _ASK),
    **dict.fromkeys(("info", "describe", "stats", "status"), "Try: %rag show NAME"),
    **dict.fromkeys(("create", "new", "add", "ingest"), "Type: %ingest FILE --into NAME"),
    **dict.fromkeys(("backup", "save"), "Try: %rag snapshot NAME    To take along: %rag export NAME FOLDER"),
    "compare": 'Try: %rag diff NAME NAME:keyword "QUESTION"',
    "explain": "Type: %%rag NAME --explain, and the question in the line below it.",
    "list": "Try: %rag ls",
    "rename": "Make another and drop this one: %rag export NAME FOLDER, then %rag import FOLDER --into OTHER",
}

CELL = Command(
    run=_ask,
    summary="Ask an index: the body is the question, the result a cited answer.",
    arguments=(_INDEX,),
    options=(
        *SHARED,
        option("--k", "Passages that the answer is built on.", count),
        option("--mode", "How passages are found.", choices=("hybrid", "vector", "keyword")),
        option("--around", "Widen each passage by so many chunks before and after it.", int),
        flag("--check", "Check each sentence of the answer against the passages."),
        option("--detector", "What checks the answer: built-in, judge, judge:MODEL."),
        option("--diversity", "From 0 to 1: leave out passages that repeat.", float),
        flag("--explain", "Show each stage: candidates, scores, drops, timing, exact messages."),
        option("--expand", "Search in more ways, with a model.", choices=("decompose", "hyde", "multi", "rewrite")),
        IMAGE,
        option("--rerank", "Judge the best passages once more: sentences, api:MODEL."),
        option("--schema", 'Answer as data, like "name, days int", or a class of the notebook.', completes="class"),
        option("--where", "Filter, like \"page > 3 and source like '%2024%'\"."),
    ),
    examples=(
        "%%rag handbook --out ans\nHow long do EU customers have to return a product?",
        '%%rag handbook --k 8 --where "page > 3"\nWhat changed in {{ year }}?',
    ),
    body=True,
)
LINE = Command(
    summary="Keep indexes.",
    actions={
        "ls": Command(run=_ls, summary="All indexes.", options=(OUT,)),
        "show": Command(run=_show, summary="What an index is made of.", arguments=(_INDEX,), options=(OUT,)),
        "docs": Command(run=_docs, summary="Documents of an index.", arguments=(_INDEX,), options=(OUT,)),
        "drop": Command(
            run=_drop, summary="Remove an index with all its documents.", arguments=(_INDEX,),
            options=(flag("--quiet", "Show nothing."),),
        ),
        "reindex": Command(
            run=_reindex, summary="Cut and embed anew, beside the live index.", arguments=(_INDEX,),
            options=(
                option("--embedder", "Embedding model, like openai/text-embedding-3-small.", completes="embedder"),
                option("--chunk-tokens", "Longest chunk, in tokens.", count, also=("--chunk",)), OUT,
            ),
        ),
        "move": Command(
            run=_move, summary="To another vector backend, without embedding again.", arguments=(_INDEX,),
            options=(_BACKEND, OUT),
        ),
        "diff": Command(
            run=_diff, summary="Rank changes of a question between two ways to search.",
            arguments=(
                option("before", "a way to search: NAME, NAME:MODE, NAME@BACKEND or NAME@EMBEDDER.", completes="index"),
                option("after", "another way to search.", completes="index"),
                option("question", "a question.", many=True),
            ),
            options=(option("--k", "Passages.", count), OUT),
            examples=('%rag diff handbook handbook:keyword "How long is the warranty?"',),
        ),
        "delete": Command(
            run=_delete, summary="Remove documents, by name or by filter.",
            arguments=(_INDEX, option("documents", "documents.", many=True, default=(), completes="document key")),
            options=(option("--where", "Filter on source, title or metadata."), flag("--quiet", "Show nothing.")),
        ),
        "purge": Command(
            run=_purge, summary="Leave no byte of what was deleted on disk.", arguments=(_INDEX,), options=(OUT,),
        ),
        "export": Command(
            run=_export, summary="To a folder of Parquet files.",
            arguments=(_INDEX, option("folder", "a folder.")), options=(OUT,),
        ),
        "import": Command(
            run=_import, summary="From a folder of Parquet files.", arguments=(option("folder", "a folder."),),
            options=(
                option("--into", "Name of the new index."), _BACKEND, OUT,
            ),
        ),
        "snapshot": Command(
            run=_snapshot, summary="Keep the index as it is now.",
            arguments=(_INDEX, option("label", "a name.", default="")), options=(OUT,),
        ),
        "restore": Command(
            run=_restore, summary="Put a snapshot in the place of the index.",
            arguments=(_INDEX, option("label", "the name of a snapshot.", default="")), options=(OUT,),
        ),
    },
    other_words=_OTHER_WORDS,
    examples=(
        "%rag ls", "%rag show handbook", "%rag move handbook --backend duckdb",
        '%rag diff handbook handbook:keyword "How long is the warranty?"',
    ),
)  # fmt: skip
