"""What the first call would wait for, loaded while the person reads."""

from __future__ import annotations

import threading
from contextlib import suppress
from typing import TYPE_CHECKING

from motadata_nb.errors import MotadataError

if TYPE_CHECKING:
    from motadata_nb_magics.session import Session

__all__ = ["warm"]


def warm(session: Session) -> list[str]:
    """Start loading in a thread, and say what: the catalog, the embedding model, the language model's client."""
    workspace = session.workspace
    model = str(session.config["model"])

    from motadata_nb.embeddings.base import on_this_machine

    def load() -> None:
        # A part that cannot be loaded says so when it is used; here nobody would read it.
        with suppress(MotadataError, OSError, ImportError):
            for name in workspace.indexes():
                workspace.index(name).describe()
        with suppress(MotadataError, OSError, ImportError):
            on_this_machine(workspace.embedder()).embed(["warm"])
        with suppress(MotadataError, OSError, ImportError):
            warm_model = getattr(workspace.gateway, "warm", None)
            if warm_model is not None and model != "extractive":
                warm_model(model)

    threading.Thread(target=load, name="motadata-nb-warmup", daemon=True).start()
    return ["catalog", "embedding model", *([model] if model != "extractive" else [])]
