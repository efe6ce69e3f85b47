"""The commands `sync` and `resume`."""
