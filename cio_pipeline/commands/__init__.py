"""The commands, one package each, and the modules that they share.

The ``run`` of a command takes the parsed arguments and returns the exit code. `cli`
imports only the command that it runs.
"""
