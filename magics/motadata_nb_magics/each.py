"""One call for each row of a table, concurrent through the gateway, into a DataFrame."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from motadata_nb.aio import iterate
from motadata_nb.cards import counted
from motadata_nb.errors import InvalidInput, MotadataError
from motadata_nb.results import plain
from motadata_nb.telemetry.prices import money
from motadata_nb_magics.display import interrupted
from motadata_nb_magics.images import images
from motadata_nb_magics.interpolation import evaluate, fill

if TYPE_CHECKING:
    import pandas as pd

    from motadata_nb.gateway.completion import Completion
    from motadata_nb.gateway.gateway import Gateway
    from motadata_nb.gateway.preview import Preview
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
    asked = _asked(call, table, how)
    done: dict[int, Completion | MotadataError] = {n: a for n, a in enumerate(asked) if isinstance(a, MotadataError)}
    if asked:
        _check(done, len(asked))
    gateway = call.session.workspace.gateway
    if call["dry_run"]:
        return _preview(gateway, asked) if asked else table
    live = call.live()
    try:
        for number, answer in iterate(_answers(gateway, asked)):
            done[number] = answer
            live.line(_progress(done, len(asked)), len(done) / len(asked))
    except KeyboardInterrupt as error:
        interrupted(call, live, _joined(table, done), error)
        raise
    live.end(counted(len(done), "row"))
    _check(done, len(done))
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


@dataclass(frozen=True)
class _Row:
    """What is asked for one row."""

    prompt: str
    how: dict[str, Any]


def _asked(call: Call, table: pd.DataFrame, how: dict[str, Any]) -> list[_Row | MotadataError]:
    """What is asked for each row, or why it cannot be."""
    if "{{" not in call.body and not call["raw"] and not set(call["image"] or ()) & set(map(str, table.columns)):
        columns = ", ".join(map(str, table.columns[:6]))
        raise InvalidInput(
            "Every row would ask the same.", f"Name a column in the body, like {{{{ {columns.split(', ')[0]} }}}}."
        )
    variables = call.session.shell.user_ns
    return [_row(call, {**variables, **row, "row": row}, how) for row in _rows(table)]


def _row(call: Call, variables: dict[str, Any], how: dict[str, Any]) -> _Row | MotadataError:
    try:
        seen = {"images": images(call, variables)} if call["image"] else {}
        return _Row(call.body if call["raw"] else fill(call.body, variables), {**how, **seen})
    except MotadataError as error:
        return error


def _rows(table: pd.DataFrame) -> list[dict[str, Any]]:
    """The rows; what is missing is an empty text, as a model should not be asked about "nan"."""
    import pandas as pd

    def shown(value: Any) -> Any:
        return "" if pd.api.types.is_scalar(value) and pd.isna(value) else value

    return [{str(name): shown(value) for name, value in row.items()} for row in table.to_dict("records")]


def _preview(gateway: Gateway, asked: Sequence[_Row | MotadataError]) -> Preview:
    """The first row as it would be asked, and what all of them would cost."""
    shown = [gateway.preview(row.prompt, **row.how) for row in asked if isinstance(row, _Row)]
    costs = [preview.cost for preview in shown]
    price = "price unknown" if None in costs else f"about {money(sum(cost or 0.0 for cost in costs))}"
    tokens = sum(preview.input_tokens for preview in shown)
    return replace(
        shown[0], note=f"the first of {counted(len(shown), 'row')}: about {tokens:,} tokens in, {price} in all"
    )


async def _answers(
    gateway: Gateway, asked: Sequence[_Row | MotadataError]
) -> AsyncIterator[tuple[int, Completion | MotadataError]]:
    room = asyncio.Semaphore(_AHEAD)

    async def one(number: int, row: _Row) -> tuple[int, Completion | MotadataError]:
        async with room:
            try:
                return number, await gateway.acomplete(row.prompt, **row.how)
            except MotadataError as error:
                return number, error

    tasks = [asyncio.ensure_future(one(n, row)) for n, row in enumerate(asked) if isinstance(row, _Row)]
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


def _check(done: Mapping[int, Any], rows: int) -> None:
    errors = [answer for _, answer in sorted(done.items()) if isinstance(answer, MotadataError)]
    if errors and len(errors) == rows:
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
    data = plain(answer.data)
    return dict(data) if isinstance(data, Mapping) else {"answer": data}
