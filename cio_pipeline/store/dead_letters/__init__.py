"""The table of dead letters, and its statistics."""
