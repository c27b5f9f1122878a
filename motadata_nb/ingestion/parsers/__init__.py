"""The parsers that come with the package, one file each."""
