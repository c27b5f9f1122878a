"""Matplotlib in an app: each visitor has their own figures, and a cell shows what it has drawn, as in a notebook.

Matplotlib takes this file as its backend: MPLBACKEND=module://motadata_nb.dashboards.figures.
"""

from __future__ import annotations

from collections import OrderedDict
from typing import Any

from matplotlib._pylab_helpers import Gcf
from matplotlib.backend_bases import FigureManagerBase as FigureManager
from matplotlib.backends.backend_agg import FigureCanvasAgg as FigureCanvas

from motadata_nb.dashboards.outputs import running_outputs, running_shell

__all__ = ["FigureCanvas", "FigureManager", "show"]


class _Own:
    """The open figures of the room whose cell runs in this thread; elsewhere the process's."""

    def __init__(self, shared: Any) -> None:
        self._shared = shared

    def __get__(self, instance: Any, owner: Any = None) -> Any:
        shell = running_shell()
        return self._shared if shell is None else shell.__dict__.setdefault("_figures", OrderedDict())


_gcf: Any = Gcf
if not isinstance(Gcf.__dict__["figs"], _Own):
    _gcf.figs = _Own(Gcf.figs)


def show(*_: Any, **__: Any) -> None:
    """Show the figures that are open, once, and close them: the next cell begins anew."""
    outputs = running_outputs()
    figures = [manager.canvas.figure for manager in Gcf.get_all_fig_managers()]
    Gcf.figs.clear()
    for figure in figures:
        if outputs is not None and not outputs.shows(figure):
            outputs.show(figure)
