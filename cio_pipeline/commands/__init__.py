"""The commands: what each one does with its arguments, stdout and exit code.

Each module is one command, and has a ``run``: the command line in, an exit code
out. `cli` imports the one that was asked for, so that none waits for another's
imports.
"""
