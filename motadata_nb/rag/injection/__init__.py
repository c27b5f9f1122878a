"""Instructions to a model that stand in passages: found, named and flagged."""
