"""Which widget explores which result: the core names it, a package of widgets brings it, by entry point."""
