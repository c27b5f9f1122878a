"""A notebook with AI cells as an app: read, rewritten, run for each visitor, or written as one static page."""
