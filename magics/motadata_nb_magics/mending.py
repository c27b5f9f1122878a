"""Rules by which a cell that failed is mended without a model: one function for each kind of error."""

from __future__ import annotations

import builtins
import difflib
import re
import sys
import textwrap
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any

from motadata_nb.errors import MotadataError, UnknownName, nearest

__all__ = ["mended"]

_INSTALL = {
    "bs4": "beautifulsoup4",
    "cv2": "opencv-python",
    "PIL": "pillow",
    "sklearn": "scikit-learn",
    "yaml": "pyyaml",
}
_ALIASES = {
    "alt": "import altair as alt",
    "mn": "import motadata_nb as mn",
    "np": "import numpy as np",
    "pd": "import pandas as pd",
    "pl": "import polars as pl",
    "plt": "import matplotlib.pyplot as plt",
    "px": "import plotly.express as px",
    "sns": "import seaborn as sns",
}
# A slip in one of these is more likely than the wish for a stranger's package that has the mistyped name.
_POPULAR = """altair dask duckdb fastapi flask httpx keras lightgbm matplotlib networkx numpy openai pandas plotly
    polars pyarrow pydantic pytest requests scipy seaborn sklearn spacy sqlalchemy statsmodels streamlit sympy
    tensorflow tiktoken torch torchaudio torchvision tqdm transformers xgboost""".split()


def mended(source: str, error: BaseException, names: Mapping[str, Any], magics: Iterable[str] = ()) -> str:
    """The cell as it may have been meant, or an empty text. `names` are the notebook's variables."""
    if type(error).__name__ == "UsageError":
        return _magic(source, str(error), magics)
    for kind, rule in _RULES.items():
        if isinstance(error, kind):
            return rule(source, error, names)
    return ""


def _replaced(source: str, wrong: str, right: str | None) -> str:
    if not right:
        return ""
    changed = re.sub(rf"(?<![\w%-]){re.escape(wrong)}(?!\w)", lambda _: right, source)
    return changed if changed != source else ""


def _ours(source: str, error: Any, names: Mapping[str, Any]) -> str:
    if isinstance(error, UnknownName):
        return _replaced(source, error.name, nearest(error.name, error.known))
    # DuckDB names the columns that it has.
    found = re.search(r'column "([^"]+)" not found.*?Candidate bindings: "([^"]+)"', str(error), re.DOTALL)
    return _replaced(source, found[1], found[2].rpartition(".")[2]) if found else ""


def _module(source: str, error: Any, names: Mapping[str, Any]) -> str:
    package = (error.name or "").partition(".")[0]
    if not package or package in _INSTALL:
        return f"%pip install {_INSTALL[package]}" if package else ""
    from importlib.metadata import packages_distributions

    known = [n for n in {*packages_distributions(), *sys.stdlib_module_names, *_POPULAR} if not n.startswith("_")]
    close = difflib.get_close_matches(package, [n for n in known if n != package], 1, 0.8)
    return _replaced(source, package, close[0] if close else None) or f"%pip install {package}"


def _imported(source: str, error: Any, names: Mapping[str, Any]) -> str:
    found = re.search(r"cannot import name '(\w+)' from '([\w.]+)'", str(error))
    module = sys.modules.get(found[2]) if found else None
    return _replaced(source, found[1], nearest(found[1], _public(module))) if found and module else ""


def _name(source: str, error: Any, names: Mapping[str, Any]) -> str:
    if error.name in _ALIASES and not source.lstrip().startswith("%%"):
        return f"{_ALIASES[error.name]}\n\n{source}"
    return _replaced(source, error.name or "", nearest(error.name or "", _plain([*names, *dir(builtins)])))


def _attribute(source: str, error: Any, names: Mapping[str, Any]) -> str:
    return _replaced(source, error.name, nearest(error.name, _public(error.obj))) if error.name else ""


def _key(source: str, error: Any, names: Mapping[str, Any]) -> str:
    key = error.args[0] if error.args else None
    tables = [value for value in names.values() if hasattr(value, "columns")]
    near = nearest(key, [str(c) for table in tables for c in table.columns]) if isinstance(key, str) else None
    return source.replace(f"'{key}'", f"'{near}'").replace(f'"{key}"', f'"{near}"') if near else ""


def _file(source: str, error: Any, names: Mapping[str, Any]) -> str:
    path = Path(str(error.filename or ""))
    if not path.parent.is_dir():
        return ""
    near = nearest(path.name, [p.name for p in list(path.parent.iterdir())[:1000]])
    return source.replace(path.name, near) if near and path.name in source else ""


def _syntax(source: str, error: Any, names: Mapping[str, Any]) -> str:
    """What can be mended line by line: a colon, the parentheses of print, an indentation of everything."""
    lines = source.splitlines()
    at = (error.lineno or 0) - 1
    if isinstance(error, IndentationError):
        changed = textwrap.dedent(source)
        return changed if changed != source and _is_python(changed) else ""
    if not 0 <= at < len(lines):
        return ""
    if error.msg == "expected ':'":
        lines[at] = lines[at].rstrip() + ":"
    elif "Missing parentheses in call to 'print'" in error.msg:
        lines[at] = re.sub(r"\bprint\s+(.+)", r"print(\1)", lines[at])
    changed = "\n".join(lines)
    return changed if changed != source and _is_python(changed) else ""


def _is_python(source: str) -> bool:
    try:
        compile(source, "<cell>", "exec")
    except SyntaxError:
        return False
    return True


def _magic(source: str, said: str, magics: Iterable[str]) -> str:
    found = re.search(r"`(%%?)(\w+)`", said)
    near = nearest(found[2], magics) if found else None
    return source.replace(f"{found[1]}{found[2]}", f"{found[1]}{near}", 1) if found and near else ""


def _public(thing: Any) -> list[str]:
    return _plain(dir(thing)) if thing is not None else []


def _plain(names: Iterable[str]) -> list[str]:
    return [name for name in names if not name.startswith("_")]


# The first that fits: a class before those that it comes from.
_RULES: dict[type[BaseException], Callable[[str, Any, Mapping[str, Any]], str]] = {
    MotadataError: _ours,
    ModuleNotFoundError: _module,
    ImportError: _imported,
    NameError: _name,
    AttributeError: _attribute,
    KeyError: _key,
    FileNotFoundError: _file,
    SyntaxError: _syntax,
}
