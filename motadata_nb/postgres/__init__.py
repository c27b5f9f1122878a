"""PostgreSQL: the embedded server, for a workspace that has no other."""
