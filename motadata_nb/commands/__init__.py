"""One file a sub-command of `motadata-nb`, with `arguments(parser)` and `run(options) -> exit code`."""
