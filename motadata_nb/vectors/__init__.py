"""Vector backends: projections of the catalog that find the nearest chunks."""
