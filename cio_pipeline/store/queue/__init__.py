"""The persistent queue: its table, leases, the window in memory, load progress."""
