"""The table of dead letters, and statistics of it."""
