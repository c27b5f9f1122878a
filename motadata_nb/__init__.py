"""A Jupyter-first AI toolkit: documents in, checkable answers out.

import motadata_nb as mn
ws = mn.open()
ws.ingest("handbook/*.pdf", into="handbook")
print(ws.index("handbook").ask("How long do EU customers have to return a product?"))
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from motadata_nb.workspace import Workspace
    from motadata_nb.workspace import open_workspace as open

__version__ = "0.1.0"
__all__ = ["Workspace", "__version__", "open"]


def __getattr__(name: str) -> Any:
    """`open` and `Workspace` on first use: importing the package costs next to nothing."""
    if name not in ("open", "Workspace"):
        raise AttributeError(f"module 'motadata_nb' has no attribute {name!r}")
    from motadata_nb import workspace

    return workspace.Workspace if name == "Workspace" else workspace.open_workspace


def __dir__() -> list[str]:
    return sorted(__all__)


def load_ipython_extension(shell: object) -> None:
    """Called by `%load_ext motadata_nb`: registers the cell language."""
    from motadata_nb_magics import register

    register(shell)


def unload_ipython_extension(shell: object) -> None:
    """Called by `%unload_ext motadata_nb`: takes away all that loading has added."""
    from motadata_nb_magics import unregister

    unregister(shell)
