"""From files, folders and DataFrames to documents and chunks: detect, parse, chunk."""
