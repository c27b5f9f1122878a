"""One call for each row of a table, concurrent through the gateway, into a DataFrame."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from motadata_nb.aio import iterate
from motadata_nb.cards import counted
from motadata_nb.errors import InvalidInput, MotadataError
from motadata_nb_magics.display import interrupted
from motadata_nb_magics.interpolation import evaluate, fill

if TYPE_CHECKING:
    import pandas as pd

    from motadata_nb.gateway.completion import Completion
    from motadata_nb.gateway.gateway import Gateway
    from motadata_nb_magics.grammar import Call

__all__ = ["complete_each"]

# The gateway queues by its limits; this only bounds how many rows are prepared ahead.
_AHEAD = 32


def complete_each(call: Call, how: dict[str, Any]) -> Any:
    """The table with the answers beside it: a column `answer`, or one for each field of the schema.

    A row that fails has its reason in a column `error`; an interrupt keeps the rows that are done, and with the
    response cache a second run pays only for the others. Raises when every row failed.
    """
    if call["thread"]:
        raise InvalidInput("Rows are asked at the same time, so they make no conversation.", "Leave out --thread.")
    table = _table(call)
    prompts = _prompts(call, table)
    gateway = call.session.workspace.gateway
    if call["dry_run"]:
        return gateway.preview(prompts[0], **how) if prompts else table
    done: dict[int, Completion | MotadataError] = {}
    live = call.live()
    try:
        for number, answer in iterate(_answers(gateway, prompts, how)):
            done[number] = answer
            live.line(_progress(done, len(prompts)), len(done) / len(prompts))
    except KeyboardInterrupt as error:
        interrupted(call, live, _joined(table, done), error)
        raise
    live.end(counted(len(done), "row"))
    _check(done)
    return _joined(table, done)


def _table(call: Call) -> pd.DataFrame:
    import pandas as pd

    given = evaluate(call["each"], call.session.shell.user_ns)
    if isinstance(given, pd.Series):
        given = given.to_frame(given.name or "text")
    if isinstance(given, list | tuple) and given and not isinstance(given[0], Mapping):
        given = pd.DataFrame({"text": list(given)})
    elif isinstance(given, list | tuple):
        given = pd.DataFrame(list(given))
    if not isinstance(given, pd.DataFrame):
        raise InvalidInput(f"{call['each']} is not a table.", "Give a DataFrame: --each df")
    return given


def _prompts(call: Call, table: pd.DataFrame) -> list[str]:
    if call["raw"]:
        return [call.body] * len(table)
    if "{{" not in call.body:
        columns = ", ".join(map(str, table.columns[:6]))
        raise InvalidInput(
            "Every row would ask the same.", f"Name a column in the body, like {{{{ {columns.split(', ')[0]} }}}}."
        )
    variables = call.session.shell.user_ns
    return [fill(call.body, {**variables, **row, "row": row}) for row in _rows(table)]


def _rows(table: pd.DataFrame) -> list[dict[str, Any]]:
    return [{str(name): value for name, value in row.items()} for row in table.to_dict("records")]


async def _answers(
    gateway: Gateway, prompts: Sequence[str], how: dict[str, Any]
) -> AsyncIterator[tuple[int, Completion | MotadataError]]:
    room = asyncio.Semaphore(_AHEAD)

    async def one(number: int) -> tuple[int, Completion | MotadataError]:
        async with room:
            try:
                return number, await gateway.acomplete(prompts[number], **how)
            except MotadataError as error:
                return number, error

    tasks = [asyncio.ensure_future(one(number)) for number in range(len(prompts))]
    try:
        for finished in asyncio.as_completed(tasks):
            yield await finished
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


def _progress(done: Mapping[int, Any], total: int) -> str:
    failed = sum(isinstance(answer, MotadataError) for answer in done.values())
    return f"{len(done):,} of {total:,} rows" + (f" · {failed} failed" if failed else "")


def _check(done: Mapping[int, Any]) -> None:
    errors = [answer for answer in done.values() if isinstance(answer, MotadataError)]
    if errors and len(errors) == len(done):
        raise errors[0]


def _joined(table: pd.DataFrame, done: Mapping[int, Any]) -> pd.DataFrame:
    import pandas as pd

    rows = [_columns(done.get(number)) for number in range(len(table))]
    answers = pd.DataFrame(rows, index=table.index)
    taken = set(map(str, table.columns))
    answers.columns = pd.Index([f"answer_{name}" if str(name) in taken else str(name) for name in answers.columns])
    joined = pd.concat([table, answers], axis=1)
    spent = [answer.cost for answer in done.values() if not isinstance(answer, MotadataError)]
    joined.attrs["cost"] = None if None in spent else sum(spent)
    return joined


def _columns(answer: Completion | MotadataError | None) -> dict[str, Any]:
    if answer is None:
        return {}
    if isinstance(answer, MotadataError):
        return {"error": answer.what}
    if answer.data is None:
        return {"answer": answer.text}
    data = answer.data.model_dump() if hasattr(answer.data, "model_dump") else answer.data
    return dict(data) if isinstance(data, Mapping) else {"answer": data}
