"""`{{ name }}` in a line or body, filled in from the notebook's variables.

Sandboxed Jinja expressions; single braces, `{%` and `{#` are never touched, so JSON, LaTeX and CSS are safe.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from motadata_nb.errors import InvalidInput, UnknownName

if TYPE_CHECKING:
    from jinja2 import Template
    from jinja2.sandbox import SandboxedEnvironment

__all__ = ["evaluate", "fill", "is_undefined"]

_MAX_ROWS = 50
_FUNCTIONS = {f.__name__: f for f in (abs, float, int, len, max, min, round, sorted, str, sum, zip)}
_SHELLS_OWN = frozenset({"In", "Out", "exit", "get_ipython", "open", "quit"})
# Jinja has no switch for blocks and comments; no text has these.
_NEVER = ("\ue000{%", "%}\ue000", "\ue000{#", "#}\ue000")


def fill(text: str, variables: Mapping[str, Any]) -> str:
    """The text with each `{{ … }}` replaced by its value.

    Raises UnknownName for an undefined variable, with the nearest; InvalidInput for an expression that fails.
    """
    if "{{" not in text:
        return text
    return str(_guarded(lambda: _template(text).render(variables), variables))


@lru_cache(maxsize=16)
def _template(text: str) -> Template:
    # Each row of a table is filled into the same text.
    return _environment().from_string(text)


def evaluate(expression: str, variables: Mapping[str, Any]) -> Any:
    """The object that `{{ … }}` stands for. Raises as `fill` does."""
    inside = expression.strip().removeprefix("{{").removesuffix("}}")
    compiled = _guarded(lambda: _environment().compile_expression(inside, undefined_to_none=False), variables)
    value = _guarded(lambda: compiled(**variables), variables)
    return _guarded(lambda: str(value), variables) if is_undefined(value) else value


def is_undefined(value: Any) -> bool:
    """Whether it is Jinja's object for a name that is not there."""
    from jinja2 import Undefined

    return isinstance(value, Undefined)


def _guarded(render: Callable[[], Any], variables: Mapping[str, Any]) -> Any:
    from jinja2 import TemplateError, TemplateSyntaxError

    try:
        return render()
    except _Lost as lost:
        raise lost.explained(variables) from None
    except TemplateSyntaxError as error:
        what = f"A {{{{ … }}}} is not understood: {error.message}."
        raise InvalidInput(what.replace("..", "."), "Mend it, or add --raw to fill in nothing.") from error
    except TemplateError as error:
        raise InvalidInput(f"A {{{{ … }}}} is not allowed: {error}", "Compute it in a cell above.") from error
    except Exception as error:
        raise InvalidInput(
            f"A {{{{ … }}}} failed: {type(error).__name__}: {error}", "Mend it, or add --raw to fill in nothing."
        ) from error


class _Lost(Exception):
    """A name, attribute or key that is not there."""

    def __init__(self, owner: Any, name: Any) -> None:
        super().__init__(name)
        self.owner = owner
        self.name = str(name)

    def explained(self, variables: Mapping[str, Any]) -> UnknownName:
        if self.owner is None:
            known = [name for name in variables if not name.startswith("_") and name not in _SHELLS_OWN]
            return UnknownName("variable", self.name, known, example="{{{{ {} }}}}, or --raw to fill in nothing",
                               empty="Define it above, or add --raw to fill in nothing.")  # fmt: skip
        keys = [str(key) for key in self.owner] if isinstance(self.owner, Mapping) else []
        known = [*keys, *(name for name in dir(self.owner) if not name.startswith("_"))]
        return UnknownName(f"attribute of {type(self.owner).__name__}", self.name, known, example="… .{}")


@lru_cache(maxsize=1)
def _environment() -> SandboxedEnvironment:
    from jinja2 import StrictUndefined
    from jinja2.sandbox import SandboxedEnvironment
    from jinja2.utils import missing

    class Missing(StrictUndefined):
        """Says whose name is not there when it is used; `{{ x | default(1) }}` and `is defined` work."""

        __slots__ = ()

        def __init__(self, hint: str | None = None, obj: Any = missing, name: Any = None, exc: Any = None) -> None:
            owner = None if obj is missing else obj
            raised: Any = exc if exc and exc.__name__ == "SecurityError" else lambda _: _Lost(owner, name)
            super().__init__(hint, obj, name, raised)

    block_start, block_end, comment_start, comment_end = _NEVER
    made = SandboxedEnvironment(
        block_start_string=block_start, block_end_string=block_end, comment_start_string=comment_start,
        comment_end_string=comment_end, undefined=Missing, finalize=_as_text, keep_trailing_newline=True,
        autoescape=False,  # the text goes to a model or a query, not into a page
    )  # fmt: skip
    made.globals = {name: made.globals[name] for name in ("range", "dict")} | _FUNCTIONS
    return made


def _as_text(value: Any) -> Any:
    """Results as a model should see them, tables as text of at most fifty rows."""
    for_model = getattr(value, "_repr_llm_", None)
    if callable(for_model):
        return for_model()
    if hasattr(value, "to_string") and hasattr(value, "head") and hasattr(value, "shape"):
        more = value.shape[0] - _MAX_ROWS
        return value.head(_MAX_ROWS).to_string() + (f"\n… {more} more rows" if more > 0 else "")
    return value
