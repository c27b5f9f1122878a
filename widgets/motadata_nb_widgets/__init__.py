"""Interactive explorers, one file each with its JavaScript beside. All text is data: no widget writes HTML."""
