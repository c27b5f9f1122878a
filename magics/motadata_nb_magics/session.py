"""What one notebook's magics share: the workspace, its settings, and what is known of the front end."""

from __future__ import annotations

import os
from functools import cached_property
from typing import TYPE_CHECKING, Any

from motadata_nb_magics.hooks import AfterCell, Asked, BeforeCell, ConfigMagic, Matcher, Rewriter, Talk

if TYPE_CHECKING:
    from pathlib import Path

    from motadata_nb.config import Config
    from motadata_nb.workspace import Workspace

__all__ = ["Session"]


class Session:
    """Made once a shell, by `%load_ext motadata_nb`."""

    def __init__(self, shell: Any) -> None:
        from motadata_nb.config import notebook_folder

        self.shell = shell
        self.folder: Path = notebook_folder()
        self.values: dict[str, Any] = {}
        """What `%config` has set."""
        self._workspaces: dict[str, Workspace] = {}
        self._before = BeforeCell()
        self._after = AfterCell()
        self._rewriter = Rewriter(shell)
        self._matcher = Matcher(self)
        self._cleanup = (Asked(), Talk(self))

    # -- what the shell is given --------------------------------------------------------------------------------------

    def install(self) -> None:
        """Hook into the shell, once: completion, `%config Motadata`, near misses, the last error, the end."""
        shell = self.shell
        if self._rewriter in shell.ast_transformers:
            return
        shell.ast_transformers.append(self._rewriter)
        shell.events.register("pre_run_cell", self._before)
        shell.events.register("post_run_cell", self._after)
        shell.input_transformers_cleanup.extend(self._cleanup)
        if shell.Completer is not None:
            shell.Completer.custom_matchers.append(self._matcher)
        previous = shell.magics_manager.magics["line"].get("config")
        if previous is not None:
            # Not by register_magic_function, which would also set an attribute that traitlets has under this name.
            shell.magics_manager.magics["line"]["config"] = ConfigMagic(self, previous)
        if shell.config.get("Motadata"):
            self.settings  # noqa: B018  reading it takes over what IPython's own configuration files say
        import atexit

        atexit.register(self.close)

    def uninstall(self) -> None:
        """The opposite of `install`."""
        shell = self.shell
        self.close()
        shell.ast_transformers.remove(self._rewriter)
        shell.events.unregister("pre_run_cell", self._before)
        shell.events.unregister("post_run_cell", self._after)
        for cleaning in self._cleanup:
            shell.input_transformers_cleanup.remove(cleaning)
        if shell.Completer is not None:
            shell.Completer.custom_matchers.remove(self._matcher)
        config = shell.magics_manager.magics["line"].get("config")
        if isinstance(config, ConfigMagic):
            shell.magics_manager.magics["line"]["config"] = config.previous
        shell.configurables[:] = [c for c in shell.configurables if type(c).__name__ != "Motadata"]

    def close(self) -> None:
        """Close the workspaces; what is needed again is opened again."""
        import atexit

        for workspace in self._workspaces.values():
            workspace.close()
        self._workspaces.clear()
        atexit.unregister(self.close)

    @property
    def failed(self) -> tuple[str, BaseException] | None:
        """Source and error of the last cell that failed."""
        return self._after.failed

    # -- settings and workspace ---------------------------------------------------------------------------------------

    @cached_property
    def settings(self) -> Any:
        """The `Motadata` object of `%config`."""
        from motadata_nb_magics.settings import settings_of

        return settings_of(self.shell, self.values)

    @cached_property
    def config(self) -> Config:
        """The settings; `%config Motadata.… = …` writes their session layer."""
        from motadata_nb.config import Config

        return Config(session=self.values, folder=self.folder)

    @property
    def workspace(self) -> Workspace:
        """The workspace of the notebook; another when the setting `home` was changed."""
        home = str(self.config["home"])
        if home not in self._workspaces:
            from motadata_nb.workspace import open_workspace

            self._workspaces[home] = open_workspace(config=self.config)
        return self._workspaces[home]

    def forget(self, home: str) -> None:
        """Close the workspace of this `home`, if it is open."""
        workspace = self._workspaces.pop(home, None)
        if workspace is not None:
            workspace.close()

    # -- the notebook -------------------------------------------------------------------------------------------------

    @property
    def namespace(self) -> dict[str, Any]:
        """The notebook's variables."""
        return dict(self.shell.user_ns)

    def bind(self, name: str, value: Any) -> None:
        """Make a result a variable of the notebook."""
        self.shell.push({name: value})

    def shown(self, value: Any) -> None:
        """Show a result that is not the last value of its cell."""
        from IPython.display import display

        if value is not None:
            display(value)

    @property
    def streams(self) -> bool:
        """Whether somebody watches a notebook: display updates break nbclient, papermill and nbval."""
        watched = getattr(self.shell, "watched", None)
        if watched is not None:  # a shell that knows: an app has a visitor, an export has none
            return bool(watched)
        if not hasattr(self.shell, "kernel") or os.environ.get("PYTEST_CURRENT_TEST"):
            return False
        history = getattr(self.shell, "history_manager", None)
        return getattr(history, "hist_file", "") != ":memory:"

    @property
    def terminal(self) -> bool:
        """Whether somebody watches a terminal."""
        import sys

        return not hasattr(self.shell, "kernel") and sys.stderr is not None and sys.stderr.isatty()

    @property
    def cell(self) -> str:
        """Source of the running cell."""
        history = self.shell.user_ns.get("In") or [""]
        return str(history[-1])

    @property
    def sole(self) -> bool:
        """Whether the running cell has nothing but one magic, so that its output may be cleared."""
        lines = [line for line in self.cell.splitlines() if line.strip() and not line.lstrip().startswith("#")]
        return bool(lines) and (lines[0].lstrip().startswith("%%") or len(lines) == 1)
