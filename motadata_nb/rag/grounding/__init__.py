"""What the built-in check of an answer looks at."""
