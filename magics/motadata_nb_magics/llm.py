"""%%llm: one completion, or one for each row of a table."""

from __future__ import annotations

from typing import Any

from motadata_nb.cards import Card
from motadata_nb.errors import GatewayError
from motadata_nb_magics.display import broken, interrupted, waiting
from motadata_nb_magics.grammar import SHARED, Call, Command, option
from motadata_nb_magics.images import IMAGE, images
from motadata_nb_magics.schemas import schema

__all__ = ["CELL"]


def _complete(call: Call) -> Any:
    if call["each"]:
        from motadata_nb_magics.each import complete_each

        return complete_each(call, _how(call))
    body = _filled(call)
    gateway = call.session.workspace.gateway
    if call["dry_run"]:
        return gateway.preview(body, **_how(call))
    live, how = call.live(), _how(call)
    model = how["model"]
    live.card(Card(status=(model, "…")))
    how["on_queue"] = waiting(live, model)
    if call["schema"]:
        try:
            return gateway.complete(body, **how)
        finally:
            live.end()
    stream = gateway.complete(body, stream=True, **how)
    try:
        for _ in stream:
            live.card(Card(body=stream.text, status=(model, "…")))
    except KeyboardInterrupt as error:
        stream.close()  # it may have come between two pieces
        interrupted(call, live, stream.completion, error)
        raise
    except GatewayError as error:
        broken(call, live, stream.completion, error)
        raise
    live.end()
    return stream.completion


def _filled(call: Call) -> str:
    """A row's columns are filled in later; so this verb fills in its body itself."""
    from motadata_nb_magics.interpolation import fill

    return call.body if call["raw"] else fill(call.body, call.session.shell.user_ns)


def _how(call: Call) -> dict[str, Any]:
    """The options as the gateway takes them."""
    options: dict[str, Any] = {"model": call["model"] or call["name"] or str(call.session.config["model"])}
    options |= {key: call[key] for key in ("system", "thread") if call[key]}
    if call["schema"]:
        options["schema"] = schema(call)
    if call["image"] and not call["each"]:
        options["images"] = images(call)
    if call["no_cache"]:
        options["cache"] = False
    return options


CELL = Command(
    run=_complete,
    summary="Ask a language model: the body is the prompt.",
    arguments=(option("name", "a model or alias.", default="", completes="model"),),
    options=(
        *SHARED,
        option("--system", "Instructions for the model."),
        option("--schema", 'Answer as data, like "name, age int", or a class of the notebook.', completes="class"),
        IMAGE,
        option("--each", "A DataFrame: one call a row, with {{ column }} filled in; the result is a DataFrame.",
               completes="table"),
    ),
    examples=(
        "%%llm fast\nWrite a haiku about {{ topic }}.",
        '%%llm --schema "name, age int" --out who\nAda, 36',
        '%%llm --each tickets --schema "urgent bool" --out judged\nIs this urgent? {{ text }}',
    ),
    body=True,
    fills=False,
)  # fmt: skip
