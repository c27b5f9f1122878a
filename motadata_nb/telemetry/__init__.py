"""What was called, what it cost, and nothing that must stay secret."""
