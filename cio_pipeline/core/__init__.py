"""Values and rules: no clock, thread, chance or I/O."""
